// Kernel modules: which ones a set of names needs, in loading order, and the index files that busybox's modprobe reads.
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { measurementError } from '../model/errors.ts';

export interface Module {
  /** With underscores, as the kernel names it. */
  readonly name: string;
  /** Path relative to lib/modules/<release>, ending in `.ko`. */
  readonly path: string;
  readonly content: Buffer;
  /** Names of other modules that must be loaded before. */
  readonly needs: readonly string[];
  readonly aliases: readonly string[];
}

/**
 * The modules behind `wanted`, dependencies first. Built-in ones are left out; a missing one is an error.
 * `decompress` turns an .xz file into its content.
 */
export async function collectModules(
  folder: string,
  wanted: readonly string[],
  decompress: (path: string) => Promise<Buffer>,
): Promise<Module[]> {
  const found = await readdir(folder, { recursive: true });
  const files = new Map(found.filter((path) => /\.ko(\.xz)?$/.test(path)).map((path) => [nameOf(path), path] as const));
  const builtin = new Set((await readFile(join(folder, 'modules.builtin'), 'utf8')).split('\n').map(nameOf));
  const modules = new Map<string, Module>();
  const visiting = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    if (builtin.has(name) || visiting.has(name)) return;
    visiting.add(name);
    const path = files.get(name);
    if (path === undefined) throw measurementError(`the kernel package has no module ${name}`);
    const content = path.endsWith('.xz') ? await decompress(join(folder, path)) : await readFile(join(folder, path));
    const info = moduleInfo(content);
    const soft = info.softdeps.filter((other) => files.has(other) && !builtin.has(other));
    const needs = [...soft, ...info.depends.filter((other) => !builtin.has(other))];
    for (const other of needs) await visit(other);
    modules.set(name, { name, path: path.replace(/\.xz$/, ''), content, needs, aliases: info.aliases });
  };
  for (const name of wanted) await visit(nameOf(name));
  return [...modules.values()];
}

/** Text of modules.dep: every module with all that it needs, the first to be loaded last. */
export function dependencyIndex(modules: readonly Module[]): string {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const closure = (module: Module, seen: Module[]): Module[] => {
    for (const name of module.needs) {
      const other = byName.get(name);
      if (other && !seen.includes(other)) {
        closure(other, seen);
        seen.push(other);
      }
    }
    return seen;
  };
  const paths = (module: Module): string =>
    closure(module, [])
      .reverse()
      .map(({ path }) => path)
      .join(' ');
  return modules
    .map((module) => `${module.path}: ${paths(module)}`.trimEnd())
    .join('\n')
    .concat('\n');
}

/** Text of modules.alias. */
export function aliasIndex(modules: readonly Module[]): string {
  return modules.flatMap(({ name, aliases }) => aliases.map((alias) => `alias ${alias} ${name}\n`)).join('');
}

interface ModuleInfo {
  readonly depends: readonly string[];
  readonly softdeps: readonly string[];
  readonly aliases: readonly string[];
}

/** Reads the NUL-separated `key=value` strings of a module's .modinfo section; other sections hold nothing that looks like them. */
function moduleInfo(content: Buffer): ModuleInfo {
  const text = content.toString('latin1');
  const values = (key: string): string[] =>
    [...text.matchAll(new RegExp(`(?<=\\0)${key}=([^\\0]*)\\0`, 'g'))].map((match) => match[1] as string);
  return {
    depends: (values('depends')[0] ?? '').split(',').filter(Boolean).map(nameOf),
    softdeps: values('softdep')
      .filter((value) => value.startsWith('pre:'))
      .flatMap((value) => value.slice(4).split(' ').filter(Boolean).map(nameOf)),
    aliases: values('alias'),
  };
}

function nameOf(path: string): string {
  return basename(path.trim())
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');
}
