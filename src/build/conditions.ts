// What a boot is taken under. Of an emulator also what it runs on and what differs between machines: graphics libraries, drivers, render server, firmware, declared
// variables. By content, so that equal machines are equal wherever they keep these files.

import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { vulkanManifests } from '../host/macos/checks.ts';
import { type HostView, thisHost } from '../host/view.ts';
import type { Conditions, HostFacts } from '../model/conditions.ts';
import type { Emulator, LaunchPlan } from '../model/launch-plan.ts';
import type { Gpu } from '../model/scenario.ts';
import type { Variables } from '../model/variables.ts';
import { hashFile, hashValue } from '../store/digest.ts';
import { graphicsLibraries } from './graphics-libraries.ts';

export interface RuntimeOptions {
  readonly gpu: Gpu;
  /** Of this command; the emulator's own comes on top. */
  readonly environment: Variables;
  readonly signal: AbortSignal;
  /** The machine, if not this one. */
  readonly host?: Pick<HostView, 'os' | 'root'>;
}

/** Machine, accelerator and guest, and the emulator with what it was built from and what it runs on. */
export async function conditionsOf(
  plan: LaunchPlan,
  host: HostFacts,
  options: Omit<RuntimeOptions, 'host'>,
): Promise<Conditions> {
  const { accelerator, emulator, guest } = plan;
  const { origin, version, digest, build, packages } = emulator;
  const seen = plan.kind === 'launcher' ? plan.seen : undefined;
  const { runtime, places, versions } = await (seen === undefined
    ? runtimeFacts(emulator, options)
    : runtimeFacts({ ...emulator, environment: tellingOf(seen.environment, emulator) }, { ...options, ...seen }));
  const facts = {
    ...{ origin, version, digest },
    ...(build === undefined ? {} : { build }),
    ...(Object.keys(runtime).length === 0 ? {} : { runtime }),
    ...(Object.keys(places).length === 0 ? {} : { places }),
    ...(Object.keys(versions).length === 0 ? {} : { versions }),
    ...(packages === undefined ? {} : { packages }),
  };
  const files = await bootedFiles(plan);
  const booted = Object.keys(files).length === 0 ? guest : { ...guest, files };
  return { host, accelerator, emulator: facts, guest: booted };
}

/** What an emulator is told to boot; of a launcher what takes the place of its own. */
async function bootedFiles(plan: LaunchPlan): Promise<Record<string, string>> {
  const given = plan.kind !== 'launcher' ? plan : plan.rewrite === 'none' ? {} : plan.rewrite;
  const known = plan.kind === 'launcher' ? undefined : plan.initrdDigest;
  const hashed = async (path: string | null | undefined) => (path == null ? null : hashFile(path).catch(() => null));
  const files = { kernel: await hashed(given.kernel), initramfs: known ?? (await hashed(given.initrd)) };
  return Object.fromEntries(Object.entries(files).flatMap(([name, it]) => (it === null ? [] : [[name, it] as const])));
}

interface RuntimeFacts {
  /** Name -> sha256, or the value of a variable. */
  readonly runtime: Record<string, string>;
  /** Where the files lie. */
  readonly places: Record<string, string>;
  /** Versions of the drivers that say one. */
  readonly versions: Record<string, string>;
}

/** Empty for the kit's emulator, whose parts the guest kit pins. */
export async function runtimeFacts(
  emulator: Emulator,
  { gpu, environment, signal, host = thisHost() }: RuntimeOptions,
): Promise<RuntimeFacts> {
  const runtime: Record<string, string> = {};
  const places: Record<string, string> = {};
  const versions: Record<string, string> = {};
  const facts = { runtime, places, versions };
  if (emulator.origin === 'kit' || emulator.origin === 'launcher') return facts;
  const add = async (name: string, path: string, digest = hashFile(path)): Promise<void> => {
    const found = await digest.catch(() => null);
    if (found === null) return;
    runtime[name] = found;
    places[name] = await realpath(path);
  };
  const variables = { ...environment, ...emulator.environment };
  for (const [name, value] of Object.entries(variables)) {
    const isDeclared = (name in emulator.environment && !throughLoaders.test(name)) || telling.includes(name);
    // A variable that is set to nothing is set: many programs only ask whether it is there.
    if (value !== undefined && isDeclared && (value !== '' || name in emulator.environment))
      runtime[name] = await meantBy(name, value);
  }
  const share = await shareOf(emulator);
  if (share !== null) await add('firmware', share, folderDigest(share));
  if (gpu !== 'venus') return facts;
  const libraries = await graphicsLibraries({
    program: emulator.program,
    os: host.os,
    environment: variables,
    signal,
  });
  for (const library of libraries) await add(libraryName(library), library);
  const server = variables.RENDER_SERVER_EXEC_PATH || usualServer(libraries);
  if (server) await add('render server', server);
  const named = (variables.VK_DRIVER_FILES || variables.VK_ICD_FILENAMES || '').split(':').filter(Boolean);
  for (const driver of named.length > 0 ? named : usualDrivers(host, variables)) {
    const name = `driver ${basename(driver, '.json')}`;
    const library = await libraryOf(driver).catch(() => null);
    if (library !== null) {
      await add(name, library.path ?? driver, driverDigest(library));
      const version = library.path === null ? '' : await versionIn(library.path);
      if (version !== '') versions[name] = version;
    } else if (named.length > 0) runtime[name] = 'missing';
  }
  return facts;
}

/**
 * Of all variables that a launcher's QEMU has, those that the configuration gives it, and those by which it, its libraries and drivers
 * find each other or work otherwise.
 */
function tellingOf(seen: Readonly<Record<string, string>>, { environment }: Emulator): Record<string, string> {
  return Object.fromEntries(Object.entries(seen).filter(([name]) => name in environment || drawing.test(name)));
}

const drawing =
  /^(?:DYLD|LD|VK|MVK|VKR|VN|VREND|VIRGL|VTEST|LIBGL|GALLIUM|MESA|LP|ZINK|EGL|__EGL|GBM|MTL|METAL|HVF)_|^RENDER_SERVER_EXEC_PATH$/;

/** Variables whose files are counted where they are used, as what is found through them. */
const throughLoaders = /^(?:VK_(?:ADD_)?DRIVER_FILES|VK_ICD_FILENAMES|RENDER_SERVER_EXEC_PATH|\w*_LIBRARY_PATH)$/;

/** Variables that name places to write to: their content changes with every boot. */
const writtenTo = /^(?:TMPDIR|TMP|TEMP|HOME|XDG_\w+|\w*CACHE\w*)$/;

/** A file or folder counts by its content; what cannot be read, is written to or is neither, as it is written. */
async function meantBy(name: string, value: string): Promise<string> {
  if (!isAbsolute(value) || writtenTo.test(name)) return value;
  const found = await stat(value).catch(() => null);
  if (found?.isFile()) return hashFile(value).catch(() => value);
  return found?.isDirectory() ? folderDigest(value).catch(() => value) : value;
}

/** Folder of the emulator's firmware: the one it is told, or the one that it was installed with. */
async function shareOf({ origin, program, leadingArguments }: Emulator): Promise<string | null> {
  const given = leadingArguments[leadingArguments.indexOf('-L') + 1];
  if (leadingArguments.includes('-L') && given !== undefined) return given;
  if (origin === 'build') return null;
  const folder = join(dirname(await realpath(program).catch(() => program)), '../share/qemu');
  return existsSync(folder) ? folder : null;
}

/** Where virglrenderer looks for its server when no variable says so: beside the library that is taken. */
function usualServer(libraries: readonly string[]): string | undefined {
  const library = libraries.find((path) => /^libvirglrenderer\b/.test(basename(path)));
  if (library === undefined) return undefined;
  const folders = ['../libexec', '../../libexec'].map((above) => join(dirname(library), above));
  return folders.map((folder) => join(folder, 'virgl_render_server')).find((path) => existsSync(path));
}

/** On macOS the loader takes MoltenVK or KosmicKrisp from where Homebrew or an SDK has put them. */
function usualDrivers(
  { os, root }: Pick<HostView, 'os' | 'root'>,
  environment: HostView['environment'],
): readonly string[] {
  if (os !== 'macos') {
    const folders = ['etc', 'usr/local/share', 'usr/share'].map((folder) => join(root, folder, 'vulkan/icd.d'));
    return folders.flatMap((folder) =>
      (existsSync(folder) ? readdirSync(folder) : [])
        .filter((name) => name.endsWith('.json'))
        .sort()
        .map((name) => join(folder, name)),
    );
  }
  return vulkanManifests({ ...thisHost(), os, root, environment }).map((path) => join(root, path));
}

/** Variables that change how QEMU or its drivers work, whoever set them. */
const telling: readonly string[] = [
  'HVF_WFI_SLEEP',
  'MVK_CONFIG_USE_METAL_ARGUMENT_BUFFERS',
  'VN_DEBUG',
  'LIBGL_ALWAYS_SOFTWARE',
];

const libraryName = (path: string): string => basename(path).replace(/(?:\.so|\.dylib|[.-]\d).*$/, '');

interface Driver {
  readonly description: string;
  /** As the description names it. */
  readonly library: string;
  /** Where that lies; null: where the loader finds it. */
  readonly path: string | null;
}

async function libraryOf(driver: string): Promise<Driver> {
  const description = await readFile(driver, 'utf8');
  const library = /"library_path"\s*:\s*"([^"]+)"/.exec(description)?.[1] ?? '';
  const path = library.includes('/') ? resolve(dirname(driver), library) : null;
  return { description, library, path: path !== null && existsSync(path) ? path : null };
}

/** Of a driver's description with the library that it names. */
const driverDigest = async ({ description, library, path }: Driver): Promise<string> =>
  hashValue([description, path === null ? library : await hashFile(path).catch(() => library)]);

/** Mesa's and MoltenVK's drivers hold the text that they tell applications. */
async function versionIn(library: string): Promise<string> {
  // A driver of more than 512 MiB, as one built for debugging, is too long for a text.
  const text = await readFile(library, 'latin1').catch(() => '');
  return /(?:Mesa|MoltenVK) \d+\.\d+[\x20-\x7e]{0,40}/.exec(text)?.[0].trim() ?? '';
}

/** Large files count by their size: firmware for other machines takes hundreds of megabytes. */
async function folderDigest(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => null);
      if (!found?.isFile()) return [name];
      return [name, found.size > largestHashed ? found.size : await hashFile(join(folder, name))];
    }),
  );
  return hashValue(files);
}

const largestHashed = 4 * 1024 * 1024;
