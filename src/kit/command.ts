// Running one of the few tools that the kit may need.
import { outputOf, type ToolOptions } from '../host/processes.ts';

/** What a tool wrote to its standard output. Throws a BootgaugeError when it fails, and the signal's reason when aborted. */
export function runTool(
  program: string,
  parameters: readonly string[],
  options: ToolOptions,
): Promise<Buffer<ArrayBuffer>> {
  const environment = { ...proxies(), LC_ALL: 'C.UTF-8', PATH: searchPath(), ...options.environment };
  return outputOf(program, parameters, { hint: `install ${program}`, ...options, environment });
}

/** mke2fs and its kin lie in folders that are not on a plain user's PATH. */
function searchPath(): string {
  return [process.env.PATH, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].filter(Boolean).join(':');
}

function proxies(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'ftp_proxy', 'all_proxy', 'no_proxy'];
  const set = names
    .flatMap((name) => [name, name.toUpperCase()])
    .map((name) => [name, process.env[name] ?? ''] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== ''));
}
