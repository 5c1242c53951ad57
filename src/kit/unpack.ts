// Unpacking Debian packages with dpkg-deb and tar alone; no maintainer script runs, nothing is owned by anybody else.
import { mkdir, symlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { measurementError } from '../model/errors.ts';
import { runTool } from './command.ts';

export interface UnpackOptions {
  /** Patterns of members (`./usr/share/doc/*`) that are left out. */
  readonly exclude?: readonly string[];
  /** When given, only members that match are unpacked. */
  readonly include?: readonly string[];
  readonly signal: AbortSignal;
}

/** Documentation and the like: what no program reads. */
export const neverNeeded: readonly string[] = [
  './usr/share/doc/*',
  './usr/share/man/*',
  './usr/share/info/*',
  './usr/share/locale/*',
  './usr/share/lintian/*',
  './usr/share/bash-completion/*',
  './usr/share/zsh/*',
  './usr/share/bug/*',
  './usr/lib/systemd/*',
];

/** The folders and links that packages of a merged-usr distribution expect. */
export async function makeMergedRoot(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
}

/** Unpacks packages into a folder that has its merged-usr links already, on as many processors as there are. */
export async function unpackPackages(debs: readonly string[], target: string, options: UnpackOptions): Promise<void> {
  const workers = Math.max(1, Math.min(availableParallelism(), debs.length, 4));
  const queue = [...debs];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let deb = queue.shift(); deb !== undefined; deb = queue.shift()) await unpackOne(deb, target, options);
    }),
  );
}

// The pipe's first status goes around tar by a third descriptor: plain sh has no pipefail.
const script = `deb=$1; shift
status=$({ { dpkg-deb --fsys-tarfile "$deb" 3>&-; echo $? >&3; } | tar -x -p --no-same-owner --keep-directory-symlink "$@" >&2; } 3>&1) && [ "$status" = 0 ]`;

async function unpackOne(deb: string, target: string, options: UnpackOptions): Promise<void> {
  const exclude = (options.exclude ?? neverNeeded).map((pattern) => `--exclude=${pattern}`);
  const include = options.include ? ['--wildcards', ...options.include] : [];
  try {
    await runTool('sh', ['-c', script, 'sh', deb, '-C', target, ...exclude, ...include], { signal: options.signal });
  } catch (cause) {
    options.signal.throwIfAborted();
    throw measurementError(
      `the package ${deb} could not be unpacked`,
      'check the free disk space; remove the file to download it again',
      cause,
    );
  }
}
