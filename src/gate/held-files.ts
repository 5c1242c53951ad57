// Files that the base's configuration names and that the base commit has: they are used as that commit has them. What git does
// not know there (disks, kernels, built programs) is used as it lies in the workspace.
import { existsSync, realpathSync } from 'node:fs';
import { copyFile, lstat, mkdir, readFile, realpath, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { usageError } from '../model/errors.ts';
import { type GuestSpec, guestFiles, type NamedFile, withGuestFiles } from '../model/guests/guests.ts';
import type { Scenario, SideSpec } from '../model/scenario.ts';
import { hashFile } from '../store/digest.ts';
import { openAside } from './aside.ts';
import { headOf } from './commits.ts';
import type { Repository } from './git.ts';
import { type CommitTree, openTree, type TreeFile } from './tree.ts';

export interface Held {
  readonly repository: Repository;
  readonly tree: CommitTree;
  /** Receives the base's files, under their paths from the top of the repository. */
  readonly folder: string;
  /** Paths, from the top, of what was held so far. */
  readonly used: Set<string>;
}

/** The same path, or that of the base's file. */
export async function heldFile(path: string, held: Held): Promise<string> {
  const inside = insideOf(held, path);
  const file = inside === null ? null : await held.tree.file(inside);
  if (inside === null || file === null) return path;
  held.used.add(inside);
  const place = join(held.folder, inside);
  if (!existsSync(place)) await held.tree.write(file, place);
  return (await largeFile(place, path, held)) ?? place;
}

/** Where git keeps but a pointer to a large file, the file it points to: the one that lies there, if it is that, or Git LFS's own. */
async function largeFile(pointer: string, path: string, { repository }: Held): Promise<string | null> {
  if ((await lstat(pointer)).size > 1024) return null;
  const text = await readFile(pointer, 'utf8');
  const [, id = ''] =
    /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n/.exec(text) ?? [];
  if (id === '') return null;
  const stored = join(repository.top, '.git/lfs/objects', id.slice(0, 2), id.slice(2, 4), id);
  for (const candidate of [stored, path]) {
    if ((await hashFile(candidate).catch(() => '')) === id) return candidate;
  }
  throw usageError(
    `${path} is kept by Git LFS, and the base's version of it is not here`,
    'fetch it before this step: git lfs fetch origin <base commit>',
  );
}

/**
 * A scenario whose guests use the base's files; those that must stay in their place are held by {@link holdInPlace}. QEMU is built from
 * the commit that is checked out, since files of the base lie in the work tree meanwhile.
 */
export async function heldScenario(scenario: Scenario, held: Held): Promise<Scenario> {
  const head = await headOf(held.repository);
  const side = async (spec: SideSpec): Promise<SideSpec> => ({
    ...spec,
    qemu: fromCommit(spec.qemu, head, held.repository),
    guest: await heldGuest(spec.guest, held),
  });
  return {
    ...scenario,
    head: await side(scenario.head),
    base: scenario.base === null ? null : await side(scenario.base),
  };
}

function fromCommit(qemu: SideSpec['qemu'], commit: string, { top }: Repository): SideSpec['qemu'] {
  if (qemu.from !== 'build' || qemu.build.ref !== null || !existsSync(qemu.build.source)) return qemu;
  return realpathSync(qemu.build.source) === top ? { ...qemu, build: { ...qemu.build, ref: commit } } : qemu;
}

async function heldGuest(guest: GuestSpec, held: Held): Promise<GuestSpec> {
  const files = guestFiles(guest).filter((file) => file.held === 'base');
  const places = new Map<string, string>();
  for (const { path } of files) places.set(path, await heldFile(path, held));
  return withGuestFiles(guest, (path, use) => (use.held === 'base' ? (places.get(path) ?? path) : path));
}

/** The guests of all sides. */
export const guestsOf = (scenarios: readonly Scenario[]): readonly GuestSpec[] =>
  scenarios.flatMap(({ head, base }) => [head.guest, ...(base === null ? [] : [base.guest])]);

/** Until disposal every file of the guests that must stay in its place, as those of a launcher's command, has the base's content. */
export async function holdInPlace(scenarios: readonly Scenario[], held: Held): Promise<AsyncDisposable> {
  await using swapped = new AsyncDisposableStack();
  const named = guestsOf(scenarios)
    .flatMap(guestFiles)
    .filter((file) => file.held === 'in-place');
  const wanted = new Map<string, TreeFile | null>();
  for (const path of named.flatMap(pathsOf)) {
    for (const [inside, file] of await contentOf(path, held)) wanted.set(inside, file);
  }
  if (wanted.size === 0) return swapped.move();
  const aside = swapped.use(await openAside(held.repository));
  // Gone before what waits aside comes back: a folder may have been made in its place.
  const folders = swapped.use(new AsyncDisposableStack());
  const taken = new Map<string, { readonly inside: string; readonly id: string }>();
  for (const [inside, file] of wanted) {
    const path = join(held.repository.top, inside);
    held.used.add(inside);
    const place = await standIn(path, held, folders);
    if (file !== null) {
      const other = taken.get(place);
      if (other !== undefined && other.id !== file.id) throw oneFile(other.inside, inside);
      taken.set(place, { inside, id: file.id });
      await held.tree.write(file, aside.fresh);
      const large = file.link ? null : await largeFile(aside.fresh, path, held);
      if (large !== null) await copyFile(large, aside.fresh);
    }
    await aside.swap(inside);
  }
  return swapped.move();
}

const oneFile = (one: string, other: string): Error =>
  usageError(
    `${one} and ${other} are one file by a link in the checked out commit, and two in the base`,
    'files that start the guest are used as the base has them, in their place: leave their folders as they are',
  );

/** The file that a word is, and those that its text names: a shell that is handed a script of one line starts them. */
function pathsOf({ path, is, from = '' }: NamedFile): readonly string[] {
  const words = is === 'word' ? [path, ...path.split(/[^\w./@+-]+/)] : [path];
  return words.filter((word) => /[\w]/.test(word)).map((word) => resolve(from, word));
}

/** What the base has at a path, a file or the files of a folder; of what head alone has in such a folder, null. */
async function contentOf(path: string, { repository, tree }: Held): Promise<ReadonlyMap<string, TreeFile | null>> {
  const inside = insideOf({ repository, tree }, path);
  if (inside === null) return new Map();
  const file = await tree.file(inside);
  if (file !== null) return new Map([[inside, file]]);
  const below = await tree.below(inside);
  if (below.length === 0) return new Map();
  const own = await (await openTree(repository, await headOf(repository))).below(inside);
  return new Map<string, TreeFile | null>([
    ...own.map(({ name }) => [name, null] as const),
    ...below.map((each) => [each.name, each] as const),
  ]);
}

/**
 * Makes the folder of a path, and gives the path without links above it. Throws a usage error where one of those leads out of the
 * repository.
 */
async function standIn(path: string, { repository }: Held, made: AsyncDisposableStack): Promise<string> {
  const { top } = repository;
  let there = dirname(path);
  while (!existsSync(there)) there = dirname(there);
  const real = await realpath(there);
  if (real !== top && !real.startsWith(top + sep)) {
    throw usageError(
      `${relative(top, path)} leads out of the repository by a link in the checked out commit`,
      'files that start the guest are used as the base has them, in their place: leave their folders as they are',
    );
  }
  const first = await mkdir(dirname(path), { recursive: true }).catch((cause: Error) => {
    throw usageError(`${relative(top, dirname(path))} must be a folder, as the base has it: ${cause.message}`);
  });
  if (first !== undefined) made.defer(() => rm(first, { recursive: true, force: true }));
  return join(await realpath(dirname(path)), basename(path));
}

/** Path from the top of the repository; null for what the base does not know. */
function insideOf({ repository: { top }, tree }: Pick<Held, 'repository' | 'tree'>, path: string): string | null {
  // The workspace may have been named by way of a link. Links of head come second: the base's own are followed in its tree.
  for (const candidate of [path, realFolder(path)]) {
    const inside = relative(top, candidate);
    const outside = inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    if (!outside && tree.knows(inside)) return inside;
  }
  return null;
}

function realFolder(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
