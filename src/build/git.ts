// Asking git. Hooks, signing and monitors of the user's configuration are switched off; nothing here asks for a
// password or knows one.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ProgramResult, runProgram } from '../host/processes.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { diskFull, throwIfFull } from './faults.ts';

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
export async function tryGit(folder: string, args: readonly string[], options: GitOptions): Promise<ProgramResult> {
  const result = await runProgram('git', [...quiet, ...inFolder(folder), ...args], {
    timeoutMs: options.timeoutMs ?? 120_000,
    environment: { ...identity, ...(options.offline ? { GIT_NO_LAZY_FETCH: '1' } : {}), ...options.variables },
    hint: 'install git',
    maximumBytes: options.maximumBytes ?? 64 * 1024 * 1024,
    signal: options.signal,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (result.timedOut && options.late !== 'tell')
    throw measurementError(
      `git ${args[0]} did not finish in time in ${folder}`,
      'check whether git waits for something there',
    );
  if (/no space left on device/i.test(result.stderr)) throw diskFull(folder);
  return result;
}

/** What git writes to standard output, without the newline at its end. Throws with git's own words when it fails. */
export async function git(folder: string, args: readonly string[], options: GitOptions): Promise<string> {
  const result = await tryGit(folder, args, options);
  if (result.code === 0) return result.stdout.replace(/\n$/, '');
  await throwIfFull(folder);
  throw usageError(`git ${args.find((word) => !word.startsWith('-'))} failed in ${folder}: ${gitComplaint(result)}`);
}

/** Commit that the repository stands at; empty outside a repository or without git. */
export async function headCommit(folder: string, { signal }: GitOptions): Promise<string> {
  const asked = { signal, timeoutMs: 5000, late: 'tell' } as const;
  const answer = await tryGit(folder, ['rev-parse', 'HEAD'], asked).catch(() => null);
  return answer?.code === 0 ? answer.stdout.trim() : '';
}

/** What git complains of, in one line, or how it ended. */
export function gitComplaint({ stderr, code, signal }: ProgramResult): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'));
  const telling = lines.filter((line) => /^(fatal|error): /.test(line)).map((line) => line.replace(/^\w+: /, ''));
  const complaint = (telling.length > 0 ? telling : lines.slice(-3)).join('; ');
  return complaint === '' ? `it ended with ${signal ?? `code ${code}`}` : complaint;
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
