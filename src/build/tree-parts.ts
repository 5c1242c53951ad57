// What a tree needs besides its own files: submodules, and the subprojects of meson. Read from the tree and from what the source has at
// hand before anything is checked out, since what is there and what is not decides what is built.
import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../host/files.ts';
import { type GitOptions, git, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import type { Source } from './source.ts';

export interface Part {
  /** Below the top of the tree. */
  readonly path: string;
  /** What the tree asks for: equal for equal content, whether it is at hand or not. */
  readonly version: string;
  /** What is taken: id of a commit, or digest of a folder. Empty: nothing is at hand, and the part is left to the build. */
  readonly content: string;
  /** Git folder that holds the commit, or the folder itself. */
  readonly origin: { readonly kind: 'commit' | 'folder'; readonly place: string };
  /** Folder of the tree that meson lays over the part when it loads it; or empty. */
  readonly overlay: string;
  /** Without a build file it is what a download that failed has left. */
  readonly isProject: boolean;
  /** What of the source is not taken as it lies there, and why; or empty. */
  readonly note: string;
}

/** In the order of their paths. Says what of the source is not taken as it lies there. */
export async function readParts(
  source: Source,
  tree: string,
  { signal, progress }: BuildOptions,
): Promise<readonly Part[]> {
  const folders = ['.gitmodules', 'subprojects/', 'subprojects/packagefiles/'];
  const entries = await entriesOf(source, tree, folders, { signal });
  const submodules = await readSubmodules(source, tree, entries, { signal });
  const found = [...submodules, ...(await readSubprojects(source, entries, { signal }))];
  const parts = new Map(found.map((part) => [part.path, part]));
  for (const { note } of parts.values()) if (note !== '') progress({ kind: 'note', text: note });
  return [...parts.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** What decides which files a build finds: a part of every key. */
export const partsKey = (parts: readonly Part[]): readonly unknown[] =>
  parts.map(({ path, version, content }) => [path, version, content]);

interface Entry {
  readonly mode: string;
  readonly id: string;
}

/** Path -> what a tree holds there. */
async function entriesOf({ store }: Source, tree: string, paths: readonly string[], options: GitOptions) {
  const listed = await git(store, ['ls-tree', '-z', tree, '--', ...paths], options);
  const entries = listed.split('\0').flatMap((line) => {
    const [, mode, id, path] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    return mode === undefined || id === undefined || path === undefined ? [] : [[path, { mode, id }] as const];
  });
  return new Map<string, Entry>(entries);
}

const isFile = (entry: Entry | undefined): entry is Entry => entry?.mode.startsWith('100') === true;

async function readSubmodules(
  source: Source,
  tree: string,
  entries: ReadonlyMap<string, Entry>,
  options: GitOptions,
): Promise<Part[]> {
  const file = entries.get('.gitmodules');
  if (!isFile(file)) return [];
  const args = ['config', '-z', '--blob', file.id, '--get-regexp', '^submodule\\..*\\.path$'];
  const listed = await tryGit(source.store, args, options);
  const named = listed.stdout.split('\0').flatMap((line) => {
    const [, name, path] = /^submodule\.(.*)\.path\n(.*)$/s.exec(line) ?? [];
    if (name === undefined || path === undefined || /(^|\/)\.\.(\/|$)|^\/|^$/m.test(`${name}\n${path}`)) return [];
    return [{ name, path }];
  });
  if (named.length === 0) return [];
  const places = await entriesOf(
    source,
    tree,
    named.map(({ path }) => path),
    options,
  );
  const parts = named.map(async ({ name, path }) => {
    const entry = places.get(path);
    if (entry?.mode !== '160000') return [];
    const wanted = entry.id;
    const part = { path, version: wanted, overlay: '', isProject: false, note: '' };
    // A submodule of an old git, or one that was cloned by hand, has its objects in its own folder.
    for (const place of [join(source.gitFolder, 'modules', name), join(source.folder, path, '.git')]) {
      if (!(await isThere(join(place, 'HEAD')))) continue;
      const held = await tryGit(place, ['cat-file', '-e', `${wanted}^{tree}`], options);
      if (held.code === 0) return [{ ...part, content: wanted, origin: { kind: 'commit' as const, place } }];
    }
    return [{ ...part, ...absent }];
  });
  return (await Promise.all(parts)).flat();
}

const absent = { content: '', origin: { kind: 'folder', place: '' } } as const;

/** Subprojects that are no part of the tree itself, as they are in release archives. */
async function readSubprojects(
  source: Source,
  entries: ReadonlyMap<string, Entry>,
  options: GitOptions,
): Promise<Part[]> {
  const files = [...entries].filter(([path, entry]) => /^subprojects\/[^/]+\.wrap$/.test(path) && isFile(entry));
  const texts = await readBlobs(
    source,
    files.map(([, { id }]) => id),
    options,
  );
  const parts = files.map(async ([file, { id }]): Promise<Part[]> => {
    const wrap = texts.get(id) ?? '';
    const name = wrapValue(wrap, 'directory') || file.replace(/^.*\/|\.wrap$/g, '');
    const path = `subprojects/${name}`;
    if (entries.has(path) || path === packageFiles || !plainName.test(name)) return [];
    const patch = wrapValue(wrap, 'patch_directory');
    const laid = plainName.test(patch) ? entries.get(`${packageFiles}/${patch}`) : undefined;
    const overlay = laid?.mode === '040000' ? `${packageFiles}/${patch}` : '';
    const version = `${pinnedBy(wrap)} ${overlay === '' ? '' : laid?.id}`;
    const part = { path, version, overlay, isProject: true, note: '' };
    return [{ ...part, ...(await atHand(source, { file, path, wrap }, options)) }];
  });
  return (await Promise.all(parts)).flat();
}

const packageFiles = 'subprojects/packagefiles';
const plainName = /^[\w+-][\w.+-]*$/;

interface Wrap {
  readonly file: string;
  readonly path: string;
  readonly wrap: string;
}

/** What the checkout's own meson has loaded for the same version. */
async function atHand(
  source: Source,
  { file, path, wrap }: Wrap,
  options: GitOptions,
): Promise<Partial<Part> & Pick<Part, 'content' | 'origin'>> {
  if (source.workTree === null) return absent;
  const theirs = await readFile(join(source.workTree, file), 'utf8').catch(() => '');
  // meson takes a link for the folder that it leads to.
  const place = await realpath(join(source.workTree, path)).catch(() => '');
  if (pinnedBy(theirs) !== pinnedBy(wrap) || !(await isProject(place))) return absent;
  const repository = join(place, '.git');
  const args = ['rev-parse', '--verify', '--quiet', 'HEAD'];
  const head = (await isThere(repository))
    ? await tryGit(place, args, { ...options, variables: { GIT_DIR: repository } })
    : null;
  if (head?.code === 0) {
    const content = head.stdout.trim();
    const revision = wrapValue(wrap, 'revision');
    if (/^[0-9a-f]{40}$/.test(revision) && content !== revision) {
      const text = `${path} of ${source.name} is not what ${file.replace(/^.*\//, '')} asks for and is left out`;
      return { ...absent, note: `${text} (meson subprojects update)` };
    }
    // What meson itself has laid there is no work of the user's, and no commit holds it.
    const isMesons = ['diff_files', 'patch_filename', 'patch_url'].some((key) => wrapValue(wrap, key) !== '');
    if (!isMesons && wrapValue(wrap, 'clone-recursive') !== 'true') {
      const changed = await tryGit(place, ['status', '--porcelain', '--untracked-files=no'], options);
      const text = `what is not committed in ${path} of ${source.name} is not built in`;
      const note = changed.code === 0 && changed.stdout !== '' ? text : '';
      return { content, origin: { kind: 'commit', place: repository }, note };
    }
  }
  return { content: await hashFolder(place), origin: { kind: 'folder', place } };
}

const wrapValue = (wrap: string, key: string): string =>
  new RegExp(`^${key}\\s*=\\s*(.*)$`, 'm').exec(wrap)?.[1]?.trim() ?? '';

/** What a wrap file pins: equal for equal content. */
const pinnedBy = (wrap: string): string => wrapValue(wrap, 'revision') || wrapValue(wrap, 'source_hash') || wrap;

/** Id -> text, by one question for all. */
async function readBlobs({ store }: Source, ids: readonly string[], options: GitOptions): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (ids.length === 0) return texts;
  const answer = await git(store, ['cat-file', '--batch'], { ...options, input: `${ids.join('\n')}\n` });
  let rest = `\n${answer}`;
  // From the last one on: bytes that are no text make the sizes that git tells useless.
  for (const id of ids.toReversed()) {
    const begin = rest.lastIndexOf(`\n${id} blob `);
    if (begin < 0) continue;
    texts.set(id, rest.slice(rest.indexOf('\n', begin + 1) + 1));
    rest = rest.slice(0, begin);
  }
  return texts;
}

/** Of the files below a folder: their names, bytes, targets and whether they can be run. What git keeps there is left out. */
export async function hashFolder(folder: string): Promise<string> {
  const listed = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = listed
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .filter(({ path }) => !/\/\.git(\/|$)/.test(path.slice(folder.length)))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
  const hash = createHash('sha256');
  // One after the other: some machines let a program open only a few hundred files.
  for (const { entry, path } of files) {
    const name = path.slice(folder.length);
    if (entry.isSymbolicLink()) hash.update(JSON.stringify([name, await readlink(path)]));
    if (!entry.isFile()) continue;
    const [bytes, { mode }] = [await readFile(path), await stat(path)];
    hash.update(JSON.stringify([name, bytes.length, (mode & 0o100) !== 0])).update(bytes);
  }
  return hash.digest('hex');
}

export async function isProject(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => ['meson.build', 'CMakeLists.txt', 'Makefile', 'configure', 'Cargo.toml'].includes(name));
}
