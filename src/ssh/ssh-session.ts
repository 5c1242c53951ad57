// Authenticated commands in the guest through OpenSSH's client: one master connection, every command a channel of it.
import { symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onAbort } from '../host/on-abort.ts';
import { runProgram, type StartedProcess, startProcess, temporaryFolder } from '../host/processes.ts';
import type { ProbeEvent } from '../model/boot.ts';
import type { SshAccess } from '../model/launch-plan.ts';
import type { CommandResult, GuestProgram, GuestSession } from '../probe/probe.ts';
import { type ClientFiles, clientArguments, hostAlias, type LoginOutcome, readComplaint } from './ssh-client.ts';

export interface SessionOptions {
  readonly access: SshAccess;
  /** Forwarded on 127.0.0.1 to the guest's SSH port. */
  readonly port: number;
  /** Nanoseconds since the spawn. */
  nowNs(): number;
  onEvent(event: ProbeEvent): void;
  /** Aborting it ends whatever is under way. */
  readonly signal: AbortSignal;
  /** How late the session was opened: the resolution of the banner. 45 ms, the longest usual period of the watch, if not given. */
  readonly latenessNs?: number;
  /** OpenSSH's client; found on PATH if not given. */
  readonly client?: string;
  /** How long one attempt to log in may take; 30 s if not given. */
  readonly attemptMs?: number;
  /** The guest is asked whether it is still there when it was silent for so long; 5 s if not given. */
  readonly aliveSeconds?: number;
}

export interface Login {
  readonly outcome: LoginOutcome;
  readonly detail: string;
  readonly startedNs: number;
  /** Arrival of the first output of the first authenticated command. */
  readonly atNs: number;
}

export interface Session extends AsyncDisposable, GuestSession {
  /**
   * Logs in, again and again until it works; stops at a wrong user, key or host key. null when the signal was aborted.
   * Events: probe `login`, the first attempt of each run of equal outcomes, and the success. Throws a measurementError
   * when there is no client.
   */
  waitForLogin(): Promise<Login | null>;
  /** Runs a shell command in the guest, only after a login. Aborting the signal ends it as the time limit would. */
  run(command: string, limits: { readonly timeoutMs: number; readonly stdin?: string }): Promise<CommandResult>;
}

/** Prepares the client's files; nothing connects before `waitForLogin`. */
export async function openSession(options: SessionOptions): Promise<Session> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder('bg-ssh-', shortParent()));
  const files = await writeFiles(folder.path, options.access);
  let master: StartedProcess | null = null;
  resources.defer(async () => master?.kill());
  const owned = resources.move();
  const argumentsFor = (role: 'master' | 'channel', command: string): string[] =>
    clientArguments(role, { ...options, user: options.access.user, files, command });

  return {
    waitForLogin() {
      return knock(options, async () => {
        master = await startProcess(options.client ?? 'ssh', argumentsFor('master', greeting), {
          stdio: ['pipe', 'pipe', 'pipe'],
          hint: "install OpenSSH's client, or leave out the private key to time the banner only",
        });
        return master;
      });
    },
    async run(command, limits) {
      const startedNs = options.nowNs();
      const client = options.client ?? 'ssh';
      const result = await runProgram(client, argumentsFor('channel', command), {
        timeoutMs: limits.timeoutMs,
        maximumBytes: 1024 * 1024,
        signal: options.signal,
        ...(limits.stdin === undefined ? {} : { input: limits.stdin }),
      }).catch((error) => {
        if (!options.signal.aborted) throw error;
        return interrupted;
      });
      const { code, stdout, stderr, timedOut, truncated } = result;
      return { exitCode: code, stdout, stderr, startedNs, endedNs: options.nowNs(), timedOut, truncated };
    },
    async start(command) {
      const started = await startProcess(options.client ?? 'ssh', argumentsFor('channel', command), {
        stdio: ['pipe', 'pipe', 'pipe'],
        signal: options.signal,
      });
      return conversation(started, options.nowNs);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Until the guest lets somebody in, or never will. */
async function knock(options: SessionOptions, connect: () => Promise<StartedProcess>): Promise<Login | null> {
  let previous: Login | null = null;
  for (let pauseMs = firstPauseMs; !options.signal.aborted; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const started = await connect();
    const login = await firstAnswer(started, options);
    if (login.outcome !== 'ok') await started.kill();
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- it may be aborted while the client runs
    if (options.signal.aborted) return null;
    if (login.outcome !== previous?.outcome) options.onEvent(loginEvent(login, previous, options));
    if (isFinal(login.outcome)) return login;
    previous = login;
    await delay(pauseMs, undefined, { signal: options.signal }).catch(() => {});
  }
  return null;
}

/** What was read and nobody has asked for yet: more of it ends the program. */
const longestUnread = 1024 * 1024;

function conversation({ child, kill }: StartedProcess, nowNs: () => number): GuestProgram {
  const reads: { readonly text: string; readonly atNs: number }[] = [];
  let [unread, stderr, isOver] = [0, '', false];
  let wake = (): void => {};
  child.stdin?.on('error', () => {});
  child.stdout?.on('data', (chunk: Buffer) => {
    const atNs = nowNs();
    reads.push({ text: chunk.toString('latin1'), atNs });
    unread += chunk.length;
    if (unread > longestUnread) void kill();
    wake();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('latin1')).slice(-16_384);
  });
  child.once('close', () => {
    isOver = true;
    wake();
  });
  return {
    write: (text) => void child.stdin?.write(text),
    async read() {
      while (reads.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const next = reads.shift() ?? null;
      unread -= next?.text.length ?? 0;
      return next;
    },
    complaint: () => stderr,
    [Symbol.asyncDispose]: kill,
  };
}

/** Of a command that was ended because nobody waits for its answer any more. */
const interrupted = { code: null, stdout: '', stderr: '', timedOut: true, truncated: false };

const firstPauseMs = 100;
const longestPauseMs = 1000;
/** The first authenticated command. Its output is the login; `cat` then holds the master until standard input closes. */
const token = 'bootgauge-login-ok';
const greeting = `echo ${token}; exec cat`;
/** What macOS allows in a socket's path, less what the client appends. */
const longestSocketFolder = 104 - 17 - '/bg-ssh-0123456789ab/c'.length - 1;

/** The system's temporary folder unless its path is too long or holds characters that the client would expand. */
function shortParent(): string {
  const usual = tmpdir();
  const fits = Buffer.byteLength(usual) <= longestSocketFolder && /^[\w./+-]*$/.test(usual);
  return fits ? usual : '/tmp';
}

async function writeFiles(folder: string, access: SshAccess): Promise<ClientFiles> {
  const key = join(folder, 'key');
  await symlink(resolve(access.privateKeyPath), key);
  const knownHosts = access.hostKey === null ? null : join(folder, 'known_hosts');
  if (knownHosts !== null) await writeFile(knownHosts, `${hostAlias} ${access.hostKey}\n`, { mode: 0o600 });
  return { key, knownHosts, control: join(folder, 'c') };
}

/** The token, the client's end, the time limit or the abort, whichever is first. */
async function firstAnswer(started: StartedProcess, options: SessionOptions): Promise<Login> {
  const startedNs = options.nowNs();
  const { promise, resolve: settle } = Promise.withResolvers<Login>();
  const answer = (outcome: LoginOutcome, detail: string, atNs: number): void =>
    settle({ outcome, detail, startedNs, atNs });
  const { child } = started;
  let stdout = '';
  let stderr = '';
  child.stdin?.on('error', () => {});
  child.stdout?.on('data', (chunk: Buffer) => {
    const atNs = options.nowNs();
    // A login script of the guest may print before; what comes later is not needed.
    stdout = (stdout + chunk.toString('latin1')).slice(-4096);
    if (stdout.includes(token)) answer('ok', '', atNs);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('latin1')).slice(0, 16_384);
  });
  child.once('close', () => {
    const complaint = readComplaint(stderr);
    answer(complaint.outcome, complaint.detail, options.nowNs());
  });
  const abort = (): void => answer('not-ready', 'aborted', options.nowNs());
  using _interruption = onAbort(options.signal, abort);
  const attemptMs = options.attemptMs ?? 30_000;
  const limit = setTimeout(() => answer('timeout', `no answer within ${attemptMs} ms`, options.nowNs()), attemptMs);
  const login = await promise;
  clearTimeout(limit);
  return login;
}

const isFinal = (outcome: LoginOutcome): boolean => outcome === 'ok' || outcome === 'denied' || outcome === 'host-key';

/** The earliest moment at which the truth may lie is `startedNs`: an attempt that began earlier would have ended earlier. */
function loginEvent(login: Login, previous: Login | null, options: SessionOptions): ProbeEvent {
  const latenessNs = previous === null ? (options.latenessNs ?? 45e6) : login.startedNs - previous.startedNs;
  const startedNs = login.outcome === 'ok' ? Math.max(0, login.atNs - latenessNs) : login.startedNs;
  return { atNs: login.atNs, probe: 'login', outcome: login.outcome, detail: login.detail, startedNs };
}
