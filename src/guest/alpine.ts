// Alpine guests in the cache: found when they are there, else installed step by step, so that a failure costs one step only.
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isThere } from '../host/files.ts';
import { runTool } from '../kit/command.ts';
import {
  describeFile,
  entryFileSchema,
  type FoundEntry,
  findEntry,
  isWhole,
  type ListedEntry,
  listEntries,
  pointTo,
  removeEntry,
} from '../kit/entry.ts';
import { ensureKeys } from '../kit/keys.ts';
import type { KitOptions } from '../kit/options.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { AlpineGuest } from '../model/guests/alpine.ts';
import type { Emulator, GuestParts } from '../model/launch-plan.ts';
import type { Accelerator } from '../model/scenario.ts';
import { publishFolder, syncFile, writeFileAtomically } from '../store/atomic.ts';
import { prepareCacheFolder } from '../store/cache-folder.ts';
import { hashFile, hashValue } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { type InstallRequest, installedAppend, installSystem, settleSystem } from './alpine-install.ts';
import { loadRelease, rememberedRelease } from './alpine-release.ts';
import { installScript, recipeVersion, settleScript } from './alpine-script.ts';

export interface AlpineMachine {
  readonly emulator: Emulator;
  readonly accelerator: Accelerator;
}

/** The parts of an Alpine guest; installed when it is not in the cache. `machine` is asked for only then. */
export async function ensureAlpine(
  guest: AlpineGuest,
  options: KitOptions,
  machine: () => Promise<AlpineMachine>,
): Promise<GuestParts> {
  const room = join(options.cache, 'alpine');
  const recipe = await recipeOf(guest);
  const name = nameOf(guest, recipe);
  const found = await findEntry(room, name, manifestSchema);
  if (isWhole(found)) return partsOf(found, guest, options);
  if (found !== null) options.progress({ kind: 'note', text: `${found}: installing it again` });
  if (options.offline) {
    throw usageError(`${name} is not in the cache, and --offline downloads nothing`, 'run once without --offline');
  }
  await prepareCacheFolder(options.cache);
  await mkdir(room, { recursive: true });
  await using _lock = await acquireLock(join(room, `${name}.lock`), { ...options, what: name });
  const meanwhile = await findEntry(room, name, manifestSchema);
  if (isWhole(meanwhile)) return await partsOf(meanwhile, guest, options);
  await install(guest, { room, name, recipe, options, machine: await machine() });
  const made = await findEntry(room, name, manifestSchema);
  if (!isWhole(made)) throw measurementError(`the installed ${name} is damaged: ${made}`);
  return await partsOf(made, guest, options);
}

const files = ['kernel', 'initrd', 'disk'] as const;

const manifestSchema = z.strictObject({
  schema: z.literal(1),
  name: z.string(),
  recipe: z.string(),
  /** sha256 of recipe, release and package versions; keys are no part of it. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  version: z.string(),
  packages: z.record(z.string(), z.string()),
  hostKey: z.string().nullable(),
  /** Written by earlier versions, and read by none. */
  disk: z.string().optional(),
  files: z.array(entryFileSchema).length(files.length),
});
type Manifest = z.infer<typeof manifestSchema>;

async function partsOf(
  { folder, manifest }: FoundEntry<Manifest>,
  guest: AlpineGuest,
  options: KitOptions,
): Promise<GuestParts> {
  const { privateKeyPath } = await ensureKeys(options);
  return {
    identity: { name: manifest.name, digest: manifest.digest, packages: manifest.packages },
    kernel: join(folder, 'kernel'),
    initrd: join(folder, 'initrd'),
    disks: [{ path: join(folder, 'disk'), format: 'raw' }],
    append: installedAppend(guest),
    ssh: { user: 'root', privateKeyPath, hostKey: manifest.hostKey },
  };
}

/** All that decides what is installed, but the mirror and the keys. */
async function recipeOf(guest: AlpineGuest): Promise<string> {
  const script = guest.script === null ? '' : await hashFile(guest.script);
  const { architecture, release, flavor, packages, diskMiB } = guest;
  const text = installScript({ guest, branch: '', mirror: '', authorizedKey: '' });
  const recipe = [recipeVersion, architecture, release, flavor, packages, diskMiB, script, text, settleScript];
  return hashValue(recipe);
}

const nameOf = ({ release, architecture, flavor }: AlpineGuest, recipe: string): string =>
  `alpine-${release}-${architecture}-${flavor}-${recipe.slice(0, 8)}`;

interface Work {
  readonly room: string;
  readonly name: string;
  readonly recipe: string;
  readonly options: KitOptions;
  readonly machine: AlpineMachine;
}

async function install(guest: AlpineGuest, { room, name, recipe, options, machine }: Work): Promise<void> {
  // A place that stays: what was finished is found again by the next attempt.
  const folder = join(room, `work-${name}`);
  await mkdir(folder, { recursive: true });
  const keys = await ensureKeys(options);
  const finished = join(folder, 'finished');
  // An attempt that ended between two renames.
  for (const file of files) await rename(join(finished, file), join(folder, file)).catch(() => {});
  const release = await rememberedRelease(guest, folder, options);
  const archive = join(options.cache, 'downloads', release.url.split('/').at(-1) as string);
  await once(folder, 'live', async () => {
    await loadRelease(release, archive, guest, options);
    await unpackInstaller(archive, join(folder, 'live'), guest, options);
  });
  const publicKey = (await readFile(`${keys.privateKeyPath}.pub`, 'utf8')).trim();
  const request: InstallRequest = {
    guest,
    branch: release.branch,
    ...machine,
    access: { user: 'root', privateKeyPath: keys.privateKeyPath, hostKey: null },
    authorizedKey: publicKey,
    folder,
    options,
  };
  await once(folder, 'installed', () => installSystem(request));
  const { hostKey, packages } = await settleSystem(request);
  await rm(finished, { recursive: true, force: true });
  await mkdir(finished);
  for (const file of files) {
    await syncFile(join(folder, file));
    await rename(join(folder, file), join(finished, file));
  }
  const sorted = Object.entries(packages).sort(([one], [other]) => (one < other ? -1 : 1));
  const digest = hashValue([recipe, release.version, sorted]);
  const manifest: Manifest = {
    schema: 1,
    name,
    recipe,
    digest,
    version: release.version,
    packages,
    hostKey,
    files: await Promise.all(files.map((file) => describeFile(finished, file))),
  };
  await writeFileAtomically(join(finished, 'manifest.json'), JSON.stringify(manifest));
  const place = `${name}-${digest.slice(0, 16)}`;
  await publishFolder(finished, join(room, place));
  await pointTo(room, name, recipe, place);
  await rm(folder, { recursive: true, force: true });
}

/** Does a step unless its stamp says that it was done. */
async function once(folder: string, step: string, work: () => Promise<void>): Promise<void> {
  const stamp = join(folder, `${step}.done`);
  if (await isThere(stamp)) return;
  await work();
  await writeFileAtomically(stamp, '');
}

async function unpackInstaller(archive: string, place: string, guest: AlpineGuest, options: KitOptions): Promise<void> {
  const draft = `${place}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await runTool('tar', ['-xzf', archive, '-C', draft], { signal: options.signal });
  const boot = join(draft, 'boot');
  const names = await readdir(boot).catch((): string[] => []);
  for (const [from, to] of [
    [`vmlinuz-${guest.flavor}`, 'kernel'],
    [`initramfs-${guest.flavor}`, 'initrd'],
    [`modloop-${guest.flavor}`, 'modloop'],
  ] as const) {
    if (!names.includes(from)) {
      throw measurementError(`${archive} holds no boot/${from}`, `it has ${names.join(', ') || 'nothing in boot'}`);
    }
    await rename(join(boot, from), join(draft, to));
  }
  await rm(boot, { recursive: true });
  await publishFolder(draft, place);
}

export type ListedAlpine = ListedEntry<Manifest>;

/** Every installed Alpine of the cache, and every one whose installation was begun. */
export async function listAlpine(cache: string): Promise<ListedAlpine[]> {
  const room = join(cache, 'alpine');
  const installed = await listEntries(room, manifestSchema);
  const begun = (await readdir(room).catch((): string[] => [])).filter((entry) => entry.startsWith('work-')).sort();
  const unfinished = begun
    .map((entry) => ({ name: entry.slice(5), folder: join(room, entry), manifest: null, problem: 'not finished yet' }))
    .filter(({ name }) => !installed.some((entry) => entry.name === name));
  return [...installed, ...unfinished];
}

/** Removes an installed Alpine, and what an installation of this name has left. */
export async function removeAlpine(name: string, options: KitOptions): Promise<void> {
  const room = join(options.cache, 'alpine');
  await using _lock = await acquireLock(join(room, `${name}.lock`), { ...options, what: name });
  await removeEntry(room, name);
  await rm(join(room, `work-${name}`), { recursive: true, force: true });
}
