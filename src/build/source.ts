// Where the source comes from: a checkout, a repository's URL or an archive becomes a repository to read from, with a store beside
// it in the cache that sees its objects. Everything made on the way goes to the store, so that the user's repository stays as it is.
import { copyFile, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isThere } from '../host/files.ts';
import { runProgram } from '../host/processes.ts';
import { asTask } from '../host/task.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { firstLine, withoutCredentials } from '../model/plain-text.ts';
import { isRepositoryUrl } from '../model/repository.ts';
import { publishFolder, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';
import { hashFile, hashText } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { diskFull } from './faults.ts';
import { git, gitComplaint, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';
import { sourcesFolder, storesFolder, workPlace } from './places.ts';

export interface Source {
  /** As the configuration names it. */
  readonly name: string;
  /** Folder that git is asked in: the work tree, or the bare repository. */
  readonly folder: string;
  /** null for a bare repository. */
  readonly workTree: string | null;
  /** Absolute path of the common git folder. */
  readonly gitFolder: string;
  /** Bare repository in the cache that sees the source's objects and takes new ones. */
  readonly store: string;
  /** A short name that is equal for equal sources. */
  readonly id: string;
  /** A URL has a repository of our own, which may be brought up to date. */
  readonly kind: 'checkout' | 'url' | 'archive';
}

/** `named` is an absolute path or a URL. Throws a usage error for what is neither a repository nor an archive. */
export async function openSource(named: string, options: BuildOptions): Promise<Source> {
  await prepareCacheFolder(options.cache);
  if (isRepositoryUrl(named)) return openRepository(named, await cloneOf(named, options), 'url', options);
  const found = await stat(named).catch(() => null);
  if (found === null) throw usageError(`there is no ${named}`, hint);
  if (found.isDirectory()) return openRepository(named, named, 'checkout', options);
  return openRepository(named, await unpacked(named, options), 'archive', options);
}

const hint = 'name a checkout of QEMU, the URL of a git repository or an archive with qemu.source in bootgauge.yml';

async function openRepository(
  named: string,
  folder: string,
  kind: Source['kind'],
  options: BuildOptions,
): Promise<Source> {
  const { signal } = options;
  const answer = await tryGit(folder, ['rev-parse', '--path-format=absolute', '--git-common-dir'], { signal });
  if (answer.code !== 0) {
    const complaint = gitComplaint(answer);
    const safeName = withoutCredentials(named);
    if (/not a git repository/.test(complaint)) throw usageError(`${safeName} is not a git repository`, hint);
    throw usageError(
      `${safeName} cannot be read: ${complaint}`,
      /dubious/.test(complaint) ? ownershipHint(folder) : hint,
    );
  }
  const gitFolder = answer.stdout.trim();
  const place = await tryGit(folder, ['rev-parse', '--show-toplevel', '--show-prefix'], { signal });
  const [top = '', below = ''] = place.code === 0 ? place.stdout.split('\n') : [];
  const workTree = top === '' ? null : top;
  if (below !== '' && (await isThere(join(folder, 'configure')))) {
    throw usageError(
      `${named} lies in the repository ${top}, which would be built as a whole`,
      'make the folder a repository of its own (git init, git add, git commit in it), or name an archive of it (tar)',
    );
  }
  const id = hashText(gitFolder).slice(0, 12);
  // git tells real paths, which are compared with this one.
  const store = join(storesFolder(await realpath(options.cache)), `${id}.git`);
  const source = { name: withoutCredentials(named), folder: workTree ?? folder, workTree, gitFolder, store, id, kind };
  await openStore(source, options);
  return source;
}

const ownershipHint = (folder: string): string =>
  `it belongs to another user; if you trust it: git config --global --add safe.directory ${folder}`;

async function openStore({ store, gitFolder }: Source, options: BuildOptions): Promise<void> {
  await madeOnce(store, { mark: 'HEAD', what: 'the source store' }, options, async (work) => {
    const fresh = join(work, 'store.git');
    await git(work, ['init', '--quiet', '--bare', fresh], options);
    await mkdir(join(fresh, 'objects/info'), { recursive: true });
    await writeFileAtomically(join(fresh, 'objects/info/alternates'), `${join(gitFolder, 'objects')}\n`);
    return fresh;
  });
  // Where history was cut off, so that walking it ends there.
  const shallow = join(gitFolder, 'shallow');
  if (await isThere(shallow)) await copyFile(shallow, join(store, 'shallow'));
  else await rm(join(store, 'shallow'), { force: true });
}

/** A bare copy of a repository; made when it is missing. fetching.ts brings it up to date. */
async function cloneOf(url: string, options: BuildOptions): Promise<string> {
  const name = withoutCredentials(url);
  const place = join(sourcesFolder(options.cache), `${hashText(url).slice(0, 12)}.git`);
  if (options.offline && !(await isThere(join(place, 'HEAD')))) {
    const again = 'run once without --offline: the repository is then kept in the cache';
    throw usageError(`there is no copy of ${name} in the cache, and --offline fetches nothing`, again);
  }
  const { signal } = options;
  return madeOnce(place, { mark: 'HEAD', what: `the copy of ${name}` }, options, async (work) => {
    const fresh = join(work, 'clone.git');
    await asTask(options, `fetching ${name}`, async () => {
      const clone = ['clone', '--quiet', '--bare', '--', url, fresh];
      const answer = await tryGit(work, clone, { signal, timeoutMs: 3_600_000 });
      if (answer.code !== 0) throw measurementError(`${name} cannot be fetched: ${gitComplaint(answer)}`, hint);
      await git(fresh, ['config', 'remote.origin.fetch', '+refs/*:refs/*'], { signal });
      return '';
    });
    return fresh;
  });
}

/** The archive's content as a repository with one commit. */
async function unpacked(archive: string, options: BuildOptions): Promise<string> {
  const place = join(sourcesFolder(options.cache), (await hashFile(archive)).slice(0, 12));
  const { signal } = options;
  return madeOnce(place, { mark: '.git/HEAD', what: `the content of ${archive}` }, options, async (work) => {
    const content = join(work, 'content');
    await mkdir(content);
    // As root, tar would give the files to whoever made the archive.
    const tar = ['--no-same-owner', '-xf', archive, '-C', content];
    const answer = await runProgram('tar', tar, { timeoutMs: 600_000, signal, hint: 'install tar' });
    if (/no space left/i.test(answer.stderr)) throw diskFull(options.cache);
    if (answer.code !== 0) throw usageError(`${archive} cannot be unpacked: ${firstLine(answer.stderr)}`, hint);
    const entries = await readdir(content, { withFileTypes: true });
    const only = entries.length === 1 && entries[0]?.isDirectory() ? join(content, entries[0].name) : content;
    await git(only, ['init', '--quiet', '-b', 'main', '.'], { signal });
    await git(only, ['add', '--all', '--force', '.'], { signal });
    await git(only, ['commit', '--quiet', '--allow-empty', '-m', 'The content of an archive'], { signal });
    return only;
  });
}

/** A folder of the cache that is whole once it holds `mark`. `make` is given a folder to work in and returns what is to become it. */
async function madeOnce(
  place: string,
  { mark, what }: { readonly mark: string; readonly what: string },
  options: BuildOptions,
  make: (work: string) => Promise<string>,
): Promise<string> {
  if (await isThere(join(place, mark))) return place;
  await mkdir(dirname(place), { recursive: true });
  await using _lock = await acquireLock(`${place}.lock`, { ...options, what });
  if (await isThere(join(place, mark))) return place;
  await using work = await workFolder(workPlace(options.cache));
  await publishFolder(await make(work.path), place);
  return place;
}
