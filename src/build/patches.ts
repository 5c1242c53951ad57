// Patches on top of a tree, by way of an index of our own: every patch is tried before anything is checked out or built, and the
// result is a git tree, so that equal content is equal whether it was committed or patched.
import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ProgramResult, temporaryFolder } from '../host/processes.ts';
import type { PatchFacts } from '../model/build.ts';
import { usageError } from '../model/errors.ts';
import { plainLine } from '../model/plain-text.ts';
import { hashFile } from '../store/digest.ts';
import { type GitOptions, git, gitWords, tryGit } from './git.ts';
import { hunksOf, isEmptyPatch, nearestContext, patchSubject } from './hunks.ts';
import type { BuildOptions } from './options.ts';
import type { Source } from './source.ts';
import { sourceFault } from './source-fault.ts';

export interface Patched {
  readonly tree: string;
  readonly patches: readonly PatchFacts[];
}

/** Applies files in their order. Throws a usage error that says where the first one fails. */
export async function applyPatches(
  source: Source,
  tree: string,
  files: readonly string[],
  options: BuildOptions,
): Promise<Patched> {
  if (files.length === 0) return { tree, patches: [] };
  await using folder = await temporaryFolder('bootgauge-patches-');
  const indexed = indexIn(source, join(folder.path, 'index'), options);
  await git(source.store, ['read-tree', tree], indexed);
  const patches: PatchFacts[] = [];
  for (const file of files) patches.push(await applyOne({ source, file, folder: folder.path, indexed, options }));
  return { tree: await git(source.store, ['write-tree'], indexed), patches };
}

const indexIn = ({ store }: Source, path: string, { signal }: BuildOptions): GitOptions => ({
  signal,
  variables: { GIT_DIR: store, GIT_INDEX_FILE: path },
});

interface Attempt {
  readonly source: Source;
  readonly file: string;
  readonly folder: string;
  readonly indexed: GitOptions;
  readonly options: BuildOptions;
}

async function applyOne({ source, file, folder, indexed, options }: Attempt): Promise<PatchFacts> {
  const written = await readPatch(file);
  const facts = { name: basename(file), digest: await hashFile(file), subject: plainLine(patchSubject(written), 120) };
  if (isEmptyPatch(written)) {
    options.progress({ kind: 'note', text: `${facts.name} changes nothing` });
    return { ...facts, state: 'empty' };
  }
  // A patch that went through mail or Windows may have CRLF where the tree has LF.
  const plain = written.replaceAll('\r\n', '\n');
  // Bytes go to git as they are in the file, unless they must be changed.
  const variants = plain === written ? [[file]] : [[file], ['-', plain]];
  const tryAll = async (words: readonly string[], within: GitOptions) => {
    let answer: ProgramResult | null = null;
    for (const [name, input] of variants) {
      const asked = input === undefined ? within : { ...within, input };
      answer = await tryGit(source.store, ['apply', '--cached', ...words, name as string], asked);
      if (answer.code === 0) return { done: true, answer };
    }
    return { done: false, answer: answer as ProgramResult };
  };
  const applied = await tryAll([], indexed);
  if (applied.done) return { ...facts, state: 'applied' };
  if ((await tryAll(['--check', '--reverse'], indexed)).done) {
    options.progress({ kind: 'note', text: `${facts.name} is already in the tree` });
    return { ...facts, state: 'already-applied' };
  }
  const spare = join(folder, 'three-way');
  await copyFile(join(folder, 'index'), spare);
  const within = indexIn(source, spare, options);
  const merged = await tryAll(['--3way'], within);
  // Its exit code tells nothing in some versions of git: conflicts are seen in the index.
  const clean = merged.done && (await git(source.store, ['ls-files', '--unmerged'], within)) === '';
  throw await refusal({ source, file, folder, indexed, options }, plain, {
    words: gitWords(applied.answer),
    threeWay: clean,
  });
}

async function readPatch(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw usageError(`the patch ${file} cannot be read: ${(cause as Error).message}`, '', cause);
  }
}

async function refusal(
  { source, file, indexed }: Attempt,
  text: string,
  { words, threeWay }: { readonly words: string; readonly threeWay: boolean },
): Promise<Error> {
  const hint = threeWay
    ? 'A three-way merge would take it: rebase the patch (git am --3way, then git format-patch).'
    : 'A three-way merge would not take it either: the patch is for another tree.';
  const failed = /patch failed: ([^;]+):(\d+)/.exec(words);
  if (failed === null) {
    const unsafe = /invalid path|outside|beyond a symbolic link/.test(words);
    const why = unsafe ? 'It names files outside the tree, which no patch may.' : hint;
    return sourceFault(`the patch ${file} does not apply: ${words}`, why, 2);
  }
  const [, path, line] = failed as unknown as [string, string, string];
  const hunk = hunksOf(text).find((one) => one.path === path && one.line === Number(line));
  const parts = [`the patch ${file} does not apply to ${path} at line ${line}`];
  if (hunk !== undefined) {
    parts.push(`  hunk: ${plainLine(hunk.head, 120)}`);
    const content = await tryGit(source.store, ['show', `:${path}`], indexed);
    const near = content.code === 0 ? nearestContext(hunk, content.stdout) : null;
    if (near === null) parts.push('  nothing in the file looks like its context');
    else {
      parts.push(
        `  nearest context: line ${near.line}, ${near.equal} of ${near.of} lines are equal; the first that differs:`,
      );
      parts.push(`    expected: ${plainLine(near.expected, 120)}`, `    found:    ${plainLine(near.found, 120)}`);
    }
  }
  return sourceFault(parts.join('\n'), hint, 2);
}
