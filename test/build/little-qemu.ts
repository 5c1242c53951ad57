// A checkout of the small program that stands for QEMU, with a cache and everything else that a build needs.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { BuildOptions } from '../../src/build/options.ts';
import { findProgram } from '../../src/host/files.ts';
import type { BuildSpec } from '../../src/model/build.ts';
import type { ProgressEvent } from '../../src/model/progress.ts';

const original = resolve(import.meta.dirname, '../fixtures/build/little-qemu');

export interface Checkout {
  readonly folder: string;
  git(...words: string[]): string;
  write(path: string, content: string): Promise<void>;
  read(path: string): Promise<string>;
  /** Replaces text of a file, which must be there. */
  change(path: string, from: string, to: string): Promise<void>;
  /** Commits everything; returns the full id. */
  commit(message: string): string;
}

export interface Bench extends AsyncDisposable {
  readonly folder: string;
  readonly checkout: Checkout;
  readonly events: ProgressEvent[];
  readonly options: BuildOptions;
  spec(changes?: Partial<BuildSpec>): BuildSpec;
  /** Writes a patch file beside the checkout and returns its path. */
  patch(name: string, text: string): Promise<string>;
  notes(): string[];
}

/** `name` becomes a part of every path. */
export async function openBench(name = 'bench'): Promise<Bench> {
  const folder = join(await mkdtemp(join(tmpdir(), 'bootgauge-build-')), name);
  await mkdir(folder, { recursive: true });
  const checkout = await checkOutLittleQemu(join(folder, 'checkout'));
  const events: ProgressEvent[] = [];
  return {
    folder,
    checkout,
    events,
    options: {
      cache: join(folder, 'cache'),
      environment: { ...process.env, CCACHE_DIR: join(folder, 'ccache') },
      progress: (event) => void events.push(event),
      signal: new AbortController().signal,
    },
    spec: (changes) => ({
      source: checkout.folder,
      ref: 'HEAD',
      patches: [],
      preset: 'minimal',
      configure: [],
      python: null,
      environment: {},
      dependencies: [],
      ...changes,
    }),
    async patch(file, text) {
      const path = join(folder, 'patches', file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      return path;
    },
    notes: () => events.flatMap((event) => (event.kind === 'note' ? [event.text] : [])),
    [Symbol.asyncDispose]: () => rm(dirname(folder), { recursive: true, force: true, maxRetries: 5 }),
  };
}

export async function checkOutLittleQemu(folder: string): Promise<Checkout> {
  await cp(original, folder, { recursive: true });
  const checkout = checkoutAt(folder);
  checkout.git('init', '--quiet', '-b', 'main', '.');
  checkout.commit('A little QEMU');
  return checkout;
}

/** `variables` are told to git. */
export function checkoutAt(folder: string, variables: Readonly<Record<string, string>> = {}): Checkout {
  const environment = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_AUTHOR_NAME: 'A. U. Thor',
    GIT_AUTHOR_EMAIL: 'author@example.org',
    GIT_COMMITTER_NAME: 'A. U. Thor',
    GIT_COMMITTER_EMAIL: 'author@example.org',
    ...variables,
  };
  const git = (...words: string[]): string =>
    execFileSync('git', words, {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  return {
    folder,
    git,
    read,
    write,
    async change(path, from, to) {
      const text = await read(path);
      if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
      await write(path, text.replace(from, to));
    },
    commit(message) {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
  };
}

/** What this machine lacks to build anything, as a reason to skip; false when it lacks nothing. */
export function missingTools(): string | false {
  const missing = ['cc', 'ninja', 'git'].filter((name) => findProgram({ environment: process.env }, name) === null);
  return missing.length === 0 ? false : `needs ${missing.join(' and ')}`;
}
