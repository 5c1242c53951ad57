// Which libraries a build can find, and which of them it asked for: a build stays good for as long as those are what they were, whatever
// is installed beside them. What QEMU detects by itself is no fixed list, so the package tool is made to write down what it is asked.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { outputOrNothing } from '../host/ask.ts';
import { hashValue } from '../store/digest.ts';

export interface Libraries {
  /** How the build calls the package tool; empty: there is none. */
  readonly tool: string;
  /** Of every description that the tool can see, where libraries lie included; equal when nothing has changed. */
  readonly digest: string;
  /** The same of these packages alone, with all that they require; one that is missing counts as missing. */
  digestOf(packages: readonly string[]): string;
  /** Package -> version, of those that are there. */
  versionsOf(packages: readonly string[]): Readonly<Record<string, string>>;
}

/** What something that was built has asked for: it is good for as long as their digest is the same. */
export const askedSchema = z.object({ packages: z.array(z.string()), digest: z.string() });
export type Asked = z.infer<typeof askedSchema>;

/** `tool` is how the build calls it, `variables` are the build's. */
export async function findLibraries(
  tool: string,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Libraries> {
  const [program, ...first] = tool.split(/\s+/) as [string, ...string[]];
  const ask = async (...args: string[]): Promise<string[]> => {
    if (program === '') return [];
    const output = await outputOrNothing(program, [...first, ...args], { environment: variables, signal });
    return output.split('\n').map((line) => line.trim());
  };
  const ownFolders = variables.PKG_CONFIG_LIBDIR;
  const [listed, [folders = '']] = await Promise.all([
    ask('--list-all'),
    ownFolders === undefined ? ask('--variable=pc_path', 'pkg-config') : [ownFolders],
  ]);
  // A tool of the user's may see more than its folders tell.
  const present = new Set(listed.map((line) => line.split(' ', 1)[0] as string));
  const path = [variables.PKG_CONFIG_PATH ?? '', folders].join(':').split(':');
  const descriptions = await readDescriptions(path.filter((folder) => folder !== ''));
  return {
    tool,
    digest: hashValue([[...present].sort(), [...descriptions].sort(byName)]),
    digestOf: (packages) =>
      hashValue(withRequired(packages, descriptions).map((name) => [name, present.has(name), descriptions.get(name)])),
    versionsOf: (packages) =>
      Object.fromEntries(
        packages.flatMap((name) => versionIn(descriptions.get(name)).map((version) => [name, version])),
      ),
  };
}

const byName = ([one]: readonly [string, string], [other]: readonly [string, string]): number => (one < other ? -1 : 1);

/** Name -> bytes of the .pc files; of two with one name the first counts, as for the tool. */
async function readDescriptions(folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.pc'));
    // One after the other: some machines let a program open only a few hundred files.
    for (const file of files) {
      const name = file.slice(0, -3);
      if (found.has(name)) continue;
      const text = await readFile(join(folder, file), 'latin1').catch(({ code }: NodeJS.ErrnoException) =>
        code === 'ENOENT' ? null : String(code),
      );
      if (text !== null) found.set(name, text);
    }
  }
  return found;
}

/** Sorted. A tool takes `x-uninstalled` before `x`. */
function withRequired(packages: readonly string[], descriptions: ReadonlyMap<string, string>): string[] {
  const all = new Set(packages.flatMap((name) => [name, `${name}-uninstalled`]));
  for (const name of all) {
    const text = descriptions.get(name)?.replaceAll(/\\\r?\n/g, ' ');
    const lines = text?.matchAll(/^Requires(?:\.private)?[ \t]*:(.*)$/gm) ?? [];
    for (const [, required = ''] of lines) for (const word of required.match(packageName) ?? []) all.add(word);
  }
  return [...all].sort();
}

const packageName = /(?<![\w.+-])[A-Za-z_][\w.+-]*/g;

/** What stands behind `Version:`, with variables of the description filled in. */
function versionIn(description = ''): string[] {
  const said = (name: string): string =>
    new RegExp(`^${name}[ \\t]*[:=][ \\t]*(.*?)\\s*$`, 'm').exec(description)?.[1] ?? '';
  const version = said('Version').replace(/\$\{(\w+)\}/g, (_, name: string) => said(name));
  return version === '' ? [] : [version];
}

/** Puts a package tool into `folder` that writes down what it is asked; returns the variables by which a build takes it. */
export async function watchPackages(folder: string, { tool }: Libraries): Promise<Record<string, string>> {
  if (tool === '') return {};
  const program = join(folder, '.bootgauge-pkg-config');
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" >>'${askedFile(folder).replaceAll("'", `'\\''`)}'\nexec ${tool} "$@"\n`;
  await writeFile(program, script, { mode: 0o755 });
  return { PKG_CONFIG: program };
}

/** What it was asked for in this folder. */
export async function askedIn(folder: string, libraries: Libraries): Promise<Asked> {
  const text = await readFile(askedFile(folder), 'utf8').catch(() => '');
  const words = text.split('\n').filter((line) => !line.startsWith('-'));
  const packages = [...new Set(words.flatMap((line) => line.match(packageName) ?? []))].sort();
  return { packages, digest: libraries.digestOf(packages) };
}

const askedFile = (folder: string): string => join(folder, '.bootgauge-packages');
