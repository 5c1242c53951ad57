// What an emulator runs on and what differs between machines: graphics libraries, drivers, render server, firmware, declared
// variables. By content, so that equal machines are equal wherever they keep these files.
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { vulkanManifests } from '../host/mac-checks.ts';
import { runProgram } from '../host/processes.ts';
import { type HostView, thisHost } from '../host/view.ts';
import type { Emulator } from '../model/launch-plan.ts';
import type { Gpu } from '../model/scenario.ts';
import { hashFile, hashValue } from '../store/digest.ts';

export interface RuntimeOptions {
  readonly gpu: Gpu;
  /** Of this command; the emulator's own comes on top. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** The machine, if not this one. */
  readonly host?: Pick<HostView, 'os' | 'root'>;
}

/** Name -> sha256, or the value of a variable. Empty for the kit's emulator, whose parts the guest kit pins. */
export async function runtimeFacts(
  emulator: Emulator,
  { gpu, environment, signal, host = thisHost() }: RuntimeOptions,
): Promise<Record<string, string>> {
  if (emulator.origin === 'kit' || emulator.origin === 'launcher') return {};
  const variables = { ...environment, ...emulator.environment };
  const declared = Object.entries(variables).filter(
    ([name, value]) => value && !value.includes('/') && (name in emulator.environment || telling.includes(name)),
  );
  const facts: Record<string, string> = Object.fromEntries(declared.map(([name, value]) => [name, value as string]));
  const share = emulator.leadingArguments[emulator.leadingArguments.indexOf('-L') + 1];
  if (emulator.leadingArguments.includes('-L') && share !== undefined)
    await add(facts, 'firmware', folderDigest(share));
  if (gpu !== 'venus') return facts;
  for (const library of await librariesOf(emulator, variables, signal))
    await add(facts, libraryName(library), hashFile(library));
  const server = variables.RENDER_SERVER_EXEC_PATH;
  if (server) await add(facts, 'render server', hashFile(server));
  const named = (variables.VK_DRIVER_FILES || variables.VK_ICD_FILENAMES || '').split(':').filter(Boolean);
  for (const driver of named.length > 0 ? named : usualDrivers(host, variables))
    await add(facts, `driver ${basename(driver, '.json')}`, driverDigest(driver));
  return facts;
}

/** On macOS the loader takes MoltenVK or KosmicKrisp from where Homebrew or an SDK has put them. */
function usualDrivers(
  { os, root }: Pick<HostView, 'os' | 'root'>,
  environment: HostView['environment'],
): readonly string[] {
  if (os !== 'macos') return [];
  return vulkanManifests({ ...thisHost(), os, root, environment }).map((path) => join(root, path));
}

/** Variables that change how QEMU or its drivers work, whoever set them. */
const telling: readonly string[] = [
  'HVF_WFI_SLEEP',
  'MVK_CONFIG_USE_METAL_ARGUMENT_BUFFERS',
  'VN_DEBUG',
  'LIBGL_ALWAYS_SOFTWARE',
];

async function add(facts: Record<string, string>, name: string, digest: Promise<string>): Promise<void> {
  const found = await digest.catch(() => null);
  if (found !== null) facts[name] = found;
}

const graphics = /^lib(?:virglrenderer|epoxy|MoltenVK|vulkan|gbm|EGL|GLESv2|vulkan_kosmickrisp)[.\d-]/i;

/** Graphics libraries that the system's loader would take, and on macOS what virglrenderer itself names. */
async function librariesOf(
  emulator: Emulator,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string[]> {
  const ask = async (program: string): Promise<string[]> => {
    const [tool, words] =
      process.platform === 'darwin' ? (['otool', ['-L', program]] as const) : (['ldd', [program]] as const);
    const settings = { timeoutMs: 20_000, signal, environment: set(environment) };
    const answer = await runProgram(tool, words, settings).catch(() => null);
    return answer?.code === 0 ? librariesIn(answer.stdout) : [];
  };
  const direct = await ask(emulator.program);
  const behind = process.platform === 'darwin' ? (await Promise.all(direct.map(ask))).flat() : [];
  const real = await Promise.all([...direct, ...behind].map((path) => realpath(path).catch(() => path)));
  return [...new Set(real)].sort();
}

/** Paths of graphics libraries in what ldd or otool print. */
export function librariesIn(text: string): string[] {
  const paths = text.split('\n').flatMap((line) => /(?:=>\s+|^\s+)(\/\S+) \(/.exec(line)?.[1] ?? []);
  return paths.filter((path) => graphics.test(basename(path)));
}

const libraryName = (path: string): string => basename(path).replace(/(?:\.so|\.dylib|[.-]\d).*$/, '');

/** A driver's description with the library it names. */
async function driverDigest(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  const named = /"library_path"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? '';
  const library = isAbsolute(named) || named.includes('/') ? resolve(dirname(path), named) : '';
  const content = library === '' ? named : await hashFile(library).catch(() => named);
  return hashValue([text, content]);
}

async function folderDigest(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort();
  const files = await Promise.all(
    names.map(async (name) =>
      (await stat(join(folder, name))).isFile() ? [name, await hashFile(join(folder, name))] : [name],
    ),
  );
  return hashValue(files);
}

const set = (environment: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && /^(?:DYLD|LD)_LIBRARY_PATH$/.test(entry[0]),
    ),
  );
