// Asking git. Hooks, signing and monitors of the user's configuration are switched off; nothing here asks for a
// password or knows one.
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ProgramResult, runProgram } from '../host/processes.ts';
import { measurementError, usageError } from '../model/errors.ts';

export interface GitOptions {
  readonly signal: AbortSignal;
  /** Environment, on top of git's own. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly maximumBytes?: number;
  /** What to do when it takes too long; default: throw. */
  readonly late?: 'throw' | 'tell';
  /** In a partial clone git may not fetch what it lacks (from git 2.45 on; older ones know no such word). */
  readonly offline?: boolean;
}

/** Runs git in a folder, whatever it answers. A missing git is an error. */
export async function tryGit(folder: string, words: readonly string[], options: GitOptions): Promise<ProgramResult> {
  const result = await runProgram('git', [...quiet, ...inFolder(folder), ...words], {
    timeoutMs: options.timeoutMs ?? 120_000,
    environment: { ...identity, ...(options.offline ? { GIT_NO_LAZY_FETCH: '1' } : {}), ...options.variables },
    hint: 'install git',
    maximumBytes: options.maximumBytes ?? 64 * 1024 * 1024,
    signal: options.signal,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (result.timedOut && options.late !== 'tell')
    throw measurementError(`git ${words[0]} did not end in ${folder}`, 'check whether git waits for something there');
  if (/no space left on device/i.test(result.stderr)) throw diskFull(folder);
  return result;
}

/** What git writes to standard output, without the newline at its end. Throws with git's own words when it fails. */
export async function git(folder: string, words: readonly string[], options: GitOptions): Promise<string> {
  const result = await tryGit(folder, words, options);
  if (result.code === 0) return result.stdout.replace(/\n$/, '');
  await throwIfFull(folder);
  throw usageError(`git ${words.find((word) => !word.startsWith('-'))} failed in ${folder}: ${gitWords(result)}`);
}

/** What git complains of, in one line, or how it ended. */
export function gitWords({ stderr, code, signal }: ProgramResult): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'));
  const telling = lines.filter((line) => /^(fatal|error): /.test(line)).map((line) => line.replace(/^\w+: /, ''));
  const said = (telling.length > 0 ? telling : lines.slice(-3)).join('; ');
  return said === '' ? `it ended with ${signal ?? `code ${code}`}` : said;
}

/** True for what node throws when nothing more can be written. */
export const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');

/** git does not always say why it could not write. Throws when there is hardly any room in a folder that it writes to. */
export async function throwIfFull(folder: string): Promise<void> {
  for (const place of [folder, tmpdir()]) {
    const room = await statfs(place).catch(() => null);
    if (room !== null && room.bavail * room.bsize < 64 * 1024) throw diskFull(place);
  }
}

export function diskFull(folder: string): Error {
  return measurementError(
    `the disk that holds ${folder} is full`,
    'free some space, or set BOOTGAUGE_CACHE to a folder on another disk. What was built so far is kept and goes on from there.',
  );
}

/**
 * Before every command of git that is started here, wherever: nothing of a repository that strangers write to is run, no object is read
 * in the place of another one, and no folder of a checkout is taken for a repository because it looks like one.
 */
export const guarded: readonly string[] = [
  '--no-replace-objects',
  ...['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'core.pager=cat'],
  ...['-c', 'credential.helper=', '-c', 'protocol.ext.allow=never', '-c', 'safe.bareRepository=explicit'],
];

const quiet = [
  ...guarded,
  ...['-c', 'commit.gpgSign=false'],
  ...['-c', 'advice.detachedHead=false', '-c', 'gc.auto=0', '-c', 'maintenance.auto=false'],
  // A tree, and what is said of it, must not depend on the user's taste.
  ...['-c', 'core.autocrlf=false', '-c', 'core.quotePath=false', '-c', 'apply.whitespace=nowarn'],
  ...['-c', 'apply.ignoreWhitespace=no', '-c', 'submodule.recurse=false', '-c', 'fetch.recurseSubmodules=false'],
  ...[
    '-c',
    'log.showSignature=false',
    '-c',
    'color.ui=never',
    '-c',
    'diff.noprefix=false',
    '-c',
    'diff.mnemonicPrefix=false',
  ],
];

/** A repository without a work tree is one where it is ours or stands alone; a folder of a checkout that looks like one is none. */
function inFolder(folder: string): readonly string[] {
  const has = (place: string, ...names: string[]): boolean => names.every((name) => existsSync(join(place, name)));
  if (!has(folder, 'HEAD', 'objects', 'refs') || has(folder, '.git')) return ['-C', folder];
  const isOwn = folder.endsWith('.git') || folder.includes('/.git/modules/');
  const isInside = (place: string): boolean =>
    has(place, '.git') || (place !== dirname(place) && isInside(dirname(place)));
  return isOwn || !isInside(dirname(folder)) ? ['-C', folder, `--git-dir=${folder}`] : ['-C', folder];
}

/** Fixed, so that equal trees become equal commits. */
const identity = {
  GIT_AUTHOR_NAME: 'bootgauge',
  GIT_AUTHOR_EMAIL: 'bootgauge@example.org',
  GIT_AUTHOR_DATE: '2000-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'bootgauge',
  GIT_COMMITTER_EMAIL: 'bootgauge@example.org',
  GIT_COMMITTER_DATE: '2000-01-01T00:00:00Z',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};
