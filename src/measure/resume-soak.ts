// An unfinished soak to go on with, as long as it would be the same one.
import { BootgaugeError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { RecordedScenario } from '../model/run.ts';
import type { Resumed } from '../recording/record.ts';
import { identityOf } from '../recording/resume-study.ts';
import { readRun, readRunFacts, runsNewestFirst } from '../store/run-folder.ts';

/** What must be equal for two soaks to be one. */
export type Soaked = Pick<RecordedScenario, 'scenario' | 'conditions'>;

/** The newest soak of the scenario below `root`, if it was not finished and nothing but its length differs. Says what is made of it. */
export async function unfinishedSoak(root: string, now: Soaked, progress: ProgressSink): Promise<Resumed | null> {
  const note = (text: string): void => progress({ kind: 'note', text });
  for await (const folder of runsNewestFirst(root)) {
    try {
      const { id, finished, scenarios } = await readRunFacts(folder);
      const [before] = scenarios;
      if (before?.scenario.soak === undefined || before.scenario.id !== now.scenario.id) continue;
      if (finished) return null;
      const changed = differenceOf(before, now);
      if (changed !== null) {
        note(`a new soak is begun: ${changed} changed since ${id}, which is kept`);
        return null;
      }
      const run = await readRun(folder);
      note(`continuing soak ${id}, which has ${run.scenarios[0]?.boots.length ?? 0} boots`);
      return { folder, run };
    } catch (error) {
      if (!(error instanceof BootgaugeError)) throw error;
      note(`skipped an earlier soak: ${error.message}`);
    }
  }
  return null;
}

function differenceOf(before: Soaked, now: Soaked): string | null {
  if (configurationOf(before) !== configurationOf(now)) return 'the configuration';
  const conditions = ({ conditions: { head, base } }: Soaked): string =>
    JSON.stringify([identityOf(head), base === null ? null : identityOf(base)]);
  return conditions(before) === conditions(now) ? null : 'machine, emulator or guest';
}

/** All but the length. */
const configurationOf = ({ scenario: { sampling: _, ...rest } }: Soaked): string => JSON.stringify(sorted(rest));

/** Keys come back from a file in the order of its schema. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
