// Where the source comes from: a checkout, a repository's URL or an archive becomes a repository to read from, with a store beside
// it in the cache that sees its objects. Everything made on the way goes to the store, so that the user's repository stays as it is.
import { copyFile, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../host/processes.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { withoutCredentials } from '../model/plain-text.ts';
import { isRepositoryUrl } from '../model/repository.ts';
import { publishFolder, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';
import { hashFile, hashText } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { diskFull, git, gitWords, tryGit } from './git.ts';
import type { BuildOptions } from './options.ts';

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
    const words = gitWords(answer);
    const shown = withoutCredentials(named);
    if (/not a git repository/.test(words)) throw usageError(`${shown} is not a git repository`, hint);
    throw usageError(`${shown} cannot be read: ${words}`, /dubious/.test(words) ? ownershipHint(folder) : hint);
  }
  const gitFolder = answer.stdout.trim();
  const place = await tryGit(folder, ['rev-parse', '--show-toplevel', '--show-prefix'], { signal });
  const [top = '', below = ''] = place.code === 0 ? place.stdout.split('\n') : [];
  const workTree = top === '' ? null : top;
  if (below !== '' && (await stat(join(folder, 'configure')).catch(() => null)) !== null) {
    throw usageError(
      `${named} lies in the repository ${top}, which would be built as a whole`,
      'make the folder a repository of its own (git init, git add, git commit in it), or name an archive of it (tar)',
    );
  }
  const id = hashText(gitFolder).slice(0, 12);
  // git tells real paths, which are compared with this one.
  const store = join(await realpath(options.cache), 'build/stores', `${id}.git`);
  const source = { name: withoutCredentials(named), folder: workTree ?? folder, workTree, gitFolder, store, id, kind };
  await openStore(source, options);
  return source;
}

const ownershipHint = (folder: string): string =>
  `it belongs to another user; if you trust it: git config --global --add safe.directory ${folder}`;

async function openStore({ store, gitFolder }: Source, options: BuildOptions): Promise<void> {
  if ((await stat(join(store, 'HEAD')).catch(() => null)) === null) {
    const lock = { ...options, what: 'the source store' };
    await mkdir(join(options.cache, 'build/stores'), { recursive: true });
    await using _held = await acquireLock(`${store}.lock`, lock);
    await using work = await workFolder(join(options.cache, 'build/work'));
    const fresh = join(work.path, 'store.git');
    await git(work.path, ['init', '--quiet', '--bare', fresh], { signal: options.signal });
    await mkdir(join(fresh, 'objects/info'), { recursive: true });
    await writeFileAtomically(join(fresh, 'objects/info/alternates'), `${join(gitFolder, 'objects')}\n`);
    if ((await stat(join(store, 'HEAD')).catch(() => null)) === null) await publishFolder(fresh, store);
  }
  // Where history was cut off, so that walking it ends there.
  const shallow = join(gitFolder, 'shallow');
  if (await stat(shallow).catch(() => null)) await copyFile(shallow, join(store, 'shallow'));
  else await rm(join(store, 'shallow'), { force: true });
}

/** A bare copy of a repository; made when it is missing. fetching.ts brings it up to date. */
async function cloneOf(url: string, options: BuildOptions): Promise<string> {
  const shown = withoutCredentials(url);
  const place = join(options.cache, 'build/sources', `${hashText(url).slice(0, 12)}.git`);
  if (await stat(join(place, 'HEAD')).catch(() => null)) return place;
  if (options.offline) {
    const again = 'run once without --offline: the repository is then kept in the cache';
    throw usageError(`there is no copy of ${shown} in the cache, and --offline fetches nothing`, again);
  }
  await mkdir(join(options.cache, 'build/sources'), { recursive: true });
  await using _held = await acquireLock(`${place}.lock`, { ...options, what: `the copy of ${shown}` });
  if (await stat(join(place, 'HEAD')).catch(() => null)) return place;
  await using work = await workFolder(join(options.cache, 'build/work'));
  const fresh = join(work.path, 'clone.git');
  const task = `fetching ${shown}`;
  options.progress({ kind: 'task-started', task });
  const begun = performance.now();
  const words = ['clone', '--quiet', '--bare', '--', url, fresh];
  const answer = await tryGit(work.path, words, { signal: options.signal, timeoutMs: 3_600_000 });
  if (answer.code !== 0) throw measurementError(`${shown} cannot be fetched: ${gitWords(answer)}`, hint);
  await git(fresh, ['config', 'remote.origin.fetch', '+refs/*:refs/*'], { signal: options.signal });
  await publishFolder(fresh, place);
  options.progress({ kind: 'task-ended', task, seconds: (performance.now() - begun) / 1000, detail: '' });
  return place;
}

/** The archive's content as a repository with one commit. */
async function unpacked(archive: string, options: BuildOptions): Promise<string> {
  const place = join(options.cache, 'build/sources', (await hashFile(archive)).slice(0, 12));
  if (await stat(join(place, '.git/HEAD')).catch(() => null)) return place;
  await mkdir(join(options.cache, 'build/sources'), { recursive: true });
  await using _held = await acquireLock(`${place}.lock`, { ...options, what: `the content of ${archive}` });
  if (await stat(join(place, '.git/HEAD')).catch(() => null)) return place;
  await using work = await workFolder(join(options.cache, 'build/work'));
  const content = join(work.path, 'content');
  await mkdir(content);
  const { signal } = options;
  // As root, tar would give the files to whoever made the archive.
  const answer = await runProgram('tar', ['--no-same-owner', '-xf', archive, '-C', content], {
    timeoutMs: 600_000,
    signal,
    hint: 'install tar',
  });
  if (/no space left/i.test(answer.stderr)) throw diskFull(options.cache);
  if (answer.code !== 0) {
    const words = answer.stderr.trim().split('\n')[0] ?? '';
    throw usageError(`${archive} cannot be unpacked: ${words}`, hint);
  }
  const entries = await readdir(content, { withFileTypes: true });
  const only = entries.length === 1 && entries[0]?.isDirectory() ? join(content, entries[0].name) : content;
  await git(only, ['init', '--quiet', '-b', 'main', '.'], { signal });
  await git(only, ['add', '--all', '--force', '.'], { signal });
  await git(only, ['commit', '--quiet', '--allow-empty', '-m', 'The content of an archive'], { signal });
  await publishFolder(only, place);
  return place;
}
