// Files that the base's configuration names and that the base commit has: they are used as that commit has them. What git does
// not know there (disks, kernels, built programs) is used as it lies in the workspace.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { temporaryFolder } from '../host/processes.ts';
import type { GuestSpec, LauncherGuest, Scenario, SideSpec } from '../model/scenario.ts';
import { extractFiles, filesAt, type Repository } from './base-files.ts';

export interface Held {
  readonly repository: Repository;
  readonly commit: string;
  /** Receives the base's files, under their paths from the top of the repository. */
  readonly folder: string;
}

/** The same path, or that of the base's file. */
export async function heldFile(path: string, held: Held): Promise<string> {
  const inside = relative(held.repository.top, path);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return path;
  if (!(await filesAt(held.repository, held.commit, inside)).includes(inside)) return path;
  await mkdir(held.folder, { recursive: true });
  await extractFiles(held.repository, held.commit, [inside], held.folder);
  return join(held.folder, inside);
}

/** A scenario whose guests use the base's files. Launchers are held by {@link heldLaunchers}. */
export async function heldScenario(scenario: Scenario, held: Held): Promise<Scenario> {
  const side = async (spec: SideSpec): Promise<SideSpec> => ({ ...spec, guest: await heldGuest(spec.guest, held) });
  return {
    ...scenario,
    head: await side(scenario.head),
    base: scenario.base === null ? null : await side(scenario.base),
  };
}

async function heldGuest<T extends GuestSpec>(guest: T, held: Held): Promise<T> {
  const file = async (path: string | null): Promise<string | null> =>
    path === null ? null : await heldFile(path, held);
  switch (guest.kind) {
    case 'alpine':
      return { ...guest, keyring: await file(guest.keyring), script: await file(guest.script) };
    case 'custom': {
      const rest = guest.rest === null ? null : await heldGuest(guest.rest, held);
      const [kernel, initrd, disk] = await Promise.all([guest.kernel, guest.initrd, guest.disk].map(file));
      return { ...guest, rest, kernel: kernel ?? null, initrd: initrd ?? null, disk: disk ?? null };
    }
    case 'launcher':
    case 'reference':
      return guest;
  }
}

/**
 * Until disposal every file that a launcher's command names is the base's, in its place: a launcher finds its way from where it
 * lies. What it calls by itself is not known here and stays head's.
 */
export async function heldLaunchers(scenarios: readonly Scenario[], held: Held): Promise<AsyncDisposable> {
  await using swapped = new AsyncDisposableStack();
  const guests = scenarios.flatMap(({ head, base }) => [head.guest, base?.guest]);
  const launchers = guests.filter((guest): guest is LauncherGuest => guest?.kind === 'launcher');
  const paths = launchers.flatMap(({ command, folder }) => command.map((word) => resolve(folder, word)));
  const saved = swapped.use(await temporaryFolder('bootgauge-launchers-'));
  for (const [index, path] of [...new Set(paths)].entries()) {
    const base = await heldFile(path, held);
    if (base === path) continue;
    const copy = join(saved.path, String(index));
    const there = await copyFile(path, copy).then(
      () => true,
      () => false,
    );
    swapped.defer(() => (there ? copyFile(copy, path) : rm(path, { force: true })));
    await copyFile(base, path);
  }
  return swapped.move();
}
