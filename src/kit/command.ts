// Running one of the few tools that the kit may need. A tool that fails becomes an error with its last words.
import type { Readable } from 'node:stream';
import { onAbort } from '../host/on-abort.ts';
import { startProcess } from '../host/processes.ts';
import { measurementError } from '../model/errors.ts';

export interface CommandOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Said when the tool is missing. */
  readonly hint?: string;
}

/** What a tool wrote to its standard output. Throws a BootgaugeError when it fails, and the signal's reason when aborted. */
export async function runTool(
  program: string,
  parameters: readonly string[],
  options: CommandOptions,
): Promise<Buffer<ArrayBuffer>> {
  options.signal.throwIfAborted();
  const environment = { ...proxies(), LC_ALL: 'C.UTF-8', PATH: searchPath(), ...options.environment };
  const hint = options.hint ?? `Install ${program}.`;
  const settings = { ...(options.cwd === undefined ? {} : { cwd: options.cwd }), environment, hint };
  await using started = await startProcess(program, parameters, { ...settings, stdio: ['pipe', 'pipe', 'pipe'] });
  const { child } = started;
  const kill = (): void => void started.kill();
  using _interruption = onAbort(options.signal, kill);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  const [output, errors, exit] = await Promise.all([bytes(child.stdout), bytes(child.stderr), started.exited]);
  options.signal.throwIfAborted();
  if (exit.code === 0) return output;
  const end = exit.code === null ? `was ended by ${exit.signal}` : `failed with exit code ${exit.code}`;
  const words = errors.toString('utf8').trim().split('\n').slice(-8).join('\n  ');
  throw measurementError(`${program} ${end}.${words ? `\n  ${words}` : ''}`);
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

async function bytes(stream: Readable | null): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (stream) await new Promise<void>((resolve) => stream.once('close', resolve));
  return Buffer.concat(chunks);
}
