// What a configured build folder owes to the tree that ninja does not watch. Its own rule for build.ninja knows meson's files, but nothing
// of configure, of what configure reads and runs, and of what meson asks the tree for only in a fresh folder.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitOptions, git } from './git.ts';

/** Equal lists: what was configured for one tree is good for the other. `workTree` is a checkout of its HEAD. */
export async function configureInputs(workTree: string, options: GitOptions): Promise<string[]> {
  const read = (name: string) => readFile(join(workTree, name), 'utf8').catch(() => '');
  const [script, meson, listed] = await Promise.all([
    read('configure'),
    read('meson.build'),
    git(workTree, ['ls-tree', '-r', '-z', 'HEAD'], options),
  ]);
  const named = namedBy(script);
  const files = listed.split('\0').flatMap((entry) => inputOf(entry, named));
  return [...new Set(files), projectOf(meson)];
}

/** meson keeps the options of the first time, though a tree's defaults change. */
const always = ['configure', 'meson_options.txt', 'meson.options'];

/** Paths of the tree that a configure script names: `$source_path/scripts/x`; of `$here/configs/$name.mak` the folder. */
function namedBy(script: string): ReadonlySet<string> {
  const paths = script.matchAll(/(?:\$\{?\w+\}?|\))"?\/([\w.+-]+(?:\/[\w.+-]+)*)([$*?[{]?)/g);
  const whole = [...paths].map(([, path = '', more]) => (more === '' ? path : path.replace(/\/?[^/]*$/, '')));
  return new Set([...always, ...whole.filter((path) => path !== '')]);
}

/** A named file with its id; of a named folder the files with theirs, and what lies deeper by the name of its folder alone. */
function inputOf(entry: string, named: ReadonlySet<string>): string[] {
  const [facts = '', path = ''] = entry.split('\t', 2);
  if (named.has(path)) return [entry];
  const parts = path.split('/');
  return parts.flatMap((_, depth) => {
    if (depth === 0 || !named.has(parts.slice(0, depth).join('/'))) return [];
    return [depth === parts.length - 1 ? `${facts}\t${path}` : parts.slice(0, depth + 1).join('/')];
  });
}

/** The call that says with which options a project starts. */
const projectOf = (meson: string): string => /^project\s*\((?:[^()]|\([^()]*\))*\)/m.exec(meson)?.[0] ?? '';
