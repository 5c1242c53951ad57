// A run on disk: run.json, boots/NNNN.json with boots/NNNN.console beside it, and the reports. Boots are written as they end.
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { isThere } from '../host/files.ts';
import { type Boot, type ConsoleRead, type StoredBoot, storedBootSchema } from '../model/boot.ts';
import { measurementError, usageError } from '../model/errors.ts';
import { configFileName } from '../model/file-names.ts';
import { type RecordedRun, type StoredRun, storedRunSchema } from '../model/run.ts';
import { writeFileAtomically } from './atomic.ts';
import { makeIgnoredFolder } from './ignored-folder.ts';
import { makeFolder } from './make-folder.ts';
import { parseStored } from './stored-json.ts';

/** `20261122T224501-1f3a`: sorts by time, safe as a file name, unique among runs of one second. */
export function newRunId(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '');
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

const runsFolder = (root: string): string => join(root, '.bootgauge', 'runs');

/** Makes `.bootgauge` in a project. */
export const makeOwnFolder = (root: string): Promise<void> => makeIgnoredFolder(join(root, '.bootgauge'));

/** Makes the folder of a new run. */
export async function createRunFolder(root: string, id: string): Promise<string> {
  const folder = join(runsFolder(root), id);
  try {
    await makeOwnFolder(root);
    await makeFolder(join(folder, 'boots'));
  } catch (cause) {
    throw measurementError(
      `cannot write the run to ${folder}: ${(cause as Error).message}`,
      'free some disk space or run in a folder that you can write to',
      cause,
    );
  }
  return folder;
}

export async function writeRun(folder: string, run: RecordedRun): Promise<void> {
  await writeFact(join(folder, 'run.json'), `${JSON.stringify(toStoredRun(run), null, 1)}\n`);
}

/** The console goes first: a boot's JSON never exists without its console. */
export async function writeBoot(folder: string, boot: Boot): Promise<void> {
  const name = join(folder, 'boots', bootFileName(boot.number));
  await writeFact(`${name}.console`, boot.console.bytes);
  await writeFact(`${name}.json`, `${JSON.stringify(toStoredBoot(boot))}\n`);
}

/** A run without its boots, each of which has files of its own. */
function toStoredRun(run: RecordedRun): StoredRun {
  return { ...run, scenarios: run.scenarios.map(({ boots: _boots, ...rest }) => rest) };
}

/** A boot without its console's bytes. */
function toStoredBoot(boot: Boot): StoredBoot {
  const { bytes, droppedBytes, reads } = boot.console;
  const packed = reads.flatMap(({ offset, atNs }) => [offset, atNs]);
  return { ...boot, console: { bytes: bytes.length, droppedBytes, reads: packed } };
}

async function writeFact(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFileAtomically(path, content);
  } catch (cause) {
    throw measurementError(
      `cannot write ${path}: ${(cause as Error).message}`,
      'what was written before is kept; free some disk space and run again',
      cause,
    );
  }
}

/** Reads a run back. Errors (exit 2) name the file and what is wrong with it. */
export async function readRun(folder: string): Promise<RecordedRun> {
  const stored = await readChecked(join(folder, 'run.json'), storedRunSchema);
  const names = await bootNames(folder);
  const boots: Boot[] = [];
  for (let at = 0; at < names.length; at += readAtOnce)
    boots.push(...(await Promise.all(names.slice(at, at + readAtOnce).map((name) => readBoot(folder, name)))));
  const scenarios = stored.scenarios.map((entry) => ({
    ...entry,
    boots: boots.filter((boot) => boot.scenario === entry.scenario.id),
  }));
  return { ...stored, scenarios };
}

/** A soak has thousands of boots, and a process may open far fewer files. */
const readAtOnce = 16;

/** What run.json says, without reading a boot. Errors as {@link readRun}. */
export async function readRunFacts(folder: string): Promise<RecordedRun> {
  const stored = await readChecked(join(folder, 'run.json'), storedRunSchema);
  const scenarios = stored.scenarios.map((entry) => ({ ...entry, boots: [] }));
  return { ...stored, scenarios };
}

/** Folders of the runs under `root`. One that was killed before it could write anything does not count. */
export async function* runsNewestFirst(root: string): AsyncGenerator<string> {
  yield* newestFirst([root]);
}

/**
 * Folders of the runs that a command started in `folder` means when it names none: those of the folder and of the ones above it, up to
 * the configuration that such a command reads, or to the repository's root. Outside a repository those of the folder alone.
 */
export async function* runsHereAndAbove(folder: string): AsyncGenerator<string> {
  yield* newestFirst(await rootsFor(folder));
}

/** A run given as a path, as an id, or not at all: the newest of {@link runsHereAndAbove}. */
export async function findRun(folder: string, name: string | undefined): Promise<string> {
  const roots = await rootsFor(folder);
  if (name === undefined) {
    for await (const run of newestFirst(roots)) return run;
    const above = roots.length > 1 ? `, nor above it up to ${roots.at(-1)}` : '';
    throw usageError(`no run found in ${runsFolder(folder)}${above}`, noRunHint);
  }
  for (const candidate of [name, ...roots.map((root) => join(runsFolder(root), name))]) {
    if (await isThere(join(candidate, 'run.json'))) return candidate;
  }
  throw usageError(`no run found at ${name}`, noRunHint);
}

/** The root below which a command started in `folder` keeps a run: the configuration's, else the nearest that has runs, else the folder. */
export async function rootOfRuns(folder: string): Promise<string> {
  const roots = await rootsFor(folder);
  const last = roots.at(-1) ?? folder;
  if (await isThere(join(last, configFileName))) return last;
  for (const root of roots) if (await isThere(runsFolder(root))) return root;
  return folder;
}

const noRunHint = 'make one with `bootgauge run`, or name the folder that holds its run.json';

async function rootsFor(folder: string): Promise<readonly string[]> {
  const above = [folder];
  for (let at = folder; dirname(at) !== at; at = dirname(at)) above.push(dirname(at));
  const has = async (name: string): Promise<number> => {
    for (const [index, at] of above.entries()) if (await isThere(join(at, name))) return index;
    return -1;
  };
  const repository = await has('.git');
  if (repository < 0) return [folder];
  const configuration = await has(configFileName);
  const last = configuration < 0 ? repository : Math.min(configuration, repository);
  return above.slice(0, last + 1);
}

async function* newestFirst(roots: readonly string[]): AsyncGenerator<string> {
  const found = await Promise.all(
    roots.map(async (root) => {
      const names = await readdir(runsFolder(root)).catch(() => []);
      return names.filter((name) => /^\d{8}T\d{6}-/.test(name)).map((name) => ({ name, root }));
    }),
  );
  for (const { name, root } of found.flat().sort((one, other) => (one.name < other.name ? 1 : -1))) {
    const folder = join(runsFolder(root), name);
    if (await isThere(join(folder, 'run.json'))) yield folder;
  }
}

const bootFileName = (number: number): string => String(number).padStart(4, '0');

async function bootNames(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'boots')).catch(() => []);
  return names
    .filter((name) => /^\d{4,}\.json$/.test(name))
    .map((name) => basename(name, '.json'))
    .sort((a, b) => Number(a) - Number(b));
}

async function readBoot(folder: string, name: string): Promise<Boot> {
  const path = join(folder, 'boots', `${name}.json`);
  const stored = await readChecked(path, storedBootSchema);
  const bytes = await readFile(join(folder, 'boots', `${name}.console`)).catch((cause) => {
    throw damaged(`${name}.console`, folder, (cause as Error).message, cause);
  });
  if (bytes.length !== stored.console.bytes) {
    throw damaged(`${name}.console`, folder, `it has ${bytes.length} bytes, ${stored.console.bytes} were recorded`);
  }
  const { droppedBytes } = stored.console;
  return { ...stored, console: { bytes, reads: unpackReads(stored, path), droppedBytes } };
}

function unpackReads(stored: StoredBoot, path: string): ConsoleRead[] {
  const { reads } = stored.console;
  const unpacked: ConsoleRead[] = [];
  for (let index = 0; index + 1 < reads.length; index += 2) {
    unpacked.push({ offset: reads[index] as number, atNs: reads[index + 1] as number });
  }
  const ordered = unpacked.every((read, index) => {
    const before = unpacked[index - 1];
    if (read.offset > stored.console.bytes) return false;
    return before === undefined || (before.offset <= read.offset && before.atNs <= read.atNs);
  });
  if (reads.length % 2 !== 0 || !ordered)
    throw damaged('console.reads', path, 'offsets and times must come in rising pairs, within its bytes');
  return unpacked;
}

async function readChecked<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw damaged(path, '', (cause as Error).message, cause);
  });
  return parseStored(text, schema, { name: path, repair });
}

const repair = 'restore the file if it was edited or cut short, or record the run again';

function damaged(what: string, where: string, why: string, cause?: unknown): Error {
  return usageError(`${where === '' ? what : `${what} in ${where}`} cannot be read: ${why}`, repair, cause);
}
