// The part of doctor that looks at what the kit needs: tools, archive, keys, cache.
import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from '../host/ask.ts';
import { type Check, ok, problem, warning } from '../host/check.ts';
import { findProgram } from '../host/files.ts';
import { howToInstall } from '../host/linux/install.ts';
import { temporaryFolder } from '../host/processes.ts';
import { gibibytes } from '../host/state-checks.ts';
import type { HostView } from '../host/view.ts';
import { suite } from '../kit/apt-world.ts';
import { type Archive, findArchive } from '../kit/mirror.ts';
import { BootgaugeError } from '../model/errors.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';

/** What the kit's assembly would meet on this machine. */
export interface KitNeeds {
  /** True when emulator and guest lie in the cache: then nothing below can stop a run. */
  readonly assembled: boolean;
  readonly mirror?: string | undefined;
  readonly keyring?: string | undefined;
  readonly signal: AbortSignal;
}

/** SSH's programs, which every run needs. */
export function sshCheck(host: HostView): Check {
  const missing = ['ssh', 'ssh-keygen'].filter((name) => findProgram(host, name) === null);
  if (missing.length === 0) return ok('ssh', 'ssh client', findProgram(host, 'ssh') ?? '');
  return problem('ssh', 'ssh client', `no ${missing.join(', no ')}`, howToInstall('ssh', host));
}

/** The programs that assemble the kit. */
export function toolsCheck(host: HostView, needs: KitNeeds): Check {
  const tools = ['apt-get', 'dpkg-deb', 'tar', 'mke2fs'];
  const missing = tools.filter((name) => findProgram(host, name, ['/usr/sbin', '/sbin']) === null);
  if (missing.length === 0) return ok('tools', 'kit tools', tools.join(', '));
  const todo = `install ${missing.map((name) => packages[name] ?? name).join(', ')}`;
  return severity(needs)('tools', 'kit tools', `no ${missing.join(', no ')}`, todo);
}

const packages: Readonly<Record<string, string>> = { 'dpkg-deb': 'dpkg', mke2fs: 'e2fsprogs' };

/** The archive that packages come from, whether it answers, and the keys that it is signed with. */
export async function archiveChecks(host: HostView, needs: KitNeeds): Promise<readonly Check[]> {
  if (findProgram(host, 'apt-get') === null) return [];
  let archive: Archive;
  try {
    archive = await findArchive(needs);
  } catch (error) {
    needs.signal.throwIfAborted();
    if (!(error instanceof BootgaugeError)) throw error;
    return [severity(needs)('archive', 'archive', error.message, error.hint)];
  }
  return [await mirrorCheck(host, archive, needs), ok('keyring', 'keyring', archive.keyring)];
}

/** Asks through apt's own loader: proxies and odd schemes are configured there. */
async function mirrorCheck(host: HostView, archive: Archive, needs: KitNeeds): Promise<Check> {
  const helper = ['/usr/lib/apt/apt-helper', '/usr/libexec/apt-helper'].find((path) => existsSync(path));
  if (helper === undefined) return ok('archive', 'archive', `${archive.uri} (not tried: no apt-helper)`);
  await using folder = await temporaryFolder('bootgauge-doctor-');
  const started = performance.now();
  const release = `${archive.uri.replace(/\/$/, '')}/dists/${suite}/Release`;
  const bounds = [
    'APT::Sandbox::User=root',
    'Acquire::Retries=0',
    'Acquire::http::Timeout=4',
    'Acquire::https::Timeout=4',
  ];
  const answer = await ask(
    host,
    helper,
    [...bounds.flatMap((option) => ['-o', option]), 'download-file', release, join(folder.path, 'Release')],
    { timeoutMs: 6000 },
  );
  const milliseconds = Math.round(performance.now() - started);
  if (answer.status === 0) return ok('archive', 'archive', `${archive.uri}, answered in ${milliseconds} ms`);
  const why = answer.kind === 'hung' ? 'no answer in 6 s' : (/^E: (.*)$/m.exec(answer.stderr)?.[1] ?? 'unreachable');
  return severity(needs)(
    'archive',
    'archive',
    needs.assembled ? `${why} (the kit is assembled already)` : why,
    'check the network, or name another archive with `mirror` under `kit` in bootgauge.yml',
  );
}

/** Whether the cache can be written, and how much lies there. */
export async function cacheCheck(folder: string): Promise<Check> {
  try {
    await prepareCacheFolder(folder);
  } catch (error) {
    if (!(error instanceof BootgaugeError)) throw error;
    return problem('cache', 'cache', error.message, error.hint);
  }
  const size = await folderSize(folder);
  return ok('cache', 'cache', `${folder}, ${size.complete ? '' : 'at least '}${gibibytes(size.mebibytes)}`);
}

/** Disk that a folder takes; hard links count once, and counting ends after two seconds. */
async function folderSize(folder: string): Promise<{ readonly mebibytes: number; readonly complete: boolean }> {
  const until = performance.now() + 2000;
  const seen = new Set<number>();
  let bytes = 0;
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (performance.now() > until) return { mebibytes: Math.round(bytes / (1 << 20)), complete: false };
    const entries = await readdir(next, { withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
    waiting.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name)));
    for (const stats of await Promise.all(files.map((file) => lstat(file).catch(() => null)))) {
      if (stats === null || seen.has(stats.ino)) continue;
      seen.add(stats.ino);
      bytes += stats.blocks * 512;
    }
  }
  return { mebibytes: Math.round(bytes / (1 << 20)), complete: true };
}

const severity = (needs: KitNeeds): typeof problem => (needs.assembled ? warning : problem);
