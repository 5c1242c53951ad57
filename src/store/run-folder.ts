// A run on disk: run.json, boots/NNNN.json with boots/NNNN.console beside it, and the reports. Boots are written as they end.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Boot, ConsoleRead } from '../model/boot.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { RecordedRun } from '../model/run.ts';
import { writeFileAtomically } from './atomic.ts';
import { makeFolder } from './make-folder.ts';
import { bootSchema, runSchema, type StoredBoot, toStoredBoot, toStoredRun } from './run-schema.ts';

/** `20261122T224501-1f3a`: sorts by time, safe as a file name, unique among runs of one second. */
export function newRunId(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '');
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

export const runsFolder = (root: string): string => join(root, '.bootgauge', 'runs');

/** Makes the folder of a new run. Everything under `.bootgauge` is ignored by git through a file of its own. */
export async function createRunFolder(root: string, id: string): Promise<string> {
  const folder = join(runsFolder(root), id);
  try {
    await makeFolder(join(folder, 'boots'));
    await writeFileAtomically(join(root, '.bootgauge', '.gitignore'), '*\n');
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
  const stored = await readChecked(join(folder, 'run.json'), runSchema);
  const boots = await Promise.all((await bootNames(folder)).map((name) => readBoot(folder, name)));
  const scenarios = stored.scenarios.map((entry) => ({
    ...entry,
    boots: boots.filter((boot) => boot.scenario === entry.scenario.id),
  }));
  return { ...stored, scenarios } as unknown as RecordedRun;
}

/** What run.json says, without reading a boot. Errors as {@link readRun}. */
export async function readRunFacts(folder: string): Promise<RecordedRun> {
  const stored = await readChecked(join(folder, 'run.json'), runSchema);
  const scenarios = stored.scenarios.map((entry) => ({ ...entry, boots: [] }));
  return { ...stored, scenarios } as unknown as RecordedRun;
}

/** The newest run under `root`, or null. */
export async function latestRun(root: string): Promise<string | null> {
  for await (const folder of runsNewestFirst(root)) return folder;
  return null;
}

/** Folders of the runs under `root`. One that was killed before it could write anything does not count. */
export async function* runsNewestFirst(root: string): AsyncGenerator<string> {
  const names = await readdir(runsFolder(root)).catch(() => []);
  const newestFirst = names
    .filter((name) => /^\d{8}T\d{6}-/.test(name))
    .sort()
    .reverse();
  for (const name of newestFirst) {
    const folder = join(runsFolder(root), name);
    if ((await stat(join(folder, 'run.json')).catch(() => null)) !== null) yield folder;
  }
}

/** A run given as a path, as an id, or not at all (the newest one). */
export async function findRun(root: string, name: string | undefined): Promise<string> {
  const candidates = name === undefined ? [await latestRun(root)] : [name, join(runsFolder(root), name)];
  for (const candidate of candidates) {
    if (candidate !== null && (await stat(join(candidate, 'run.json')).catch(() => null)) !== null) return candidate;
  }
  throw usageError(
    name === undefined ? `no run found in ${runsFolder(root)}` : `no run found at ${name}`,
    'make one with `bootgauge run`, or name the folder that holds its run.json',
  );
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
  const stored = await readChecked(path, bootSchema);
  const bytes = await readFile(join(folder, 'boots', `${name}.console`)).catch((cause) => {
    throw damaged(`${name}.console`, folder, (cause as Error).message, cause);
  });
  if (bytes.length !== stored.console.bytes) {
    throw damaged(`${name}.console`, folder, `it has ${bytes.length} bytes, ${stored.console.bytes} were recorded`);
  }
  const { droppedBytes } = stored.console;
  return { ...stored, console: { bytes, reads: unpackReads(stored, path), droppedBytes } } as Boot;
}

function unpackReads(stored: StoredBoot, path: string): ConsoleRead[] {
  const { reads } = stored.console;
  const unpacked: ConsoleRead[] = [];
  for (let index = 0; index + 1 < reads.length; index += 2) {
    unpacked.push({ offset: reads[index] as number, atNs: reads[index + 1] as number });
  }
  const ordered = unpacked.every((read, index) => {
    const before = unpacked[index - 1];
    return before === undefined || (before.offset <= read.offset && before.atNs <= read.atNs);
  });
  if (reads.length % 2 !== 0 || !ordered)
    throw damaged('console.reads', path, 'offsets and times must come in rising pairs');
  return unpacked;
}

async function readChecked<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw damaged(path, '', (cause as Error).message, cause);
  }
  const version = (value as { schema?: unknown } | null)?.schema;
  if (typeof version === 'number' && version > 1) {
    throw usageError(`${path} was written by a newer Bootgauge (schema ${version})`, 'update Bootgauge to read it');
  }
  if (typeof version === 'number' && version < 1) {
    throw usageError(`${path} was written by an older Bootgauge (schema ${version})`, 'record the run again');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw damaged(path, '', z.prettifyError(parsed.error));
  return parsed.data;
}

function damaged(what: string, where: string, why: string, cause?: unknown): Error {
  return usageError(
    `${where === '' ? what : `${what} in ${where}`} cannot be read: ${why}`,
    'the file is damaged or was edited; restore it or record the run again',
    cause,
  );
}
