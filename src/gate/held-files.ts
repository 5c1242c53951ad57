// Files that the base's configuration names and that the base commit has: they are used as that commit has them. What git does
// not know there (disks, kernels, built programs) is used as it lies in the workspace.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { temporaryFolder } from '../host/processes.ts';
import { type GuestSpec, guestFiles, withGuestFiles } from '../model/guests.ts';
import type { Scenario, SideSpec } from '../model/scenario.ts';
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

/** A scenario whose guests use the base's files. Those that must stay in their place are held by {@link holdInPlace}. */
export async function heldScenario(scenario: Scenario, held: Held): Promise<Scenario> {
  const side = async (spec: SideSpec): Promise<SideSpec> => ({ ...spec, guest: await heldGuest(spec.guest, held) });
  return {
    ...scenario,
    head: await side(scenario.head),
    base: scenario.base === null ? null : await side(scenario.base),
  };
}

async function heldGuest(guest: GuestSpec, held: Held): Promise<GuestSpec> {
  const files = guestFiles(guest).filter((file) => file.held === 'base');
  const places = new Map<string, string>();
  for (const { path } of files) places.set(path, await heldFile(path, held));
  return withGuestFiles(guest, (path, use) => (use.held === 'base' ? (places.get(path) ?? path) : path));
}

/** Until disposal every file of the guests that must stay in its place, as those of a launcher's command, has the base's content. */
export async function holdInPlace(scenarios: readonly Scenario[], held: Held): Promise<AsyncDisposable> {
  await using swapped = new AsyncDisposableStack();
  const guests = scenarios.flatMap(({ head, base }) => [head.guest, ...(base === null ? [] : [base.guest])]);
  const files = guests.flatMap(guestFiles).filter((file) => file.held === 'in-place');
  const paths = files.map(({ from = '', path }) => resolve(from, path));
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
