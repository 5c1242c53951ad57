// study.json, which a study has beside its run.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type StoredStudy, storedStudySchema } from '../model/study.ts';
import { writeFileAtomically } from './atomic.ts';
import { parseStored } from './stored-json.ts';

const fileName = 'study.json';

export async function writeStudy(folder: string, study: StoredStudy): Promise<void> {
  await writeFileAtomically(join(folder, fileName), `${JSON.stringify({ schema: 1, ...study }, null, 1)}\n`);
}

/** null: the run in this folder is no study. A damaged file is a usage error. */
export async function readStudy(folder: string): Promise<StoredStudy | null> {
  const path = join(folder, fileName);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  return parseStored(text, storedStudySchema, { name: path, repair: 'run the study again with --restart' });
}
