// The files of one commit, by the ids of its objects. What the work tree, its attributes and its filters say has no part in it.
import { closeSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startProcess } from '../host/processes.ts';
import { usageError } from '../model/errors.ts';
import { git, gitArguments, gitOptions, type Repository } from './git.ts';

export interface TreeFile {
  /** From the top of the repository; of a link, the path of the file that it leads to. */
  readonly path: string;
  /** Id of its content. */
  readonly id: string;
  readonly executable: boolean;
  /** A link itself, whose content is where it leads; only where a folder is listed. */
  readonly link?: true;
}

export interface CommitTree {
  /**
   * The regular file that a path stands for; links of the commit are followed. null: the commit has no such file, or it lies in a
   * submodule. Throws a usage error for a link that leads out of the tree.
   */
  file(path: string): Promise<TreeFile | null>;
  /** All regular files and links below a folder, each under the name by which the folder was asked for. */
  below(path: string): Promise<readonly (TreeFile & { readonly name: string })[]>;
  /** Whether there is anything under a path: a file, a folder, a link, or a submodule that it lies in. */
  has(path: string): boolean;
  /** As `has`, and also what may lie behind a link among the folders above it. */
  knows(path: string): boolean;
  /** Path and commit of the submodule that a path lies in; null when it lies in none. */
  submodule(path: string): { readonly path: string; readonly commit: string } | null;
  /** As text, at most 4 MiB of it. */
  text(file: TreeFile): Promise<string>;
  /** Writes it to where nothing is yet. */
  write(file: TreeFile, target: string): Promise<void>;
}

const largestText = 4 * 1024 * 1024;
const largestListing = 256 * 1024 * 1024;
/** As many as Linux follows. */
const mostLinks = 40;

type Entry = { readonly kind: 'file' | 'program' | 'link' | 'submodule'; readonly id: string } | { kind: 'folder' };
const kinds: Readonly<Record<string, Exclude<Entry['kind'], 'folder'> | undefined>> = {
  '100644': 'file',
  '100755': 'program',
  '120000': 'link',
  '160000': 'submodule',
};

interface Listing extends Repository {
  /** The commit, for people. */
  readonly at: string;
  /** By path. */
  readonly entries: ReadonlyMap<string, Entry>;
}

export async function openTree(repository: Repository, commit: string): Promise<CommitTree> {
  const entries = await entriesOf(repository, commit);
  const tree = { ...repository, at: commit.slice(0, 10), entries };
  return {
    text: (file) => textOf(file, tree),
    async file(path) {
      const place = await withoutLinks(path, tree);
      return place === null ? null : fileAt(place, tree);
    },
    async below(path) {
      const place = await withoutLinks(path, tree);
      if (place === null || (place !== '' && entries.get(place)?.kind !== 'folder')) return [];
      const start = place === '' ? '' : `${place}/`;
      return [...entries.keys()].flatMap((name) => {
        const file = name.startsWith(start) ? (fileAt(name, tree) ?? linkAt(name, tree)) : null;
        return file === null ? [] : [{ ...file, name: join(path, name.slice(start.length)) }];
      });
    },
    has: (path) => entries.has(path) || submoduleOf(path, tree) !== null,
    knows: (path) => entries.has(path) || andAbove(path).some((place) => entries.get(place)?.kind === 'link'),
    submodule: (path) => submoduleOf(path, tree),
    write: (file, target) => writeTo(target, file, tree),
  };
}

/** Where a path leads; null: there is nothing. */
async function withoutLinks(path: string, tree: Listing): Promise<string | null> {
  const left = path.split('/').reverse();
  const reached: string[] = [];
  let links = 0;
  for (let word = left.pop(); word !== undefined; word = left.pop()) {
    if (word === '' || word === '.') continue;
    if (word === '..') {
      if (reached.pop() === undefined) throw leavesTree(path, tree);
      continue;
    }
    const place = [...reached, word].join('/');
    const entry = tree.entries.get(place);
    if (entry === undefined) return null;
    if (entry.kind !== 'link') {
      if (entry.kind !== 'folder' && left.some((next) => next !== '' && next !== '.')) return null;
      reached.push(word);
      continue;
    }
    links += 1;
    if (links > mostLinks) throw usageError(`${path} at ${tree.at} is a link that leads in a circle`);
    const target = await textOf({ path: place, id: entry.id, executable: false }, tree);
    if (target.startsWith('/')) throw leavesTree(path, tree);
    left.push(...target.split('/').reverse());
  }
  return reached.join('/');
}

function fileAt(path: string, { entries }: Listing): TreeFile | null {
  const entry = entries.get(path);
  if (entry?.kind !== 'file' && entry?.kind !== 'program') return null;
  return { path, id: entry.id, executable: entry.kind === 'program' };
}

function linkAt(path: string, { entries }: Listing): TreeFile | null {
  const entry = entries.get(path);
  return entry?.kind === 'link' ? { path, id: entry.id, executable: false, link: true } : null;
}

function submoduleOf(path: string, { entries }: Listing): ReturnType<CommitTree['submodule']> {
  for (const place of andAbove(path)) {
    const entry = entries.get(place);
    if (entry?.kind === 'submodule') return { path: place, commit: entry.id };
  }
  return null;
}

/** `a`, `a/b` and `a/b/c` of `a/b/c`. */
function andAbove(path: string): string[] {
  const words = path.split('/');
  return words.map((_, index) => words.slice(0, index + 1).join('/'));
}

async function textOf({ path, id }: TreeFile, { top, at }: Listing): Promise<string> {
  const answer = await git(top, ['cat-file', 'blob', id], { maximumBytes: largestText });
  if (answer.truncated) throw usageError(`${path} at ${at} is larger than 4 MiB`);
  if (answer.code !== 0) throw usageError(`${path} at ${at} cannot be read: ${answer.stderr.trim()}`);
  return answer.stdout;
}

async function writeTo(target: string, file: TreeFile, tree: Listing): Promise<void> {
  const { path, id, executable } = file;
  const { top, at } = tree;
  mkdirSync(dirname(target), { recursive: true });
  if (file.link) return symlinkSync(await textOf(file, tree), target);
  const output = openSync(target, 'wx', executable ? 0o755 : 0o644);
  try {
    const args = gitArguments(top, ['cat-file', 'blob', id]);
    await using started = await startProcess('git', args, { stdio: ['ignore', output, 'ignore'], ...gitOptions() });
    const { code } = await started.exited;
    if (code !== 0) throw usageError(`${path} at ${at} cannot be read`, 'give actions/checkout no `filter`');
  } finally {
    closeSync(output);
  }
}

const leavesTree = (path: string, { at }: Listing): Error =>
  usageError(
    `${path} at ${at} leads out of the repository by a link`,
    'name the place itself in bootgauge.yml, or keep the file in the repository',
  );

async function entriesOf({ top }: Repository, commit: string): Promise<ReadonlyMap<string, Entry>> {
  const answer = await git(top, ['ls-tree', '-r', '-t', '-z', '--full-tree', commit], {
    timeoutMs: 600_000,
    maximumBytes: largestListing,
  });
  if (answer.code !== 0 || answer.truncated) {
    throw usageError(`the files of ${commit.slice(0, 10)} cannot be listed: ${answer.stderr.trim()}`);
  }
  const entries = new Map<string, Entry>();
  for (const line of answer.stdout.split('\0')) {
    const [, mode = '', id = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
    // No honest commit has such a name, and no file is ever written under one.
    if (path.split('/').some((word) => ['', '.', '..'].includes(word) || word.toLowerCase() === '.git')) continue;
    const kind = kinds[mode];
    entries.set(path, kind === undefined ? { kind: 'folder' } : { kind, id });
  }
  return entries;
}
