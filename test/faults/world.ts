// A small world in which the whole program runs as a person would start it: a workspace, a cache with a made-up guest, a program
// that plays QEMU and one that plays OpenSSH's client. It can tell what a command has left behind.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type PlayerScript, playerExecutable } from '../fixtures/qemu-player-script.ts';
import { placeGuest } from './place-guest.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits for a text on standard error. */
  said(text: string | RegExp): Promise<void>;
}

export interface World extends AsyncDisposable {
  /** Where commands are started. */
  readonly workspace: string;
  readonly cache: string;
  /** TMPDIR of the commands. */
  readonly temporary: string;
  readonly environment: Record<string, string>;
  /** A file for `--qemu` that plays this script. */
  player(script: PlayerScript, name?: string): Promise<string>;
  start(...words: string[]): Running;
  run(...words: string[]): Promise<Ended>;
  /** `run` with one measured boot of this player, and what else is said. */
  boot(script: PlayerScript, ...words: string[]): Promise<Ended>;
  /** Folders of the recorded runs, oldest first. */
  runs(): string[];
  /** As `player`; no boot begins before `open` was called. */
  gatedPlayer(script: PlayerScript): Promise<{ readonly qemu: string; open(): Promise<void> }>;
  /** Processes that commands have left, by command line; and files in TMPDIR. Gives a reaper its moment to end. */
  leftovers(): Promise<string[]>;
  /** Living processes of this world whose command line holds a text. */
  processes(text: string): number[];
  /** Processes that play a QEMU that boots, and live. */
  emulators(): number[];
}

const cli = resolve(import.meta.dirname, '../../src/cli.ts');

/** `name` becomes a part of every path; no command may take longer than `limitMs`. */
export async function openWorld(name = '', { limitMs = 60_000 } = {}): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'bootgauge-faults-'));
  const [workspace, cache, temporary, programs] = ['workspace', 'cache', 'tmp', 'bin'].map((part) =>
    join(root, name, part),
  ) as [string, string, string, string];
  for (const folder of [workspace, cache, temporary, programs]) await mkdir(folder, { recursive: true });
  await placeGuest(cache);
  await playClient(join(programs, 'ssh'));
  const environment: Record<string, string> = {
    PATH: `${programs}:${process.env.PATH}`,
    HOME: join(root, name),
    TMPDIR: temporary,
    BOOTGAUGE_CACHE: cache,
    BOOTGAUGE_LOCK: join(root, 'lock'),
    NO_COLOR: '1',
    ...handedOn(),
  };
  let players = 0;
  const running = new Set<ChildProcess>();

  const world: World = {
    workspace,
    cache,
    temporary,
    environment,
    async player(script, file) {
      players += 1;
      const folder = join(root, name, `player-${players}`);
      await mkdir(folder);
      return playerExecutable(folder, script, file);
    },
    async gatedPlayer(script) {
      const qemu = await world.player(script);
      const gate = `${qemu}.open`;
      const gated = `${qemu}-gated`;
      const wait = `case "$*" in *id=qmp*) until [ -e '${gate}' ]; do sleep 0.05; done ;; esac`;
      await writeFile(gated, `#!/bin/sh\n${wait}\nexec '${qemu}' "$@"\n`, { mode: 0o755 });
      return { qemu: gated, open: () => writeFile(gate, '') };
    },
    start(...words) {
      const child = spawn(process.execPath, [cli, ...words], {
        cwd: workspace,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.add(child);
      // A command that never returns is a failed test, not a test run that never returns.
      const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
      return follow(child, () => {
        clearTimeout(limit);
        running.delete(child);
      });
    },
    run: (...words) => world.start(...words).ended,
    async boot(script, ...words) {
      const qemu = await world.player(script);
      return world.run(
        'run',
        '--qemu',
        qemu,
        '--accel',
        'tcg',
        '--warmup',
        '0',
        '-n',
        '1',
        '--max-boots',
        '1',
        ...words,
      );
    },
    runs() {
      const folder = join(workspace, '.bootgauge', 'runs');
      if (!existsSync(folder)) return [];
      return readdirSync(folder)
        .sort()
        .map((run) => join(folder, run));
    },
    async leftovers() {
      // The reaper outlives a command by a moment, by design: a second, and longer where others have the processors.
      const attempts = 50 * Math.max(1, loadavg()[0] ?? 1);
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        if (processesOf(root).length === 0 && readdirSync(temporary).length === 0) return [];
        await delay(20);
      }
      return [...processesOf(root).map(({ words }) => words), ...readdirSync(temporary)];
    },
    processes: (text) =>
      processesOf(root)
        .filter(({ words }) => words.includes(text))
        .map(({ pid }) => pid),
    emulators: () =>
      processesOf(root)
        .filter(({ words }) => words.includes('qemu-player.ts') && words.includes('id=qmp'))
        .map(({ pid }) => pid),
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill('SIGKILL');
      await world.leftovers();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return world;
}

function follow(child: ChildProcess, onEnd: () => void): Running {
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout?.on('data', (bytes) => {
    stdout += bytes;
  });
  child.stderr?.on('data', (bytes) => {
    stderr += bytes;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code, signal) => {
      onEnd();
      done({ code, signal, stdout, stderr });
    });
  });
  const heard = (text: string | RegExp): boolean =>
    typeof text === 'string' ? stderr.includes(text) : text.test(stderr);
  return {
    child,
    ended,
    async said(text) {
      const { promise, resolve: found } = Promise.withResolvers<'found'>();
      const listener = (): void => {
        if (heard(text)) found('found');
      };
      listeners.add(listener);
      listener();
      const first = await Promise.race([promise, ended]);
      listeners.delete(listener);
      if (first !== 'found' && !heard(text)) throw new Error(`ended without saying ${text}:\n${stdout}${stderr}`);
    },
  };
}

/**
 * Where `npm run test:unit` lets node keep compiled files (half of what a short command costs is reading its own source), and the
 * options by which a node believes in a played Mac.
 */
function handedOn(): Record<string, string> {
  const names = ['NODE_COMPILE_CACHE', 'NODE_OPTIONS'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** OpenSSH's client, as far as the program asks of it: it logs in at once and every command succeeds. */
async function playClient(path: string): Promise<void> {
  const script = `#!/bin/sh
for last; do :; done
case $last in
  *bootgauge-login-ok*) echo bootgauge-login-ok; exec cat ;;
esac
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
}

/** Living processes whose environment or command line names a folder, but this one. */
function processesOf(folder: string): { readonly pid: number; readonly words: string }[] {
  // On a Mac words and environment come in one line.
  if (!existsSync('/proc/self')) {
    const table = spawnSync('ps', ['-Ao', 'pid=,command=', '-ww', '-E'], { encoding: 'utf8' }).stdout;
    return table.split('\n').flatMap((row) => {
      const [, pid = '', words = ''] = /^\s*(\d+) (.*)$/.exec(row) ?? [];
      return words.includes(folder) && Number(pid) !== process.pid ? [{ pid: Number(pid), words }] : [];
    });
  }
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      try {
        const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const all = words + readFileSync(`/proc/${entry}/environ`, 'utf8');
        return all.includes(folder) ? [{ pid: Number(entry), words }] : [];
      } catch {
        return [];
      }
    });
}
