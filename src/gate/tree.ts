// The files of one commit, by the ids of its objects. What the work tree, its attributes and its filters say has no part in it.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startProcess } from '../host/processes.ts';
import { usageError } from '../model/errors.ts';
import { git, gitOptions, gitWordsIn, type Repository } from './git.ts';

export interface TreeFile {
  /** From the top of the repository; of a link, the path of the file that it leads to. */
  readonly path: string;
  /** Id of its content. */
  readonly id: string;
  readonly executable: boolean;
}

export interface CommitTree {
  /**
   * The regular file that a path stands for; links of the commit are followed. null: the commit has no such file, or it lies in a
   * submodule. Throws a usage error for a link that leads out of the tree.
   */
  file(path: string): Promise<TreeFile | null>;
  /** All regular files below a folder, each under the name by which the folder was asked for. */
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

export async function openTree(repository: Repository, commit: string): Promise<CommitTree> {
  const entries = await entriesOf(repository, commit);
  const at = commit.slice(0, 10);

  const text = async ({ path, id }: TreeFile): Promise<string> => {
    const answer = await git(repository.top, ['cat-file', 'blob', id], { maximumBytes: largestText });
    if (answer.truncated) throw usageError(`${path} at ${at} is larger than 4 MiB`);
    if (answer.code !== 0) throw usageError(`${path} at ${at} cannot be read: ${answer.stderr.trim()}`);
    return answer.stdout;
  };

  /** The path without links. null: there is nothing. */
  const resolved = async (path: string): Promise<string | null> => {
    const left = path.split('/').reverse();
    const reached: string[] = [];
    let links = 0;
    for (let word = left.pop(); word !== undefined; word = left.pop()) {
      if (word === '' || word === '.') continue;
      if (word === '..') {
        if (reached.pop() === undefined) throw leavesTree(path, at);
        continue;
      }
      const place = [...reached, word].join('/');
      const entry = entries.get(place);
      if (entry === undefined) return null;
      if (entry.kind !== 'link') {
        if (entry.kind !== 'folder' && left.some((next) => next !== '' && next !== '.')) return null;
        reached.push(word);
        continue;
      }
      links += 1;
      if (links > mostLinks) throw usageError(`${path} at ${at} is a link that leads in a circle`);
      const target = await text({ path: place, id: entry.id, executable: false });
      if (target.startsWith('/')) throw leavesTree(path, at);
      left.push(...target.split('/').reverse());
    }
    return reached.join('/');
  };

  const fileAt = (place: string): TreeFile | null => {
    const entry = entries.get(place);
    if (entry?.kind !== 'file' && entry?.kind !== 'program') return null;
    return { path: place, id: entry.id, executable: entry.kind === 'program' };
  };

  const above = (path: string): string[] => {
    const words = path.split('/');
    return words.map((_, index) => words.slice(0, index + 1).join('/'));
  };
  const submoduleOf = (path: string) => {
    for (const place of above(path)) {
      const entry = entries.get(place);
      if (entry?.kind === 'submodule') return { path: place, commit: entry.id };
    }
    return null;
  };
  return {
    text,
    async file(path) {
      const place = await resolved(path);
      return place === null ? null : fileAt(place);
    },
    async below(path) {
      const place = await resolved(path);
      if (place === null || (place !== '' && entries.get(place)?.kind !== 'folder')) return [];
      const start = place === '' ? '' : `${place}/`;
      return [...entries.keys()].flatMap((name) => {
        const file = name.startsWith(start) ? fileAt(name) : null;
        return file === null ? [] : [{ ...file, name: join(path, name.slice(start.length)) }];
      });
    },
    has: (path) => entries.has(path) || submoduleOf(path) !== null,
    knows: (path) => above(path).some((place) => entries.get(place)?.kind === 'link') || entries.has(path),
    submodule: submoduleOf,
    async write(file, target) {
      mkdirSync(dirname(target), { recursive: true });
      const output = openSync(target, 'wx', file.executable ? 0o755 : 0o644);
      try {
        const words = gitWordsIn(repository.top, ['cat-file', 'blob', file.id]);
        await using started = await startProcess('git', words, { stdio: ['ignore', output, 'ignore'], ...gitOptions });
        const { code } = await started.exited;
        if (code !== 0) throw usageError(`${file.path} at ${at} cannot be read`, 'give actions/checkout no `filter`');
      } finally {
        closeSync(output);
      }
    },
  };
}

const leavesTree = (path: string, at: string): Error =>
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
