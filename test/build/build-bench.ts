// Builds in the bench of little-qemu.ts, and a PATH with programs that fail or tell what they were asked.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltEmulator, buildEmulator } from '../../src/build/build.ts';
import type { BuildOptions } from '../../src/build/options.ts';
import type { Source } from '../../src/build/source.ts';
import { readParts } from '../../src/build/tree-parts.ts';
import { checkOut, type Slot } from '../../src/build/worktree.ts';
import type { BuildSpec } from '../../src/model/build.ts';
import { BootgaugeError, type ExitCode } from '../../src/model/errors.ts';
import type { Bench } from './little-qemu.ts';

export const build = (
  bench: Bench,
  spec: Partial<BuildSpec> = {},
  options: Partial<BuildOptions> = {},
  slot = 'head',
) => buildEmulator({ spec: bench.spec(spec), architecture: 'arm64', slot }, { ...bench.options, ...options });

/** Checks a tree out with its parts, as for a build that may load others by itself with these words. */
export async function placeTree(
  source: Source,
  slot: Slot,
  tree: string,
  options: BuildOptions,
  loader: readonly string[] = [],
): Promise<void> {
  await checkOut(source, slot, { tree, parts: await readParts(source, tree, options), loader }, options);
}

export const steps = ({ made }: BuiltEmulator): number | null => made?.steps ?? null;

export const failing =
  (exitCode: ExitCode, message: RegExp, hint = /(?:)/) =>
  (error: unknown) => {
    assert.ok(error instanceof BootgaugeError, String(error));
    assert.match(error.message, message);
    assert.match(error.hint, hint);
    assert.equal(error.exitCode, exitCode);
    return true;
  };

/** A PATH with these programs before all others; `without` are not on it at all. */
export async function pathWith(
  bench: Bench,
  programs: Readonly<Record<string, string>>,
  without: readonly string[] = [],
) {
  const folder = join(bench.folder, 'programs');
  await mkdir(folder, { recursive: true });
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  if (without.length === 0) return { ...bench.options.environment, PATH: `${folder}:${process.env.PATH}` };
  for (const name of [
    'sh',
    'git',
    'cc',
    'ninja',
    'cp',
    'tar',
    'dirname',
    'cat',
    'pkg-config',
    'as',
    'ld',
    'sleep',
    'codesign',
  ]) {
    if (without.includes(name) || name in programs) continue;
    const real = execFileSync('sh', ['-c', `command -v ${name} || true`], { encoding: 'utf8' }).trim();
    if (real !== '') await writeFile(join(folder, name), `#!/bin/sh\nexec '${real}' "$@"\n`, { mode: 0o755 });
  }
  return { ...bench.options.environment, PATH: folder };
}
