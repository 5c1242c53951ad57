// Starting programs so that nothing outlives us: each in a process group of its own, with an allow-listed environment, known to
// the reaper and disposable. Temporary folders likewise.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { measurementError } from '../model/errors.ts';
import { allowedEnvironment } from './environment.ts';
import { onAbort } from './on-abort.ts';
import { readStat } from './proc-stat.ts';
import { reaper } from './reaper.ts';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  readonly stdio: StdioOptions;
  readonly cwd?: string;
  /** Comes on top of the allow-listed environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Said when the program cannot be started. */
  readonly hint?: string;
}

export interface StartedProcess extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
  /** When the program itself ended; what it left in its group is killed then. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Kills the whole group and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a program. Throws a measurementError when it cannot be started (missing, not executable). */
export async function startProcess(
  program: string,
  programArguments: readonly string[],
  options: StartOptions,
): Promise<StartedProcess> {
  const { mark, watchGroup, forgetGroup } = reaper();
  const environment = allowedEnvironment(process.env, { ...options.environment, ...mark });
  let child: ChildProcess;
  try {
    child = spawn(program, programArguments, {
      detached: true,
      stdio: options.stdio,
      env: environment,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  } catch (cause) {
    throw cannotStart(program, options.hint, cause);
  }
  const pid = child.pid;
  if (pid === undefined) {
    const cause = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw cannotStart(program, options.hint, cause);
  }
  watchGroup(pid);
  child.on('error', () => {});
  let ended = false;
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      killGroup(pid);
      ended = true;
      resolve({ code, signal });
    });
  });
  const gone = exited.then(async () => {
    await groupIsGone(pid);
    forgetGroup(pid);
  });
  const kill = async (): Promise<void> => {
    // Once the leader was reaped its number may belong to somebody else.
    if (!ended) killGroup(pid);
    await gone;
    for (const stream of child.stdio) stream?.destroy();
  };
  return { pid, child, exited, kill, [Symbol.asyncDispose]: kill };
}

export interface ProgramResult extends ProcessExit {
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** More output came than was kept. */
  readonly truncated: boolean;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly input?: string;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly hint?: string;
  /** Kept of each stream, from its begin; 4 MiB if not given. */
  readonly maximumBytes?: number;
  /** Ends the wait early: once it answers true for the output so far, the program is killed. */
  readonly enough?: (stdout: string) => boolean;
  /** Kills the program and rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its end or to the time limit, whichever comes first, then kills what is left of it. */
export async function runProgram(
  program: string,
  programArguments: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  options.signal?.throwIfAborted();
  await using started = await startProcess(program, programArguments, {
    ...options,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const { child } = started;
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  const maximum = options.maximumBytes ?? 4 * 1024 * 1024;
  const output = collect(child.stdout, maximum);
  const errors = collect(child.stderr, maximum);
  const closed = new Promise<'closed'>((resolve) => child.once('close', () => resolve('closed')));
  const limit = new AbortController();
  const enough = new Promise<'enough'>((resolve) => {
    child.stdout?.on('data', () => {
      if (options.enough?.(output.text())) resolve('enough');
    });
  });
  const timeout = delay(options.timeoutMs, 'timeout' as const, { signal: limit.signal }).catch(() => 'closed' as const);
  const aborted = Promise.withResolvers<'aborted'>();
  const abort = (): void => aborted.resolve('aborted');
  const interruption = onAbort(options.signal, abort);
  const first = await Promise.race([closed, timeout, enough, aborted.promise]);
  interruption[Symbol.dispose]();
  limit.abort();
  if (first !== 'closed') await started.kill();
  if (first === 'aborted') options.signal?.throwIfAborted();
  return {
    ...(await started.exited),
    stdout: output.text(),
    stderr: errors.text(),
    timedOut: first === 'timeout',
    truncated: output.truncated() || errors.truncated(),
  };
}

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** A new private folder below the system's temporary folder; removed on disposal, or by the reaper. */
export async function temporaryFolder(prefix: string, parent: string = tmpdir()): Promise<TemporaryFolder> {
  const path = join(parent, `${prefix}${randomBytes(6).toString('hex')}`);
  // Known to the reaper before it exists: no moment at which a kill would leave it behind.
  reaper().watchFolder(path);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    reaper().forgetFolder(path);
    throw measurementError(
      `cannot make a temporary folder in ${parent}`,
      'set TMPDIR to a folder that can be written',
      cause,
    );
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      reaper().forgetFolder(path);
    },
  };
}

function cannotStart(program: string, hint: string | undefined, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const why = { ENOENT: 'there is no such file', EACCES: 'it may not be executed' }[code] ?? (cause as Error).message;
  return measurementError(`cannot start ${program}: ${why}`, hint, cause);
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

/** True while a process of the group lives. One that only waits to be reaped does not, where /proc can tell. */
export function groupIsAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((name) => {
      const stat = readStat(Number(name));
      return stat?.group === group && stat.state !== 'Z' && stat.state !== 'X';
    });
}

/** Waits for every member; bounded, since a killed process can still be stuck in the kernel. A busy machine takes seconds to end one. */
async function groupIsGone(group: number): Promise<void> {
  for (let attempt = 0; attempt < 1000 && groupIsAlive(group); attempt += 1) await delay(attempt < 10 ? 2 : 10);
}

function collect(stream: NodeJS.ReadableStream | null, maximum: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  let dropped = false;
  stream?.on('data', (chunk: Buffer) => {
    const kept = chunk.subarray(0, maximum - size);
    if (kept.length > 0) chunks.push(kept);
    size += kept.length;
    dropped ||= kept.length < chunk.length;
  });
  stream?.on('error', () => {});
  return { text: () => Buffer.concat(chunks).toString('utf8'), truncated: () => dropped };
}
