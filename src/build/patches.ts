// Patches on top of a tree, by way of an index of our own: every patch is tried before anything is checked out or built, and the
// result is a git tree, so that equal content is equal whether it was committed or patched.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ProgramResult, temporaryFolder } from '../host/processes.ts';
import type { PatchFacts } from '../model/build.ts';
import { usageError } from '../model/errors.ts';
import { plainLine } from '../model/plain-text.ts';
import { hashFile } from '../store/digest.ts';
import { sourceFault } from './faults.ts';
import { type GitOptions, git, gitComplaint, tryGit } from './git.ts';
import { hunksOf, isEmptyPatch, nearestContext, patchSubject } from './hunks.ts';
import type { BuildOptions } from './options.ts';
import type { Source } from './source.ts';

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
  const bytes = await readPatch(file);
  const text = bytes.toString('utf8');
  const facts = { name: basename(file), digest: await hashFile(file), subject: plainLine(patchSubject(text), 120) };
  if (isEmptyPatch(text)) {
    options.progress({ kind: 'note', text: `${facts.name} changes nothing` });
    return { ...facts, state: 'empty' };
  }
  const variants = [file, ...(await withoutReturns(bytes, folder))];
  const tryAll = async (args: readonly string[], within: GitOptions) => {
    let answer: ProgramResult | null = null;
    for (const name of variants) {
      answer = await tryGit(source.store, ['apply', '--cached', ...args, name], within);
      if (answer.code === 0) return { done: true, answer };
    }
    return { done: false, answer: answer as ProgramResult };
  };
  const back = await tryAll(['--check', '--reverse', '--verbose'], indexed);
  const ahead = await tryAll(['--check', '--verbose'], indexed);
  // Where two places look alike, a patch that is in the tree fits a second time, elsewhere: where it says it belongs decides.
  const isThere = back.done && (!ahead.done || (isMoved(ahead.answer) && !isMoved(back.answer)));
  if (isThere) {
    options.progress({ kind: 'note', text: `${facts.name} is already in the tree` });
    return { ...facts, state: 'already-applied' };
  }
  if (back.done && ahead.done && isMoved(ahead.answer) && isMoved(back.answer)) {
    const hint = 'make it again on top of this tree (git format-patch), so that it names the right lines';
    throw sourceFault(`the patch ${file} fits more than one place, and may be in the tree already`, hint, 2);
  }
  const applied = await tryAll([], indexed);
  if (applied.done) return { ...facts, state: 'applied' };
  const spare = join(folder, 'three-way');
  await copyFile(join(folder, 'index'), spare);
  const within = indexIn(source, spare, options);
  const merged = await tryAll(['--3way'], within);
  // Its exit code tells nothing in some versions of git: conflicts are seen in the index.
  const clean = merged.done && (await git(source.store, ['ls-files', '--unmerged'], within)) === '';
  throw await refusal({ source, file, folder, indexed, options }, text.replaceAll('\r\n', '\n'), {
    complaint: gitComplaint(applied.answer),
    threeWay: clean,
  });
}

/** Some hunk fits at other lines than it names. */
const isMoved = ({ stderr }: ProgramResult): boolean => /^Hunk #\d+ succeeded at .*\(offset /m.test(stderr);

async function readPatch(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw usageError(`the patch ${file} cannot be read: ${(cause as Error).message}`, '', cause);
  }
}

/** A patch that went through mail or Windows may have CRLF where the tree has LF. Its other bytes stay as they are, whatever they mean. */
async function withoutReturns(bytes: Buffer, folder: string): Promise<string[]> {
  if (!bytes.includes('\r\n')) return [];
  const plain = join(folder, 'plain.patch');
  await writeFile(plain, bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return [plain];
}

async function refusal(
  { source, file, indexed }: Attempt,
  text: string,
  { complaint, threeWay }: { readonly complaint: string; readonly threeWay: boolean },
): Promise<Error> {
  const hint = threeWay
    ? 'a three-way merge would take it: rebase the patch (git am --3way, then git format-patch)'
    : 'a three-way merge would not take it either: the patch is for another tree';
  const [, path, line] = /patch failed: ([^;]+):(\d+)/.exec(complaint) ?? [];
  if (path === undefined || line === undefined) {
    const unsafe = /invalid path|outside|beyond a symbolic link/.test(complaint);
    const why = unsafe ? 'it names files outside the tree, which no patch may' : (unreadable(complaint) ?? hint);
    return sourceFault(`the patch ${file} does not apply: ${complaint}`, why, 2);
  }
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

/** What to do about text that git cannot read as a patch; null: it can. */
function unreadable(complaint: string): string | null {
  if (/corrupt (?:binary )?patch|unexpected end of file/i.test(complaint))
    return 'the file is damaged: lines were cut off, added or wrapped. Make it again (git format-patch), or save the mail as it was sent';
  return /no valid patches|unrecognized input|without (?:header|full index line)/i.test(complaint) ? foreign : null;
}

const foreign =
  'git reads unified diffs (git diff, git format-patch): make it one of those, neither the diff of a merge (@@@) nor UTF-16 text, and with --binary where files are binary';
