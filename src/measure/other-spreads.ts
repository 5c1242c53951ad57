// How boots of the machine's other scenarios spread, from their baselines: something to begin with for a scenario that has none.
import { basename, dirname, join } from 'node:path';
import { type Conditions, comparableWith } from '../model/conditions.ts';
import { BootgaugeError } from '../model/errors.ts';
import { mainMetricOf } from '../model/readiness.ts';
import type { OtherSpread } from '../model/run.ts';
import type { Scenario } from '../model/scenario.ts';
import { baselineFiles, readBaseline } from '../store/baseline-file.ts';
import { knownSpread } from '../verdict/known-spread.ts';

/**
 * Of the scenarios whose baselines lie beside `path`, which is this scenario's, with sessions of the system and the runner of today. What
 * cannot be read tells nothing: its own runs say what is wrong with it.
 */
export async function otherSpreads(
  { root, path }: { readonly root: string; readonly path: string },
  scenario: Scenario,
  { host }: Conditions,
): Promise<OtherSpread[]> {
  const found: OtherSpread[] = [];
  for (const file of baselineFiles(root)) {
    if (file === path || dirname(file) !== dirname(path)) continue;
    try {
      const sessions = await readBaseline(join(root, file));
      const newest = sessions.at(-1);
      if (newest === undefined) continue;
      const alike = comparableWith(sessions, newest.key).filter(
        ({ facts }) => facts.osVersion === host.osVersion && facts.runner === host.runner,
      );
      const spread = knownSpread(mainMetricOf(scenario), alike);
      if (spread !== null) found.push({ scenario: basename(file, '.jsonl'), ...spread });
    } catch (error) {
      if (!(error instanceof BootgaugeError)) throw error;
    }
  }
  return found;
}
