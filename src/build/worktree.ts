// A place to build in: one git worktree per source and side that stays in the cache between runs, so that the next commit costs
// only what differs. It hangs on the store, never on the user's repository.
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../host/processes.ts';
import { measurementError } from '../model/errors.ts';
import { acquireLock } from '../store/lock.ts';
import { type GitOptions, git, gitWords, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import type { Source } from './source.ts';

export interface Slot extends AsyncDisposable {
  readonly name: string;
  /** Holds the work tree, and what is remembered of it. */
  readonly folder: string;
  readonly workTree: string;
  /** Inside the work tree, so that paths in compiler lines are equal on both sides. */
  readonly buildFolder: string;
}

export const treesFolder = (cache: string): string => join(cache, 'build/trees');
const buildFolderName = 'bootgauge-build';

/** Takes the slot for this process until it is disposed of; another process waits. */
export async function openSlot(source: Source, name: string, options: BuildOptions): Promise<Slot> {
  const folder = join(treesFolder(options.cache), `${source.id}-${name}`);
  await mkdir(folder, { recursive: true });
  const held = await acquireLock(join(folder, 'lock'), { ...options, what: `the build folder of ${name}` });
  const workTree = join(folder, 'source');
  return {
    name,
    folder,
    workTree,
    buildFolder: join(workTree, buildFolderName),
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  };
}

/** Brings the slot's work tree to a tree; files that do not differ keep their dates. A damaged one is made anew. */
export async function checkOut(source: Source, slot: Slot, tree: string, options: BuildOptions): Promise<void> {
  const { signal } = options;
  const commit = await git(source.store, ['commit-tree', tree, '-m', 'built by bootgauge'], { signal });
  if (!(await moveTo(source, slot, commit, { signal }))) {
    await rm(slot.workTree, { recursive: true, force: true });
    await git(source.store, ['worktree', 'prune'], { signal });
    const words = ['worktree', 'add', '--quiet', '--force', '--detach', slot.workTree, commit];
    const answer = await tryGit(source.store, words, { signal, timeoutMs: 600_000 });
    if (answer.code !== 0) {
      throw measurementError(`the source of ${source.name} cannot be checked out: ${gitWords(answer)}`);
    }
  }
  await bringSubmodules(source, slot, commit, options);
  await bringSubprojects(source, slot);
}

async function moveTo(source: Source, slot: Slot, commit: string, options: GitOptions): Promise<boolean> {
  if ((await stat(join(slot.workTree, '.git')).catch(() => null)) === null) return false;
  const place = await tryGit(slot.workTree, ['rev-parse', '--absolute-git-dir'], options);
  const gitFolder = place.stdout.trim();
  if (place.code !== 0 || !gitFolder.startsWith(`${source.store}/`)) return false;
  // Left by a git that was killed; the slot is ours alone.
  await rm(join(gitFolder, 'index.lock'), { force: true });
  return (
    (await tryGit(slot.workTree, ['reset', '--quiet', '--hard', commit], { ...options, timeoutMs: 600_000 })).code === 0
  );
}

/** Submodules that the source has at hand are unpacked from its own copies: no network. The others are left to the build. */
async function bringSubmodules(source: Source, slot: Slot, commit: string, { signal }: BuildOptions): Promise<void> {
  if ((await stat(join(slot.workTree, '.gitmodules')).catch(() => null)) === null) return;
  const listed = await tryGit(
    slot.workTree,
    ['config', '--file', '.gitmodules', '--get-regexp', '^submodule\\..*\\.path$'],
    { signal },
  );
  for (const line of listed.stdout.split('\n').filter(Boolean)) {
    const [, name, path] = /^submodule\.(.*)\.path (.*)$/.exec(line) ?? [];
    if (name === undefined || path === undefined || /(^|\/)\.\.(\/|$)|^\//.test(`${name}\n${path}`)) continue;
    const entry = await tryGit(slot.workTree, ['ls-tree', commit, '--', path], { signal });
    const wanted = /^160000 commit ([0-9a-f]+)\t/.exec(entry.stdout)?.[1];
    const module = join(source.gitFolder, 'modules', name);
    if (wanted === undefined || !(await has(module, wanted, signal))) continue;
    const target = join(slot.workTree, path);
    const mark = join(slot.folder, `submodule-${name.replaceAll('/', '-')}`);
    if ((await readFile(mark, 'utf8').catch(() => '')) === wanted && (await holdsFiles(target))) continue;
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    const archive = `${mark}.tar`;
    await git(module, ['archive', '--format=tar', '-o', archive, wanted], { signal });
    await runProgram('tar', ['--no-same-owner', '-xf', archive, '-C', target], { timeoutMs: 120_000, signal });
    await rm(archive, { force: true });
    await writeFile(mark, wanted);
  }
}

const has = async (folder: string, commit: string, signal: AbortSignal): Promise<boolean> =>
  (await stat(join(folder, 'HEAD')).catch(() => null)) !== null &&
  (await tryGit(folder, ['cat-file', '-e', `${commit}^{tree}`], { signal })).code === 0;

const holdsFiles = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).length > 0;

/** Meson's subprojects are not in git: those that the source's own tree holds are copied. */
async function bringSubprojects(source: Source, slot: Slot): Promise<void> {
  const target = join(slot.workTree, 'subprojects');
  const wraps = (await readdir(target).catch(() => [])).filter((name) => name.endsWith('.wrap'));
  for (const wrap of wraps) {
    const name = wrap.replace(/\.wrap$/, '');
    const revision = await readFile(join(target, wrap), 'utf8').then(revisionOf, () => '');
    const place = join(target, name);
    // A download that failed leaves a folder without a build file, which later runs take for the real thing.
    if ((await holdsFiles(place)) && !(await isProject(place))) await rm(place, { recursive: true, force: true });
    if ((await holdsFiles(place)) || source.workTree === null) continue;
    const origin = join(source.workTree, 'subprojects', name);
    const same = await readFile(`${origin}.wrap`, 'utf8').then(revisionOf, () => '');
    if (!(await isProject(origin)) || same !== revision) continue;
    await mkdir(dirname(place), { recursive: true });
    await cp(origin, place, { recursive: true, filter: (path) => !path.endsWith('/.git') });
  }
}

/** What a wrap file pins: equal for equal content. */
const revisionOf = (wrap: string): string => /^(?:revision|source_hash)\s*=\s*(.*)$/m.exec(wrap)?.[1]?.trim() ?? wrap;

async function isProject(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => ['meson.build', 'CMakeLists.txt', 'Makefile', 'configure', 'Cargo.toml'].includes(name));
}
