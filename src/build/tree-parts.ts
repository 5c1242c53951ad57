// What a tree needs besides its own files: submodules, and the subprojects of meson. What the source has at hand is copied, so that
// no network is needed; what lies there for another version than the tree asks for is removed, so that nothing old is built in.
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runProgram, temporaryFolder } from '../host/processes.ts';
import { measurementError } from '../model/errors.ts';
import { diskFull, git, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import type { Source } from './source.ts';

export interface PartsRequest {
  readonly source: Source;
  /** Holds what is remembered of the work tree. */
  readonly folder: string;
  readonly workTree: string;
  /** Whose files the work tree holds. */
  readonly commit: string;
}

/** Parts that the source does not have are left to the build. */
export async function bringParts(request: PartsRequest, options: BuildOptions): Promise<void> {
  await bringSubmodules(request, options);
  await bringSubprojects(request, options);
}

async function bringSubmodules(request: PartsRequest, { signal }: BuildOptions): Promise<void> {
  const { source, folder, workTree, commit } = request;
  if (!(await exists(join(workTree, '.gitmodules')))) return;
  const words = ['config', '--file', '.gitmodules', '--get-regexp', '^submodule\\..*\\.path$'];
  const listed = await tryGit(workTree, words, { signal });
  for (const line of listed.stdout.split('\n').filter(Boolean)) {
    const [, name, path] = /^submodule\.(.*)\.path (.*)$/.exec(line) ?? [];
    if (name === undefined || path === undefined || /(^|\/)\.\.(\/|$)|^\//m.test(`${name}\n${path}`)) continue;
    const entry = await tryGit(workTree, ['ls-tree', commit, '--', path], { signal });
    const wanted = /^160000 commit ([0-9a-f]+)\t/.exec(entry.stdout)?.[1];
    if (wanted === undefined) continue;
    const target = join(workTree, path);
    const mark = join(folder, `submodule-${encodeURIComponent(name)}`);
    await ensurePart({ version: wanted, target, mark }, async () => {
      await mkdir(target, { recursive: true });
      // A submodule of an old git, or one that was cloned by hand, has its objects in its own folder.
      const places = [join(source.gitFolder, 'modules', name), join(source.workTree ?? source.folder, path, '.git')];
      for (const module of places) {
        if (await holdsCommit(module, wanted, signal)) return unpackCommit(module, wanted, target, signal);
      }
    });
  }
}

async function unpackCommit(module: string, commit: string, target: string, signal: AbortSignal): Promise<void> {
  await using scratch = await temporaryFolder('bootgauge-submodule-');
  const archive = join(scratch.path, 'content.tar');
  await git(module, ['archive', '--format=tar', '-o', archive, commit], { signal });
  // With the dates of now: ninja would take files with the commit's date for older than what it made of the last ones.
  const words = ['--no-same-owner', '-m', '-xf', archive, '-C', target];
  const answer = await runProgram('tar', words, { timeoutMs: 120_000, signal, hint: 'Install tar.' });
  if (/no space left/i.test(answer.stderr)) throw diskFull(target);
  if (answer.code !== 0) throw measurementError(`${target} cannot be unpacked: ${answer.stderr.trim().split('\n')[0]}`);
}

interface Part {
  /** Equal for equal content. */
  readonly version: string;
  readonly target: string;
  /** File that remembers the version. */
  readonly mark: string;
}

/** Brings a part unless files of this version lie there. The mark comes last: what was brought half is brought again. */
async function ensurePart({ version, target, mark }: Part, bring: () => Promise<void>): Promise<void> {
  if ((await readFile(mark, 'utf8').catch(() => '')) === version && (await holdsFiles(target))) return;
  await rm(mark, { force: true });
  await rm(target, { recursive: true, force: true });
  await bring();
  // Where nothing was brought the build may load this version by itself.
  await writeFile(mark, version);
}

const holdsCommit = async (folder: string, commit: string, signal: AbortSignal): Promise<boolean> =>
  (await exists(join(folder, 'HEAD'))) &&
  (await tryGit(folder, ['cat-file', '-e', `${commit}^{tree}`], { signal })).code === 0;

/** Subprojects that are no part of the tree itself, as they are in release archives. */
async function bringSubprojects(request: PartsRequest, options: BuildOptions): Promise<void> {
  const { source, folder, workTree, commit } = request;
  const { signal } = options;
  const listed = await git(workTree, ['ls-tree', '-z', '--name-only', commit, 'subprojects/'], { signal });
  const tracked = new Set(listed.split('\0').map((path) => basename(path)));
  for (const file of [...tracked].filter((name) => name.endsWith('.wrap'))) {
    const wrap = await readFile(join(workTree, 'subprojects', file), 'utf8').catch(() => '');
    const name = wrapValue(wrap, 'directory') || file.replace(/\.wrap$/, '');
    if (tracked.has(name) || !/^[\w+-][\w.+-]*$/.test(name)) continue;
    const place = join(workTree, 'subprojects', name);
    // A download that failed leaves a folder without a build file, which later runs take for the real thing.
    if (!(await isProject(place))) await rm(place, { recursive: true, force: true });
    const overlay = await overlayOf(wrap, request, signal);
    const part = {
      version: `${pinnedBy(wrap)} ${overlay.id}`,
      target: place,
      mark: join(folder, `subproject-${name}`),
    };
    await ensurePart(part, async () => {
      if (source.workTree === null) return;
      const theirs = join(source.workTree, 'subprojects');
      const origin = join(theirs, name);
      const same = pinnedBy(await readFile(join(theirs, file), 'utf8').catch(() => '')) === pinnedBy(wrap);
      if (!same || !(await isProject(origin))) return;
      if (!(await isAtRevision(origin, wrap, signal))) {
        const text = `subprojects/${name} of ${source.name} is not what ${file} asks for and is left out (meson subprojects update)`;
        return options.progress({ kind: 'note', text });
      }
      await cp(origin, place, { recursive: true, filter: (path) => !path.endsWith('/.git') });
      if (overlay.folder !== '') await cp(overlay.folder, place, { recursive: true });
    });
  }
}

const wrapValue = (wrap: string, key: string): string =>
  new RegExp(`^${key}\\s*=\\s*(.*)$`, 'm').exec(wrap)?.[1]?.trim() ?? '';

/** What a wrap file pins: equal for equal content. */
const pinnedBy = (wrap: string): string => wrapValue(wrap, 'revision') || wrapValue(wrap, 'source_hash') || wrap;

/** Files of the tree that meson lays over a subproject when it loads it. */
async function overlayOf(
  wrap: string,
  { workTree, commit }: PartsRequest,
  signal: AbortSignal,
): Promise<{ readonly folder: string; readonly id: string }> {
  const name = wrapValue(wrap, 'patch_directory');
  if (!/^[\w+-][\w.+-]*$/.test(name)) return { folder: '', id: '' };
  const path = `subprojects/packagefiles/${name}`;
  const found = await tryGit(workTree, ['rev-parse', '--verify', '--quiet', `${commit}:${path}`], { signal });
  return found.code === 0 ? { folder: join(workTree, path), id: found.stdout.trim() } : { folder: '', id: '' };
}

/** False for a clone that was left at another commit. */
async function isAtRevision(folder: string, wrap: string, signal: AbortSignal): Promise<boolean> {
  const revision = wrapValue(wrap, 'revision');
  if (!/^[0-9a-f]{40}$/.test(revision) || !(await exists(join(folder, '.git')))) return true;
  const head = await tryGit(folder, ['rev-parse', '--verify', '--quiet', 'HEAD'], { signal });
  return head.code !== 0 || head.stdout.trim() === revision;
}

async function isProject(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => ['meson.build', 'CMakeLists.txt', 'Makefile', 'configure', 'Cargo.toml'].includes(name));
}

const holdsFiles = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).length > 0;

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;
