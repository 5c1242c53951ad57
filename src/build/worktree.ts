// A place to build in: one git worktree per source and side that stays in the cache between runs, so that the next commit costs
// only what differs. It hangs on the store, never on the user's repository.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../host/files.ts';
import { measurementError } from '../model/errors.ts';
import { acquireLock } from '../store/lock.ts';
import { bringParts, forgetParts, type WantedParts } from './bring-parts.ts';
import { throwIfFull } from './faults.ts';
import { type GitOptions, git, gitComplaint, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import { treeLock, treesFolder } from './places.ts';
import type { Source } from './source.ts';

export interface Slot extends AsyncDisposable {
  readonly name: string;
  /** Holds the work tree, and what is remembered of it. */
  readonly folder: string;
  readonly workTree: string;
  /** Inside the work tree, so that paths in compiler lines are equal on both sides. */
  readonly buildFolder: string;
}

const buildFolderName = 'bootgauge-build';

/** Takes the slot for this process until it is disposed of; another process waits. */
export async function openSlot(source: Source, name: string, options: BuildOptions): Promise<Slot> {
  const own = `${source.id}-${name}`;
  const folder = join(treesFolder(options.cache), own);
  await using opening = new AsyncDisposableStack();
  opening.use(await acquireLock(treeLock(options.cache, own), { ...options, what: `the build folder of ${name}` }));
  await mkdir(folder, { recursive: true });
  const held = opening.move();
  const workTree = join(folder, 'source');
  return {
    name,
    folder,
    workTree,
    buildFolder: join(workTree, buildFolderName),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

export interface WholeTree extends WantedParts {
  /** Id of a git tree. */
  readonly tree: string;
}

/** Brings the slot's work tree to a tree with its parts; files that do not differ keep their dates. A damaged one is made anew. */
export async function checkOut(source: Source, slot: Slot, whole: WholeTree, options: BuildOptions): Promise<void> {
  const { signal } = options;
  const commit = await git(source.store, ['commit-tree', whole.tree, '-m', 'built by bootgauge'], { signal });
  await forgetParts(slot, whole);
  if (!(await moveTo(source, slot, commit, { signal }))) {
    await rm(slot.workTree, { recursive: true, force: true });
    await git(source.store, ['worktree', 'prune'], { signal });
    const args = ['worktree', 'add', '--quiet', '--force', '--detach', slot.workTree, commit];
    const answer = await tryGit(source.store, args, { signal, timeoutMs: 600_000 });
    if (answer.code !== 0) {
      await throwIfFull(slot.folder);
      throw measurementError(`the source of ${source.name} cannot be checked out: ${gitComplaint(answer)}`);
    }
  }
  await bringParts(slot, whole, options);
}

async function moveTo(source: Source, slot: Slot, commit: string, options: GitOptions): Promise<boolean> {
  if (!(await isThere(join(slot.workTree, '.git')))) return false;
  const place = await tryGit(slot.workTree, ['rev-parse', '--absolute-git-dir'], options);
  const gitFolder = place.stdout.trim();
  if (place.code !== 0 || !gitFolder.startsWith(`${source.store}/`)) return false;
  // Left by a git that was killed; the slot is ours alone.
  await rm(join(gitFolder, 'index.lock'), { force: true });
  return (
    (await tryGit(slot.workTree, ['reset', '--quiet', '--hard', commit], { ...options, timeoutMs: 600_000 })).code === 0
  );
}
