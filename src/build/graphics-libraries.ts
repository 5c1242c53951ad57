// The graphics libraries that the system's loader gives to a program: as ldd tells on Linux, and on macOS by dyld's own rules, which
// otool knows nothing of.

import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { outputOrNothing } from '../host/ask.ts';
import type { Variables } from '../model/variables.ts';

export interface LibrariesRequest {
  readonly program: string;
  readonly os: 'linux' | 'macos';
  /** Of the program. */
  readonly environment: Variables;
  readonly signal: AbortSignal;
}

/** Real paths, sorted; on macOS also those that the program's graphics libraries name. */
export async function graphicsLibraries(request: LibrariesRequest): Promise<string[]> {
  const direct = request.os === 'macos' ? await loadedByDyld(request.program, request) : await loadedOnLinux(request);
  const behind =
    request.os === 'macos' ? (await Promise.all(direct.map((path) => loadedByDyld(path, request)))).flat() : [];
  const real = await Promise.all([...direct, ...behind].map((path) => realpath(path).catch(() => path)));
  return [...new Set(real)].sort();
}

async function loadedOnLinux(request: LibrariesRequest): Promise<string[]> {
  return librariesIn(await ask('ldd', [request.program], request));
}

/** `image` is the program, or a library that it loads. */
async function loadedByDyld(image: string, request: LibrariesRequest): Promise<string[]> {
  const names = librariesIn(await ask('otool', ['-L', image], request)).filter((name) => name !== image);
  if (names.length === 0) return [];
  const places = { image, program: request.program };
  const commands = await ask('otool', ['-l', image], request);
  const searched = [...commands.matchAll(/cmd LC_RPATH\n.*\n\s+path (.*) \(offset/g)].map(
    (found) => found[1] as string,
  );
  const paths = searched.map((path) => placed(path, places));
  return names.flatMap((name) => {
    const folders = (variable: string): string[] => (request.environment[variable] ?? '').split(':').filter(Boolean);
    const file = basename(name);
    const candidates = [
      ...folders('DYLD_LIBRARY_PATH').map((folder) => join(folder, file)),
      ...(name.startsWith('@rpath/') ? paths.map((path) => join(path, name.slice(7))) : [placed(name, places)]),
      ...[...folders('DYLD_FALLBACK_LIBRARY_PATH'), '/usr/local/lib'].map((folder) => join(folder, file)),
    ];
    return candidates.find((path) => isAbsolute(path) && existsSync(path)) ?? [];
  });
}

const placed = (path: string, { image, program }: { readonly image: string; readonly program: string }): string =>
  path.replace(/^@loader_path/, dirname(image)).replace(/^@executable_path/, dirname(program));

function ask(tool: string, args: readonly string[], { environment, signal }: LibrariesRequest): Promise<string> {
  const names = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'];
  const taken = Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
  return outputOrNothing(tool, args, { environment: taken, signal });
}

const graphics = /^lib(?:virglrenderer|epoxy|MoltenVK|vulkan|gbm|EGL|GLESv2|vulkan_kosmickrisp)[.\d-]/i;

/** Graphics libraries in what ldd or otool print: paths, and names that begin with @rpath and their like. */
export function librariesIn(text: string): string[] {
  const paths = text
    .split('\n')
    .flatMap((line) => /(?:=>\s+|^\s+)([/@].*?) \((?:compatibility|0x)/.exec(line)?.[1] ?? []);
  return paths.filter((path) => graphics.test(basename(path)));
}
