// Running a long tool of the build: its output goes to a log file as it comes, its lines are looked at, its end is kept.
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { onAbort } from '../host/on-abort.ts';
import { type StartedProcess, startProcess } from '../host/processes.ts';

export interface StepOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Grows by this step's output. */
  readonly log: string;
  readonly signal: AbortSignal;
  readonly hint: string;
  /** How long a step that is interrupted may take to end what it has started; 2 s if not given. */
  readonly graceMs?: number;
  readonly onLine?: (line: string) => void;
}

export interface StepEnd {
  readonly ok: boolean;
  /** `exit code 1` or the signal. */
  readonly how: string;
  /** What it wrote, both streams in the order of arrival, at most the last 4 MiB. */
  readonly output: string;
}

export async function runStep(program: string, words: readonly string[], options: StepOptions): Promise<StepEnd> {
  options.signal.throwIfAborted();
  const { folder: cwd, environment, hint } = options;
  await using started = await startProcess(program, words, {
    cwd,
    environment,
    hint,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  using ending = endGently(started, options.graceMs ?? 2000);
  using _interruption = onAbort(options.signal, ending.begin);
  const log = createWriteStream(options.log, { flags: 'a' });
  // A log that cannot be written must not end a build.
  log.on('error', () => {});
  log.write(`$ ${[program, ...words].join(' ')}\n`);
  const kept: string[] = [];
  let size = 0;
  let rest = '';
  const take = (chunk: Buffer): void => {
    log.write(chunk);
    const text = chunk.toString('utf8');
    kept.push(text);
    size += text.length;
    while (size > mostKept && kept.length > 1) size -= kept.shift()?.length ?? 0;
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-64 * 1024);
    for (const line of lines) options.onLine?.(line);
  };
  const closed = new Promise<void>((resolve) => started.child.once('close', () => resolve()));
  started.child.stdout?.on('data', take);
  started.child.stderr?.on('data', take);
  const exit = await started.exited;
  await closed;
  log.end();
  await finished(log).catch(() => {});
  options.signal.throwIfAborted();
  return { ok: exit.code === 0, how: exit.signal ?? `exit code ${exit.code}`, output: kept.join('') };
}

/** ninja gives every compiler a process group of its own, which nobody but ninja ends where there is no /proc. */
function endGently(started: StartedProcess, graceMs: number): Disposable & { readonly begin: () => void } {
  let kill: NodeJS.Timeout | undefined;
  const begin = (): void => {
    kill = setTimeout(() => void started.kill(), graceMs);
    const { exitCode, signalCode } = started.child;
    // Its number may belong to somebody else.
    if (exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-started.pid, 'SIGTERM');
    } catch {
      // Nobody is left in the group.
    }
  };
  return { begin, [Symbol.dispose]: () => clearTimeout(kill) };
}

const mostKept = 4 * 1024 * 1024;
