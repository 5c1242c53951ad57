// Asking git about a repository that strangers write to. Only what its objects say counts: hooks, monitors, pagers, filters, replaced
// objects, grafts, credential helpers, and repositories that are files of another one are left out. Nothing of it reaches a shell.
import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { guarded } from '../build/git.ts';
import { type ProgramOptions, type ProgramResult, runProgram } from '../host/processes.ts';
import { usageError } from '../model/errors.ts';

export interface Repository {
  /** Absolute path of the top folder. */
  readonly top: string;
}

export interface GitAnswer {
  readonly timeoutMs?: number;
  readonly maximumBytes?: number;
}

export function git(folder: string, args: readonly string[], options: GitAnswer = {}): Promise<ProgramResult> {
  return runProgram('git', gitArguments(folder, args), {
    timeoutMs: options.timeoutMs ?? 20_000,
    maximumBytes: options.maximumBytes ?? 4 * 1024 * 1024,
    ...gitOptions(),
  });
}

/** As git is always called here; for those who start it themselves. */
export function gitArguments(folder: string, args: readonly string[]): readonly string[] {
  const flags = ['-c', 'core.attributesFile=/dev/null', '-c', `safe.directory=${folder}`];
  return [...guarded, '--no-pager', '--literal-pathspecs', ...flags, '-C', folder, ...args];
}

export const gitOptions = () =>
  ({
    environment: {
      // The system's git, not one that an earlier job may have put where it may write, as Homebrew's folder.
      PATH: `/usr/bin:/bin:${process.env.PATH ?? ''}`,
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: 'true',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_GRAFT_FILE: '/dev/null',
      GIT_NO_REPLACE_OBJECTS: '1',
      LC_ALL: 'C',
    },
    hint: 'install git: the base branch is read with it',
  }) as const satisfies ProgramOptions;

/**
 * The repository that holds `folder`, looked for from the workspace downwards: a submodule, or a folder that was made to look like a
 * repository, is a part of the one that holds it. null outside of any and without git. Throws a usage error where git refuses one.
 */
export async function repositoryOf(folder: string, workspace: string = folder): Promise<Repository | null> {
  const start = realpathSync(workspace);
  const words = relative(start, realBelow(folder, workspace)).split(sep);
  const inside = words[0] === '..' || isAbsolute(words[0] ?? '') ? [] : words.filter((word) => word !== '');
  if (words[0] === '..') return topOf(folder);
  let found = await topOf(start);
  for (const [index, word] of inside.entries()) {
    const place = join(start, ...inside.slice(0, index), word);
    if (lstatSync(join(place, '.git'), { throwIfNoEntry: false }) === undefined) continue;
    if (found !== null && (await knows(found, place))) continue;
    found = await topOf(place);
  }
  return found;
}

/** A path below the workspace, as it is called where no link leads to the workspace; another path as it is. */
export function realBelow(path: string, workspace: string): string {
  const below = relative(resolve(workspace), resolve(path));
  const outside = below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below);
  return outside ? path : join(realpathSync(workspace), below);
}

async function topOf(folder: string): Promise<Repository | null> {
  const answer = await git(folder, ['rev-parse', '--show-toplevel']).catch(() => null);
  if (answer === null) return null;
  if (answer.code === 0) return { top: answer.stdout.replace(/\n$/, '') };
  if (/not a git repository/.test(answer.stderr)) return null;
  throw usageError(`the repository in ${folder} cannot be used: ${answer.stderr.trim().slice(0, 300)}`);
}

/** Whether a commit of the checked out history has something there: a folder of it, or the link of a submodule. */
async function knows({ top }: Repository, place: string): Promise<boolean> {
  const answer = await git(top, ['ls-tree', '--full-tree', 'HEAD', '--', relative(top, place)]);
  return answer.stdout !== '';
}
