// Guests as files: a tar archive moves one to a machine that cannot assemble it. Keys stay behind; every cache has its own.
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isThere } from '../host/files.ts';
import { asTask } from '../host/task.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { parseOrNull } from '../model/stored.ts';
import { publishFolder, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';
import { download } from '../store/download.ts';
import { acquireLock } from '../store/lock.ts';
import { makeFolder } from '../store/make-folder.ts';
import { runTool } from './command.ts';
import { type FoundEntry, findEntry, isWhole, pointTo } from './entry.ts';
import { describeGuestParts } from './guest.ts';
import {
  type GuestManifest,
  guestDigest,
  guestFolderName,
  guestManifestSchema,
  guestParts,
  guestRoom,
  unlockGuest,
} from './guest-entry.ts';
import type { KitOptions } from './options.ts';

const members = [...guestParts, 'manifest.json'];

/** Writes the guest of a name into a tar archive; never over an existing file. */
export async function exportGuest(name: string, archive: string, options: KitOptions): Promise<void> {
  const found = await findEntry(guestRoom(options.cache), name, guestManifestSchema);
  if (found === null)
    throw usageError(`there is no guest ${name} in the cache`, `make it: bootgauge guest build ${name}`);
  if (typeof found === 'string')
    throw measurementError(`the guest cannot be exported: ${found}`, `make it again: bootgauge guest build ${name}`);
  const target = resolve(archive);
  if (await isThere(target)) throw usageError(`${target} already exists`, 'remove it or give another name');
  await makeFolder(dirname(target)).catch((cause: Error) => {
    throw usageError(
      `${target} cannot be written: ${cause.message}`,
      'name a place that this user may write to',
      cause,
    );
  });
  const draft = `${target}.${randomBytes(4).toString('hex')}.part`;
  await asTask(options, `exporting ${name}`, async () => {
    try {
      await runTool('tar', ['-cf', draft, '-C', found.folder, ...members], { signal: options.signal });
      await placeWithoutReplacing(draft, target);
    } finally {
      await rm(draft, { force: true });
    }
    return `${Math.round((await stat(target)).size / 1e6)} MB`;
  });
}

/** Loads an exported guest, and imports it when it has the digest that its maker tells. What a broken line left is kept for the next time. */
export async function importGuestFrom(
  url: string,
  sha256: string,
  options: KitOptions,
): Promise<FoundEntry<GuestManifest>> {
  await prepareCacheFolder(options.cache);
  const place = join(options.cache, 'downloads', `${sha256}.tar`);
  // One at a time: two would write into one file.
  await using _lock = await acquireLock(join(guestRoom(options.cache), 'import.lock'), {
    ...options,
    what: 'an import',
  });
  await download(url, place, { algorithm: 'sha256', value: sha256 }, options);
  try {
    return await importGuest(place, options);
  } finally {
    await rm(place, { force: true });
  }
}

/** Reads a guest from an archive that exportGuest wrote. Nothing is taken over unless every digest holds. */
export async function importGuest(archive: string, options: KitOptions): Promise<FoundEntry<GuestManifest>> {
  await prepareCacheFolder(options.cache);
  const source = resolve(archive);
  if (!(await stat(source).catch(() => null))?.isFile()) throw usageError(`${source} is not a file`);
  await using work = await workFolder(join(options.cache, 'work'));
  const unpacked = join(work.path, 'guest');
  await mkdir(unpacked);
  let name = '';
  await asTask(options, `importing ${source}`, async () => {
    await unpackMembers(source, unpacked, options.signal);
    const manifest = await verifiedManifest(unpacked, source);
    name = manifest.name;
    const room = guestRoom(options.cache);
    await using _lock = await acquireLock(join(room, `${name}.lock`), { ...options, what: name });
    await publishFolder(unpacked, join(room, guestFolderName(manifest)));
    await pointTo(room, name, manifest.recipe, guestFolderName(manifest));
    return name;
  });
  const found = await findEntry(guestRoom(options.cache), name, guestManifestSchema);
  if (!isWhole(found)) throw measurementError(`the imported guest is damaged: ${found}`);
  await unlockGuest(found, options);
  return found;
}

/** Only the four known names, and only as plain files: what else an archive holds is refused before anything is written. */
async function unpackMembers(source: string, target: string, signal: AbortSignal): Promise<void> {
  const refuse = (reason: string, cause?: unknown) =>
    usageError(`${source} is not an exported guest: ${reason}`, 'make one with `bootgauge guest export`', cause);
  let names: string[];
  try {
    names = (await runTool('tar', ['-tf', source], { signal })).toString('utf8').split('\n').filter(Boolean);
  } catch (cause) {
    signal.throwIfAborted();
    throw refuse('it is not a tar archive', cause);
  }
  const foreign = names.find((entry) => !members.includes(entry));
  if (foreign !== undefined) throw refuse(`it holds ${JSON.stringify(foreign)}`);
  const missing = members.find((member) => names.filter((entry) => entry === member).length !== 1);
  if (missing !== undefined) throw refuse(`it does not hold ${missing} exactly once`);
  // To standard output and not to files: a member that is a link has no content of its own to give.
  for (const member of members) {
    const content = await runTool('tar', ['-xOf', source, member], { signal });
    await writeFileAtomically(join(target, member), content);
  }
}

async function verifiedManifest(folder: string, source: string): Promise<GuestManifest> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => '');
  const manifest = parseOrNull(text, guestManifestSchema);
  if (manifest === null) throw usageError(`the manifest in ${source} cannot be read`, 'export the guest again');
  const described = await describeGuestParts(folder);
  for (const part of guestParts) {
    if (described.contents[part] !== manifest.contents[part]) {
      throw usageError(
        `the ${part} in ${source} is damaged: its sha256 is not the one in the manifest`,
        'export the guest again',
      );
    }
  }
  if (guestDigest(manifest.recipe, manifest.packages) !== manifest.digest) {
    throw usageError(
      `the manifest in ${source} was changed: its digest does not fit its packages`,
      'export the guest again',
    );
  }
  const whole = { ...manifest, files: described.files };
  await writeFileAtomically(join(folder, 'manifest.json'), JSON.stringify(whole));
  return whole;
}

/** link refuses to replace; where links are not possible, the look taken before must do. */
async function placeWithoutReplacing(draft: string, target: string): Promise<void> {
  try {
    await link(draft, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw usageError(`${target} already exists`);
    await rename(draft, target);
  }
}
