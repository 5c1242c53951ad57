// Running a long tool of the build: its output goes to a log file as it comes, its lines are looked at, its end is kept.
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { runLines } from '../host/processes.ts';

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

/** Throws the signal's reason when it is interrupted, a measurementError when the program cannot be started. */
export async function runStep(program: string, args: readonly string[], options: StepOptions): Promise<StepEnd> {
  const { folder: cwd, environment, hint, signal } = options;
  const log = createWriteStream(options.log, { flags: 'a' });
  // A log that cannot be written must not end a build.
  log.on('error', () => {});
  log.write(`$ ${[program, ...args].join(' ')}\n`);
  const kept: string[] = [];
  let size = 0;
  const onLine = (line: string): void => {
    log.write(`${line}\n`);
    kept.push(line);
    size += line.length + 1;
    while (size > mostKept && kept.length > 1) size -= (kept.shift()?.length ?? 0) + 1;
    options.onLine?.(line);
  };
  try {
    // ninja gives every compiler a group of its own, which nobody but ninja ends where there is no /proc: it is given the time for it.
    const graceMs = options.graceMs ?? 2000;
    const exit = await runLines(program, args, { cwd, environment, hint, signal, graceMs, onLine });
    return { ok: exit.code === 0, how: exit.signal ?? `exit code ${exit.code}`, output: kept.join('\n') };
  } finally {
    log.end();
    await finished(log).catch(() => {});
  }
}

const mostKept = 4 * 1024 * 1024;
