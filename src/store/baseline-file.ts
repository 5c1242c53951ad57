// baselines/<machine>/<scenario>.jsonl: one line a session, oldest first, so that files stay small and diff well.
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BaselineSession, baselineSessionSchema } from '../model/baseline.ts';
import { usageError } from '../model/errors.ts';
import { writeFileAtomically } from './atomic.ts';
import { makeFolder } from './make-folder.ts';
import { parseStored } from './stored-json.ts';

/** Sessions that a file keeps unless more or fewer are asked for; older ones are dropped when a new one is accepted. */
export const keptSessions = 20;

/** Path of the baseline of a scenario on a machine, relative to the folder that holds `baselines`. */
export const baselinePath = (machine: string, scenario: string): string =>
  join('baselines', machine, `${scenario}.jsonl`);

/** Paths of all baselines of a folder, relative to it, sorted. */
export const baselineFiles = (folder: string): string[] => globSync(baselinePath('*', '*'), { cwd: folder }).sort();

/** Reads all sessions of a file; a missing file has none. Errors (exit 2) name the line. */
export async function readBaseline(path: string): Promise<BaselineSession[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw usageError(`cannot read the baseline ${path}: ${(cause as Error).message}`, '', cause);
  }
  const lines = text.split('\n').map((line, index) => ({ line, number: index + 1 }));
  return lines.filter(({ line }) => line.trim() !== '').map(({ line, number }) => parseSession(line, path, number));
}

/** Adds a session (or replaces the one of the same run) and keeps the newest `kept`. */
export async function addSession(
  path: string,
  session: BaselineSession,
  kept = keptSessions,
): Promise<BaselineSession[]> {
  const others = (await readBaseline(path)).filter((known) => known.run !== session.run);
  const older = others.map(({ parts: _parts, ...rest }) => rest);
  const sessions = keepOffersOnce([...older, session].slice(-kept));
  const text = sessions.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  try {
    await makeFolder(dirname(path));
    await writeFileAtomically(path, text);
  } catch (cause) {
    const hint = `check that ${dirname(path)} can be written to`;
    throw usageError(`cannot write the baseline ${path}: ${(cause as Error).message}`, hint, cause);
  }
  return sessions;
}

/** What a driver offers fills pages and rarely changes: of equal ones in a row the newest session keeps it. */
function keepOffersOnce(sessions: readonly BaselineSession[]): BaselineSession[] {
  return sessions.map((session, index) => {
    const newer = sessions.slice(index + 1).find(({ vulkan }) => vulkan?.offers != null)?.vulkan?.offers;
    if (session.vulkan === undefined || JSON.stringify(session.vulkan.offers) !== JSON.stringify(newer)) return session;
    return { ...session, vulkan: { ...session.vulkan, offers: null } };
  });
}

function parseSession(line: string, path: string, number: number): BaselineSession {
  const repair = 'restore the line from version control, or delete it: each line is one session of its own';
  return parseStored(line, baselineSessionSchema, { name: `${path}, line ${number},`, repair });
}
