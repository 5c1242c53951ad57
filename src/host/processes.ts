// The one way to start a program: by execa, in a process group of its own, with an allow-listed environment, known to the
// reaper and disposable, so that nothing outlives us. Temporary folders likewise.
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { measurementError } from '../model/errors.ts';
import { allowedEnvironment } from './environment.ts';
import { onAbort } from './on-abort.ts';
import { groupIsGone, killGroup } from './process-group.ts';
import { type Reaper, reaper } from './reaper.ts';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** Comes on top of the allow-listed environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What to try when the program cannot be started. */
  readonly hint?: string;
  /** Kills the program. What waits for its end rejects with the reason. */
  readonly signal?: AbortSignal;
  /** How long a killed group has to end by itself, between SIGTERM and SIGKILL; none if not given. */
  readonly graceMs?: number;
}

export interface StartOptions extends ProgramOptions {
  readonly stdio: 'ignore' | readonly ['ignore' | 'pipe', Output, Output, ...'pipe'[]];
  /** Called in the last moment before the spawn. */
  readonly onSpawn?: () => void;
}

type Output = 'ignore' | 'pipe' | number;

export interface StartedProcess extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
  /** When the program itself ended; what it left in its group is killed then. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Kills the whole group, waits until it is gone and closes the pipes to it, whoever else still holds them. */
  kill(): Promise<void>;
}

/** Starts a program that is talked to while it runs. Throws a measurementError when it cannot be started (missing, not executable). */
export function startProcess(
  program: string,
  parameters: readonly string[],
  options: StartOptions,
): Promise<StartedProcess> {
  // execa takes any open descriptor, but its types know the standard ones only.
  return start(program, parameters, options, { stdio: options.stdio } as Options);
}

export interface ProgramResult extends ProcessExit {
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** More output came than was kept. */
  readonly truncated: boolean;
}

export interface RunOptions extends ProgramOptions {
  readonly timeoutMs: number;
  readonly input?: string;
  /** Kept of each stream, from its begin; 4 MiB if not given. */
  readonly maximumBytes?: number;
  /** Ends the wait early: once it answers true for the output so far, the program is killed. */
  readonly enough?: (stdout: string) => boolean;
}

/** Runs a program to its end or to the time limit, whichever comes first, then kills what is left of it. */
export async function runProgram(
  program: string,
  parameters: readonly string[],
  options: RunOptions,
): Promise<ProgramResult> {
  const { maximumBytes = 4 * 1024 * 1024, enough, timeoutMs, signal } = options;
  await using started = await start(program, parameters, options, inputOf(options.input));
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    void started.kill();
  }, timeoutMs);
  const look = enough && ((soFar: string): void => void (enough(soFar) && started.kill()));
  const [stdout, stderr, exit] = await Promise.all([
    beginOf(started.output('stdout'), maximumBytes, look),
    beginOf(started.output('stderr'), maximumBytes),
    started.exited,
  ]);
  clearTimeout(limit);
  signal?.throwIfAborted();
  const truncated = stdout.truncated || stderr.truncated;
  return { ...exit, stdout: String(stdout.bytes), stderr: String(stderr.bytes), timedOut, truncated };
}

export interface ToolOptions extends ProgramOptions {
  readonly signal: AbortSignal;
  readonly input?: string;
}

/**
 * Runs a program that must succeed, however long it takes, and returns all of its standard output. Throws a measurementError with
 * the end of its standard error when it fails.
 */
export async function outputOf(
  program: string,
  parameters: readonly string[],
  options: ToolOptions,
): Promise<Buffer<ArrayBuffer>> {
  const { signal: interruption } = options;
  await using started = await start(program, parameters, options, inputOf(options.input));
  const [stdout, stderr, { code, signal }] = await Promise.all([
    beginOf(started.output('stdout'), Number.POSITIVE_INFINITY),
    beginOf(started.output('stderr'), 1024 * 1024),
    started.exited,
  ]);
  interruption.throwIfAborted();
  if (code === 0) return stdout.bytes;
  const end = code === null ? `was ended by ${signal}` : `failed with exit code ${code}`;
  const lines = String(stderr.bytes).trim().split('\n').slice(-8).join('\n  ');
  throw measurementError(`${program} ${end}${lines === '' ? '' : `:\n  ${lines}`}`);
}

/** Runs a program to its end and hands over its lines as they come, of both streams in the order of arrival. */
export async function runLines(
  program: string,
  parameters: readonly string[],
  options: ToolOptions & { readonly onLine: (line: string) => void },
): Promise<ProcessExit> {
  await using started = await start(program, parameters, options, { ...inputOf(options.input), all: true });
  for await (const line of started.lines()) options.onLine(String(line));
  options.signal.throwIfAborted();
  return await started.exited;
}

interface Running extends StartedProcess {
  /** Of both streams; only with `all`. */
  lines(): AsyncIterable<unknown>;
  output(from: 'stdout' | 'stderr'): AsyncIterable<unknown>;
}

/** What every start has in common. `streams` says what becomes of its input and output. */
async function start(
  program: string,
  parameters: readonly string[],
  options: ProgramOptions & Pick<StartOptions, 'onSpawn'>,
  streams: Options,
): Promise<Running> {
  options.signal?.throwIfAborted();
  const { mark, watchGroup, forgetGroup } = reaper();
  const stop = new AbortController();
  const group = groupOptions(options, mark, stop.signal);
  const running = attempt(program, options, () => execa(program, parameters, { ...streams, ...group }));
  const { pid, nodeChildProcess: child } = running;
  if (pid === undefined) throw cannotStart(program, options, (await running).cause);
  watchGroup(pid);
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
    if (!ended) stop.abort();
    await gone;
    for (const stream of child.stdio) stream?.destroy();
  };
  const interruption = onAbort(options.signal, () => void kill());
  void running.then(() => interruption[Symbol.dispose]());
  const output = (from: 'stdout' | 'stderr') => running.iterable({ from, binary: true });
  return {
    pid,
    child,
    exited,
    kill,
    output,
    lines: () => running.iterable({ from: 'all' }),
    [Symbol.asyncDispose]: kill,
  };
}

function groupOptions(options: ProgramOptions, mark: Reaper['mark'], stop: AbortSignal) {
  return {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: allowedEnvironment(process.env, { ...options.environment, ...mark }),
    extendEnv: false,
    // Read as it comes: execa's maxBuffer would end a program that says too much.
    buffer: false,
    // A group of its own: the Ctrl-C of a terminal reaches us alone, and a kill reaches all of it.
    killDescendants: true,
    cancelSignal: stop,
    killSignal: options.graceMs === undefined ? 'SIGKILL' : 'SIGTERM',
    forceKillAfterDelay: options.graceMs ?? false,
    // The reaper does that, even when we die of SIGKILL.
    cleanup: false,
    reject: false,
  } as const satisfies Options;
}

/** Spawns, and turns what is thrown at once (a word with a null byte, for example) into the same error as what comes later. */
function attempt<Spawned>(
  program: string,
  options: ProgramOptions & Pick<StartOptions, 'onSpawn'>,
  spawn: () => Spawned,
): Spawned {
  const { onSpawn } = options;
  // Node says here that it is about to spawn: execa prepares for a millisecond before, and for many on a busy machine.
  const hear = (): void => onSpawn?.();
  if (onSpawn) subscribe('child_process', hear);
  try {
    return spawn();
  } catch (cause) {
    throw cannotStart(program, options, cause);
  } finally {
    if (onSpawn) unsubscribe('child_process', hear);
  }
}

const inputOf = (input: string | undefined): Options => (input === undefined ? { stdin: 'ignore' } : { input });

/** The first bytes of a stream. The rest is read and not kept. */
async function beginOf(chunks: AsyncIterable<unknown>, maximum: number, look?: (soFar: string) => void) {
  const kept: Uint8Array[] = [];
  let size = 0;
  let truncated = false;
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    const part = chunk.subarray(0, maximum - size);
    kept.push(part);
    size += part.length;
    truncated ||= part.length < chunk.length;
    look?.(String(Buffer.concat(kept)));
  }
  return { bytes: Buffer.concat(kept), truncated };
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

function cannotStart(program: string, { cwd, hint }: ProgramOptions, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  const folder = cwd === undefined || statSync(cwd, { throwIfNoEntry: false })?.isDirectory() ? null : cwd;
  const why =
    folder === null
      ? ({ ENOENT: 'there is no such file', EACCES: 'it may not be executed' }[code] ?? (cause as Error).message)
      : `there is no folder ${folder} to start it in`;
  return measurementError(`cannot start ${program}: ${why}`, hint, cause);
}
