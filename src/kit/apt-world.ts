// A private world for apt: lists, cache and an empty package status of its own. The machine's packages are neither read nor
// changed, no root is needed, and no maintainer script runs.
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolOptions } from '../host/processes.ts';
import { asTask } from '../host/task.ts';
import { BootgaugeError, measurementError } from '../model/errors.ts';
import { hashText } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { runTool } from './command.ts';
import { type Archive, findArchive } from './mirror.ts';
import type { KitOptions } from './options.ts';

/** The distribution that the kit is made of. */
export const suite = 'trixie';

/** Debian's names of processors. */
export type DebianArchitecture = 'arm64' | 'amd64';

const freshMs = 5 * 60_000;

export interface Package {
  readonly name: string;
  readonly version: string;
  /** Name of the .deb file. */
  readonly file: string;
  readonly bytes: number;
}

export interface AptWorld {
  /** Everything that apt would install for these packages on an empty machine, in apt's order. */
  resolve(wanted: readonly string[]): Promise<Package[]>;
  /** Loads and verifies what is not in the cache yet; returns the paths of the .deb files in the given order. */
  download(packages: readonly Package[]): Promise<string[]>;
}

/** Opens the world of one architecture, with package lists that are minutes old at most. */
export async function openAptWorld(architecture: DebianArchitecture, options: KitOptions): Promise<AptWorld> {
  const archive = await findArchive(options);
  const place = hashText(archive.uri).slice(0, 8);
  const folder = join(options.cache, 'apt', `${suite}-${architecture}-${place}`);
  const archives = join(options.cache, 'apt', 'archives');
  const lock = { ...options, what: `the package lists for ${architecture}` };
  await using _lock = await acquireLock(`${folder}.lock`, lock);
  for (const part of ['lists/partial', 'empty/archives/partial']) await mkdir(join(folder, part), { recursive: true });
  await mkdir(archives, { recursive: true });
  const configuration = join(folder, 'apt.conf');
  await writeFile(configuration, await aptConfiguration(folder, architecture, archive, options.signal));
  await writeFile(join(folder, 'sources.list'), `deb ${archive.uri} ${suite} main\n`);
  await writeFile(join(folder, 'status'), '');
  const settings: ToolOptions = {
    signal: options.signal,
    environment: { APT_CONFIG: configuration },
    hint: 'the kit is assembled on Debian or Ubuntu; on another machine use `bootgauge guest import`',
  };
  if (!(await areFresh(folder))) {
    await updateLists(architecture, archive, settings, options);
    await writeFile(join(folder, 'updated'), '');
  }
  return {
    resolve: async (wanted) => {
      const parameters = ['-qq', '-y', '--print-uris', '--no-install-recommends', 'install', ...wanted];
      return parseUris((await runTool('apt-get', parameters, settings)).toString('utf8'));
    },
    download: (packages) => download(architecture, packages, archives, settings, options),
  };
}

/** One command may open a world several times, and one index of packages holds for minutes. */
async function areFresh(folder: string): Promise<boolean> {
  const updated = await stat(join(folder, 'updated')).catch(() => null);
  return updated !== null && Math.abs(Date.now() - updated.mtimeMs) < freshMs;
}

/** Reads the output of `apt-get --print-uris install`. */
export function parseUris(text: string): Package[] {
  return text.split('\n').flatMap((line) => {
    const parts = /^'[^']+' (\S+_\S+\.deb) ([0-9]+)/.exec(line);
    const file = parts?.[1];
    if (file === undefined) return [];
    const [name, version] = file.split('_') as [string, string];
    return [{ name, version: decodeURIComponent(version), file, bytes: Number(parts?.[2]) }];
  });
}

async function updateLists(
  architecture: DebianArchitecture,
  archive: Archive,
  settings: ToolOptions,
  options: KitOptions,
): Promise<void> {
  await asTask(options, `package lists for ${architecture}`, async () => {
    try {
      await runTool('apt-get', ['-qq', '-o', 'APT::Update::Error-Mode=any', 'update'], settings);
    } catch (cause) {
      if (!(cause instanceof BootgaugeError)) throw cause;
      throw measurementError(
        `the package lists of ${archive.uri} could not be loaded`,
        'check the network and the proxy, or name another archive with `mirror` under `kit` in bootgauge.yml',
        cause,
      );
    }
    return '';
  });
}

async function download(
  architecture: DebianArchitecture,
  packages: readonly Package[],
  archives: string,
  settings: ToolOptions,
  options: KitOptions,
): Promise<string[]> {
  await using _lock = await acquireLock(`${archives}.lock`, { ...options, what: 'the package cache' });
  const missing: Package[] = [];
  for (const entry of packages) {
    const found = await stat(join(archives, entry.file)).catch(() => null);
    if (found?.size !== entry.bytes) missing.push(entry);
  }
  if (missing.length > 0) {
    const total = missing.reduce((sum, entry) => sum + entry.bytes, 0);
    const task = `${architecture} packages`;
    const names = new Set(missing.map((entry) => entry.file));
    await asTask(options, task, async () => {
      const watch = setInterval(() => {
        void loadedBytes(archives, names).then((done) =>
          options.progress({ kind: 'task-advanced', task, done: Math.min(done, total), total, unit: 'bytes' }),
        );
      }, 500);
      try {
        const wanted = missing.map((entry) => `${entry.name}:${architecture}=${entry.version}`);
        await runTool('apt-get', ['-qq', 'download', ...wanted], { ...settings, cwd: archives });
      } finally {
        clearInterval(watch);
      }
      return `${missing.length} packages, ${Math.round(total / 1e6)} MB`;
    });
  }
  return packages.map((entry) => join(archives, entry.file));
}

async function loadedBytes(archives: string, names: ReadonlySet<string>): Promise<number> {
  const partial = join(archives, 'partial');
  const files = [
    ...(await readdir(archives)).filter((name) => names.has(name)).map((name) => join(archives, name)),
    ...(await readdir(partial).catch(() => [])).map((name) => join(partial, name)),
  ];
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * APT_CONFIG is read before everything else, so this alone can keep the machine's hooks, pins and foreign architectures out.
 * What says how to reach an archive from here (proxies, time limits, date checks) is carried over.
 */
async function aptConfiguration(
  folder: string,
  architecture: DebianArchitecture,
  archive: Archive,
  signal: AbortSignal,
): Promise<string> {
  const dump = (await runTool('apt-config', ['dump'], { signal })).toString('utf8').split('\n');
  const access = /^Acquire::(?:https?|ftp|socks5h|Check-Date|Check-Valid-Until|Max-FutureTime|Force-?IPv[46])/i;
  const quoted = (value: string): string => `"${value.replaceAll('"', '%22')}"`;
  const own: [string, string][] = [
    ['Dir::Etc::Parts', '/dev/null'],
    ['Dir::Etc::Main', '/dev/null'],
    ['Dir::Etc::SourceList', join(folder, 'sources.list')],
    ['Dir::Etc::SourceParts', '/dev/null'],
    ['Dir::Etc::Preferences', '/dev/null'],
    ['Dir::Etc::PreferencesParts', '/dev/null'],
    ['Dir::Etc::Trusted', archive.keyring],
    ['Dir::Etc::TrustedParts', '/dev/null'],
    ['Dir::State', folder],
    ['Dir::State::Lists', join(folder, 'lists')],
    ['Dir::State::Status', join(folder, 'status')],
    ['Dir::Cache', join(folder, 'empty')],
    ['APT::Architecture', architecture],
    ['APT::Architectures', architecture],
    ['APT::Sandbox::User', 'root'],
    ['APT::Install-Recommends', 'false'],
    ['Acquire::Languages', 'none'],
    ['Acquire::GzipIndexes', 'true'],
    ['Acquire::PDiffs', 'false'],
    ['Acquire::Retries', '2'],
    ['Acquire::http::Timeout', '15'],
    ['Acquire::https::Timeout', '15'],
    ['Acquire::AllowInsecureRepositories', 'false'],
    ['Debug::NoLocking', 'true'],
  ];
  return [
    ...dump.filter((line) => access.test(line)),
    ...own.map(([key, value]) => `${key} ${quoted(value)};`),
    '',
  ].join('\n');
}
