// Assembling a reference guest from the archive's current packages: kernel, initial ramdisk and disk.
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asTask } from '../host/task.ts';
import { measurementError } from '../model/errors.ts';
import { publishFolder, syncFile, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { hashFile } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { type AptWorld, openAptWorld, type Package } from './apt-world.ts';
import { prepareImageTool } from './disk-image.ts';
import { type HostNames, hostNames } from './emulator-recipe.ts';
import { describeFile, type FoundEntry, isWhole, pointTo } from './entry.ts';
import {
  findGuest,
  type GuestManifest,
  guestDigest,
  guestFolderName,
  guestParts,
  guestRoom,
  recipeDigest,
} from './guest-entry.ts';
import type { GuestRecipe } from './guest-recipe.ts';
import { writeInitramfs } from './initramfs.ts';
import { collectModules, type Module } from './modules.ts';
import type { KitOptions } from './options.ts';
import { guestOverlay } from './overlay.ts';
import { linkApplets, makeGuestRoot, writeModules, writeOverlay } from './root-tree.ts';
import { unpackPackages } from './unpack.ts';
import { decompressXz } from './xz.ts';

export interface BuildGuestOptions extends KitOptions {
  /** `missing`: a guest that another process has made meanwhile is taken. `always`: made anew from current packages. */
  readonly when: 'missing' | 'always';
}

/** Assembles a guest and makes it the one that its name means. The caller has looked whether that is needed. */
export async function buildGuest(recipe: GuestRecipe, options: BuildGuestOptions): Promise<FoundEntry<GuestManifest>> {
  const host = hostNames(process.platform, process.arch);
  if (host === null) {
    throw measurementError(
      `the reference guest cannot be assembled on ${process.platform} ${process.arch}: it is made of Debian packages with apt`,
      'make it on a Debian machine with `bootgauge guest export`, and bring it here with `bootgauge guest import`',
    );
  }
  const room = guestRoom(options.cache);
  await using _lock = await acquireLock(join(room, `${recipe.name}.lock`), { ...options, what: recipe.name });
  const meanwhile = await findGuest(options.cache, recipe);
  if (options.when === 'missing' && isWhole(meanwhile)) return meanwhile;
  await using work = await workFolder(join(options.cache, 'work'));
  const { world, tools } = await openWorlds(recipe, host, options);
  const resolved = await world.resolve([...recipe.packages, recipe.kernelPackage]);
  const { packages, kernel } = choosePackages(recipe, resolved);
  const versions = Object.fromEntries([...packages, kernel].map(({ name, version }) => [name, version]));
  const digest = guestDigest(recipeDigest(recipe), versions);
  const debs = await world.download([...packages, kernel]);
  await asTask(options, `assembling ${recipe.name}`, async () => {
    const inputs = { packages: debs.slice(0, -1), kernel: debs.at(-1) as string };
    const manifest = await assemble(work.path, recipe, inputs, { tools, host, signal: options.signal });
    const whole: GuestManifest = { ...manifest, digest, packages: versions };
    const finished = join(work.path, 'guest');
    await writeFileAtomically(join(finished, 'manifest.json'), JSON.stringify(whole));
    await publishFolder(finished, join(room, guestFolderName(whole)));
    await pointTo(room, recipe.name, whole.recipe, guestFolderName(whole));
    return `${debs.length} packages`;
  });
  const built = await findGuest(options.cache, recipe);
  if (!isWhole(built)) throw measurementError(`the assembled guest is damaged: ${built}`);
  return built;
}

/** One world when guest and host are of one architecture: two could not hold its lock at once. */
async function openWorlds(
  recipe: GuestRecipe,
  host: HostNames,
  options: KitOptions,
): Promise<{ world: AptWorld; tools: AptWorld }> {
  const opened = openAptWorld(recipe.debian, options);
  if (recipe.debian === host.debian) return { world: await opened, tools: await opened };
  const [world, tools] = await Promise.all([opened, openAptWorld(host.debian, options)]);
  return { world, tools };
}

function choosePackages(recipe: GuestRecipe, resolved: readonly Package[]): { packages: Package[]; kernel: Package } {
  const unwanted = new RegExp(`^(?:${recipe.unwanted.join('|')})$`);
  const kernel = resolved.find(({ name }) => /^linux-image-[0-9]/.test(name));
  if (kernel === undefined) throw measurementError(`the archive has no kernel for ${recipe.kernelPackage}`);
  return { packages: resolved.filter(({ name }) => !unwanted.test(name)), kernel };
}

interface Tools {
  readonly tools: AptWorld;
  readonly host: HostNames;
  readonly signal: AbortSignal;
}

async function assemble(
  work: string,
  recipe: GuestRecipe,
  debs: { readonly packages: readonly string[]; readonly kernel: string },
  { tools, host, signal }: Tools,
): Promise<Omit<GuestManifest, 'digest' | 'packages'>> {
  const [root, kernel, finished] = ['root', 'kernel', 'guest'].map((name) => join(work, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(kernel);
  await mkdir(finished);
  await makeGuestRoot(root);
  const [imageTool] = await Promise.all([
    prepareImageTool(tools, host, join(work, 'tools'), signal),
    unpackPackages([debs.kernel], kernel, {
      exclude: [],
      include: ['./boot/vmlinuz-*', './*/modules.builtin', ...recipe.kernelMembers],
      signal,
    }),
    unpackPackages(debs.packages, root, { exclude: recipe.exclude, signal }),
  ]);
  const release = (await readdir(join(kernel, 'boot')))[0]?.replace('vmlinuz-', '') ?? '';
  const modulesFolder = join(kernel, 'usr/lib/modules', release);
  const decompress = (path: string): Promise<Buffer> => decompressXz(path, join(work, 'module.deb'), signal);
  const early = await collectModules(modulesFolder, recipe.earlyModules, decompress);
  const all = await collectModules(modulesFolder, [...recipe.earlyModules, ...recipe.modules], decompress);
  await fillRoot(root, recipe, release, all);
  await writeFile(join(finished, 'initrd'), writeInitramfs(await readFile(join(root, 'usr/bin/busybox')), early));
  await copyFile(join(kernel, 'boot', `vmlinuz-${release}`), join(finished, 'kernel'));
  await imageTool.makeImage(root, join(finished, 'disk'));
  for (const part of guestParts) await syncFile(join(finished, part));
  return {
    schema: 1,
    name: recipe.name,
    recipe: recipeDigest(recipe),
    architecture: recipe.spec.architecture,
    kernelRelease: release,
    append: recipe.append,
    ...(await describeGuestParts(finished)),
  };
}

async function fillRoot(root: string, recipe: GuestRecipe, release: string, modules: readonly Module[]): Promise<void> {
  await linkApplets(root);
  await writeOverlay(root, guestOverlay(recipe));
  await writeModules(root, release, modules);
}

/** Sizes, dates and contents of a guest's parts in a folder. */
export async function describeGuestParts(folder: string): Promise<Pick<GuestManifest, 'contents' | 'files'>> {
  const [kernel, initrd, disk] = await Promise.all(guestParts.map((part) => hashFile(join(folder, part))));
  const files = await Promise.all(guestParts.map((part) => describeFile(folder, part)));
  return { contents: { kernel: kernel ?? '', initrd: initrd ?? '', disk: disk ?? '' }, files };
}
