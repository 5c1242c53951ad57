// The parts of a tree in a build folder: what lies there for another tree or version than the one to build is removed, so that nothing
// old is built in, and what the source has at hand is brought, so that no network is needed.
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { temporaryFolder } from '../host/processes.ts';
import { measurementError } from '../model/errors.ts';
import { parseOrNull } from '../model/stored.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { hashValue } from '../store/digest.ts';
import { git } from './git.ts';
import type { BuildOptions } from './options.ts';
import { hashFolder, isProject, type Part, partsKey } from './tree-parts.ts';

export interface PartsPlace {
  /** Holds what is remembered of the work tree. */
  readonly folder: string;
  readonly workTree: string;
}

/** Parts of the tree that is to be built, and who may load those that are not at hand: somebody else may load others, or none. */
export interface WantedParts {
  readonly parts: readonly Part[];
  readonly loader: readonly string[];
}

/**
 * Removes what the tree does not ask for. To be done before the tree is checked out: what was a part may have become a folder of the
 * tree's own. A work tree of which nothing is remembered goes away as a whole.
 */
export async function forgetParts({ folder, workTree }: PartsPlace, wanted: WantedParts): Promise<void> {
  const known = await readMarks(folder);
  if (known === null) await rm(workTree, { recursive: true, force: true });
  const marks = Object.fromEntries(wanted.parts.map((part) => [part.path, markOf(part, wanted)]));
  const old = Object.entries(known ?? {}).filter(([path, mark]) => marks[path] !== mark);
  for (const [path] of old) await rm(join(workTree, path), { recursive: true, force: true });
  const kept = Object.entries(marks).map(([path, mark]): [string, string] => [
    path,
    known?.[path] === mark ? mark : unfinished,
  ]);
  await writeMarks(folder, Object.fromEntries(kept));
}

/** Brings what is not there yet. Parts that the source does not have are left to the build. */
export async function bringParts(place: PartsPlace, wanted: WantedParts, options: BuildOptions): Promise<void> {
  const marks = (await readMarks(place.folder)) ?? {};
  for (const part of wanted.parts) {
    const target = join(place.workTree, part.path);
    // A download that failed leaves a folder without a build file, which later runs take for the real thing.
    if (part.isProject && !(await isProject(target))) await rm(target, { recursive: true, force: true });
    const mark = markOf(part, wanted);
    if (marks[part.path] === mark && (part.content === '' || (await holdsFiles(target)))) continue;
    // The right mark comes last: what was brought half is brought again.
    await writeMarks(place.folder, { ...marks, [part.path]: unfinished });
    await rm(target, { recursive: true, force: true });
    await bring(part, target, place, options);
    marks[part.path] = mark;
    await writeMarks(place.folder, marks);
  }
}

async function bring(part: Part, target: string, { workTree }: PartsPlace, { signal }: BuildOptions): Promise<void> {
  const { content, origin, overlay, path } = part;
  if (content === '') return;
  await mkdir(target, { recursive: true });
  if (origin.kind === 'commit') {
    await using scratch = await temporaryFolder('bootgauge-part-');
    const variables = {
      GIT_DIR: origin.place,
      GIT_WORK_TREE: scratch.path,
      GIT_INDEX_FILE: join(scratch.path, 'index'),
    };
    await git(scratch.path, ['read-tree', content], { signal, variables });
    const args = ['checkout-index', '--all', `--prefix=${target}/`];
    await git(scratch.path, args, { signal, variables, timeoutMs: 600_000 });
  } else {
    const filter = (from: string) => !from.endsWith('/.git');
    await cp(origin.place, target, { recursive: true, verbatimSymlinks: true, filter });
    if ((await hashFolder(target)) !== content)
      throw measurementError(`${path} was changed in ${origin.place} while it was read`, 'try again');
  }
  if (overlay !== '') await cp(join(workTree, overlay), target, { recursive: true, verbatimSymlinks: true });
}

const markOf = (part: Part, { loader }: WantedParts): string =>
  hashValue([partsKey([part]), part.content === '' ? loader : []]);

/** Of a part that may have been brought half. */
const unfinished = '';

const marksSchema = z.record(z.string(), z.string());
type Marks = z.infer<typeof marksSchema>;

const marksFile = (folder: string): string => join(folder, 'parts.json');

/** Path -> mark; null: nothing is remembered. */
async function readMarks(folder: string): Promise<Marks | null> {
  return parseOrNull(await readFile(marksFile(folder), 'utf8').catch(() => ''), marksSchema);
}

const writeMarks = (folder: string, marks: Marks): Promise<void> =>
  writeFileAtomically(marksFile(folder), `${JSON.stringify(marks)}\n`);

const holdsFiles = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).length > 0;
