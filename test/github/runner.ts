// Plays GitHub's runner: builds dist once, spawns its programs with a runner's environment and files, in a world of its own.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { placeGuest } from '../faults/place-guest.ts';
import { openWorld, type World } from '../faults/world.ts';
import { gitIdentity } from '../helpers.ts';
import { type GitHubServer, openGitHub } from './github-server.ts';
import { openResults, type ResultsServer } from './results-server.ts';

const root = resolve(import.meta.dirname, '../..');

/** Builds dist from this checkout into a temporary folder; once per process. */
export function builtDist(): string {
  if (built === null) {
    const folder = mkdtempSync(join(tmpdir(), 'bootgauge dïst-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
    buildDist(join(folder, 'dist'));
    built = join(folder, 'dist');
  }
  return built;
}
let built: string | null = null;

export function buildDist(folder: string): void {
  const rolldown = join(root, 'node_modules/rolldown/bin/cli.mjs');
  execFileSync(process.execPath, [rolldown, '-c', '--logLevel', 'warn'], {
    cwd: root,
    env: { ...process.env, BOOTGAUGE_DIST: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export interface Step {
  readonly code: number | null;
  readonly log: string;
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface RunnerEvent {
  readonly name: string;
  readonly payload: object;
  readonly sha?: string;
}

export interface Runner extends AsyncDisposable {
  readonly world: World;
  readonly github: GitHubServer;
  readonly results: ResultsServer;
  /** Everything a step is given, less its inputs; may be changed. */
  readonly environment: Record<string, string>;
  /** Runs a step of `uses:` to its end. `onLog` sees the log as it grows; with `hangUp` the runner stops reading it. */
  step(
    program: 'main' | 'comment',
    event: RunnerEvent,
    inputs: Readonly<Record<string, string>>,
    onLog?: (log: string, kill: (signal: NodeJS.Signals) => void, hangUp: () => void) => void,
  ): Promise<Step>;
  git(...words: string[]): Promise<string>;
  /** Writes a file of the workspace. */
  write(path: string, text: string): Promise<void>;
}

/** `name` becomes a part of every path. `realCache` is a cache with the reference kit; without it guests are made up. */
export async function openRunner(name = 'runner', realCache?: string): Promise<Runner> {
  const world = await openWorld(name);
  const github = await openGitHub();
  const results = await openResults();
  for (const part of ['own', 'pull-requests'].map((trust) => join(world.cache, trust))) {
    if (realCache === undefined) await placeGuest(part);
    else await lendCache(realCache, part);
  }
  const files = join(world.workspace, '..', 'runner files');
  const temporary = join(world.workspace, '..', 'runner temp');
  await mkdir(files, { recursive: true });
  await mkdir(temporary);
  const environment: Record<string, string> = {
    ...world.environment,
    // The world's PATH has a program that plays OpenSSH's client.
    ...(realCache === undefined ? {} : { PATH: process.env.PATH ?? '' }),
    BOOTGAUGE_LOCK: join(world.workspace, '..', 'lock'),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'someone/qemu',
    GITHUB_RUN_ID: '4242',
    GITHUB_TOKEN: 'ghs_environment_secret',
    RUNNER_NAME: 'test runner',
    RUNNER_TEMP: temporary,
    GITHUB_WORKSPACE: world.workspace,
    ...results.environment,
  };
  let steps = 0;
  return {
    world,
    github,
    results,
    environment,
    async step(program, event, inputs, onLog) {
      steps += 1;
      const [payload, output, summary] = ['event', 'output', 'summary'].map((part) =>
        join(files, `${part}-${steps}`),
      ) as [string, string, string];
      await writeFile(payload, JSON.stringify(event.payload));
      await writeFile(output, '');
      await writeFile(summary, '');
      const child = spawn(process.execPath, [join(builtDist(), `${program}.js`)], {
        cwd: world.workspace,
        env: {
          ...environment,
          GITHUB_EVENT_NAME: event.name,
          GITHUB_EVENT_PATH: payload,
          GITHUB_SHA: event.sha ?? 'c'.repeat(40),
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
          ...inputVariables(program, inputs),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let log = '';
      const limit = setTimeout(() => child.kill('SIGKILL'), realCache === undefined ? 90_000 : 1_190_000);
      const hear = (bytes: Buffer): void => {
        log += String(bytes);
        onLog?.(
          log,
          (signal) => void child.kill(signal),
          () => [child.stdout, child.stderr].forEach((stream) => void stream.destroy()),
        );
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      const code = await new Promise<number | null>((done) => child.once('close', done));
      clearTimeout(limit);
      return {
        code,
        log,
        summary: await readFile(summary, 'utf8'),
        outputs: readOutputs(await readFile(output, 'utf8')),
      };
    },
    async git(...words) {
      const { stdout } = await promisify(execFile)('git', [...gitIdentity, ...words], { cwd: world.workspace });
      return stdout.trim();
    },
    async write(path, text) {
      await mkdir(join(world.workspace, path, '..'), { recursive: true });
      await writeFile(join(world.workspace, path), text);
    },
    async [Symbol.asyncDispose]() {
      await github[Symbol.asyncDispose]();
      await results[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** The kit of a real cache, but a place of their own for the runs that are kept: a later test must not be judged by them. */
async function lendCache(realCache: string, part: string): Promise<void> {
  await mkdir(part, { recursive: true });
  for (const entry of await readdir(realCache)) {
    if (entry !== '.bootgauge') await symlink(join(realCache, entry), join(part, entry));
  }
}

/** A runner sets every input that action.yml lists, those with defaults to them. */
function inputVariables(program: 'main' | 'comment', inputs: Readonly<Record<string, string>>): Record<string, string> {
  const path = program === 'main' ? 'action.yml' : '.github/actions/comment/action.yml';
  const { inputs: listed } = parse(readFileSync(join(root, path), 'utf8')) as {
    inputs: Record<string, { default?: unknown }>;
  };
  const all = Object.fromEntries(
    Object.entries(listed).map(([name, input]) => {
      const value = (input.default as string | undefined) ?? '';
      return [name, value.includes('github.token') ? 'ghs_input_secret' : value];
    }),
  );
  const given = Object.entries({ ...all, ...inputs });
  return Object.fromEntries(given.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]));
}

function readOutputs(text: string): Record<string, string> {
  const found = [...text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm)];
  return Object.fromEntries(found.map(([, name, , value]) => [name as string, value as string]));
}
