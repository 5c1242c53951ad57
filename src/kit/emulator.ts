// The kit's own QEMU with Venus: Debian's packages unpacked side by side and run through their own dynamic loader, so that nothing
// of the machine's libraries matters and the folder may lie anywhere.
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { asTask } from '../host/task.ts';
import { measurementError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { type Emulator, emulatorName } from '../model/launch-plan.ts';
import { firstLine } from '../model/plain-text.ts';
import { publishFolder, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { hashFile, hashValue } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { openAptWorld } from './apt-world.ts';
import { runTool } from './command.ts';
import { emulatorRecipe, type HostNames, hostNames } from './emulator-recipe.ts';
import { describeFile, entryFileSchema, type Found, findEntry, isWhole, pointTo } from './entry.ts';
import type { KitOptions } from './options.ts';
import { makeMergedRoot, unpackPackages } from './unpack.ts';
import { programs as wakers } from './waker/libraries.ts';

const programSchema = z.strictObject({ version: z.string(), digest: z.string() });
const manifestSchema = z.strictObject({
  schema: z.literal(1),
  recipe: z.string(),
  packages: z.record(z.string(), z.string()),
  programs: z.strictObject({ arm64: programSchema, x86_64: programSchema }),
  files: z.array(entryFileSchema).min(1),
});
type EmulatorManifest = z.infer<typeof manifestSchema>;

/** The kit's QEMU for guests of one architecture, if it is in the cache and whole. */
export async function findEmulator(cache: string, architecture: Architecture): Promise<Found<Emulator>> {
  const host = hostNames(process.platform, process.arch);
  if (host === null) return null;
  const found = await findEntry(room(cache), host.debian, manifestSchema);
  if (!isWhole(found)) return found;
  if (found.manifest.recipe !== recipeOf(host)) return null;
  return emulatorAt(found.folder, host, architecture, found.manifest);
}

/** Assembles the kit's QEMU anew from the archive's current packages. The caller has looked whether that is needed. */
export async function buildEmulator(options: KitOptions, architecture: Architecture): Promise<Emulator> {
  const host = hostNames(process.platform, process.arch);
  if (host === null) {
    throw measurementError(
      `the kit's own QEMU runs on Linux only, not on ${process.platform} ${process.arch}`,
      'name your own with `binary` under `qemu` in bootgauge.yml or with --qemu',
    );
  }
  const lock = { ...options, what: "the kit's QEMU" };
  await using _lock = await acquireLock(join(room(options.cache), `${host.debian}.lock`), lock);
  const meanwhile = await findEmulator(options.cache, architecture);
  if (isWhole(meanwhile)) return meanwhile;
  const world = await openAptWorld(host.debian, options);
  const packages = (await world.resolve(emulatorRecipe.wanted)).filter(
    ({ name }) => !emulatorRecipe.unwanted.test(name),
  );
  const debs = await world.download(packages);
  const versions = Object.fromEntries(packages.map(({ name, version }) => [name, version]));
  const folder = `${host.debian}-${hashValue([recipeOf(host), versions]).slice(0, 16)}`;
  await using work = await workFolder(join(options.cache, 'work'));
  const bundle = join(work.path, 'emulator');
  await asTask(options, "assembling the kit's QEMU", async () => {
    await unpackBundle(bundle, debs, host, options.signal);
    const programs = {
      arm64: await describeProgram(bundle, host, 'arm64', options.signal),
      x86_64: await describeProgram(bundle, host, 'x86_64', options.signal),
    };
    const files = await Promise.all((await listFiles(bundle)).map((path) => describeFile(bundle, path)));
    const manifest: EmulatorManifest = { schema: 1, recipe: recipeOf(host), packages: versions, programs, files };
    await writeFileAtomically(join(bundle, 'manifest.json'), JSON.stringify(manifest));
    await publishFolder(bundle, join(room(options.cache), folder));
    await pointTo(room(options.cache), host.debian, manifest.recipe, folder);
    return `${debs.length} packages`;
  });
  const built = await findEmulator(options.cache, architecture);
  if (!isWhole(built)) throw measurementError(`the assembled QEMU is damaged: ${built}`);
  return built;
}

const room = (cache: string): string => join(cache, 'emulator');

function recipeOf(host: HostNames): string {
  const own = [renderServer(host), wakerFor(host)];
  return hashValue([{ ...emulatorRecipe, unwanted: emulatorRecipe.unwanted.source }, host, ...own]);
}

async function unpackBundle(
  bundle: string,
  debs: readonly string[],
  host: HostNames,
  signal: AbortSignal,
): Promise<void> {
  const root = join(bundle, 'root');
  await makeMergedRoot(root);
  await unpackPackages(debs, root, { exclude: emulatorRecipe.exclude, signal });
  // A relative library_path is looked up from the description's own folder.
  const library = `root/usr/lib/${host.triplet}/libvulkan_lvp.so`;
  const description = { file_format_version: '1.0.1', ICD: { library_path: `./${library}`, api_version: '1.4.305' } };
  await writeFile(join(bundle, 'lvp_icd.json'), JSON.stringify(description));
  await writeFile(join(bundle, 'virgl_render_server'), renderServer(host));
  await chmod(join(bundle, 'virgl_render_server'), 0o755);
  await writeFile(join(root, 'usr/lib', host.triplet, waker), gunzipSync(Buffer.from(wakerFor(host), 'base64')));
}

/** Named without its folder, which may have spaces: the loader finds it in the library path. */
const waker = 'bootgauge-waker.so';
const wakerFor = ({ debian }: HostNames): string => wakers[debian === 'amd64' ? 'x86_64' : 'arm64'];

/**
 * virglrenderer starts its server by one path, so the loader and its library path need a script around them. The waker mends
 * wake-ups that Venus loses (waker/waker.c).
 */
function renderServer(host: HostNames): string {
  return `#!/bin/sh
here=\${0%/*}/root
exec "$here/${host.loader}" --preload ${waker} --library-path "$here/usr/lib/${host.triplet}:$here/usr/lib" "$here/usr/libexec/virgl_render_server" "$@"
`;
}

function emulatorAt(folder: string, host: HostNames, architecture: Architecture, manifest: EmulatorManifest): Emulator {
  const { packages, programs } = manifest;
  return { origin: 'kit', ...invocation(folder, host, architecture), ...programs[architecture], packages };
}

function invocation(
  folder: string,
  host: HostNames,
  architecture: Architecture,
): Pick<Emulator, 'program' | 'leadingArguments' | 'environment'> {
  const usr = join(folder, 'root/usr');
  const libraries = join(usr, 'lib', host.triplet);
  const paths = [libraries, join(libraries, 'pulseaudio'), join(usr, 'lib')].join(':');
  const firmware = ['share/qemu', 'share/seabios', 'lib/ipxe/qemu'].flatMap((name) => ['-L', join(usr, name)]);
  return {
    program: join(folder, 'root', host.loader),
    leadingArguments: ['--library-path', paths, join(usr, 'bin', emulatorName(architecture)), ...firmware],
    environment: {
      QEMU_MODULE_DIR: join(libraries, 'qemu'),
      RENDER_SERVER_EXEC_PATH: join(folder, 'virgl_render_server'),
      VK_DRIVER_FILES: join(folder, 'lvp_icd.json'),
      GBM_ALWAYS_SOFTWARE: '1',
      GBM_BACKENDS_PATH: join(libraries, 'gbm'),
      LIBGL_DRIVERS_PATH: join(libraries, 'dri'),
      __EGL_VENDOR_LIBRARY_FILENAMES: join(usr, 'share/glvnd/egl_vendor.d/50_mesa.json'),
    },
  };
}

/** Starts the program once: a bundle that lacks a library is found here and not in the first boot. */
async function describeProgram(
  bundle: string,
  host: HostNames,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<{ version: string; digest: string }> {
  const { program, leadingArguments, environment } = invocation(bundle, host, architecture);
  const output = await runTool(program, [...leadingArguments, '--version'], { signal, environment });
  const binary = join(bundle, 'root/usr/bin', emulatorName(architecture));
  return { version: firstLine(output.toString('utf8')), digest: await hashFile(binary) };
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}
