// Earlier runs of the same two sides, found among the recorded ones: running again until it is green adds boots and no new chance.

import { cp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { seriesOf } from '../analyze.ts';
import { type Conditions, comparableKey } from '../model/conditions.ts';
import { BootgaugeError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import { countsJoint, type EarlierRun, type RecordedScenario } from '../model/run.ts';
import type { Scenario } from '../model/scenario.ts';
import { createRunFolder, readRun, readRunFacts, runsNewestFirst } from '../store/run-folder.ts';

export interface Sides {
  readonly scenario: Scenario;
  readonly conditions: { readonly head: Conditions; readonly base: Conditions };
}

/** More would hardly change a verdict any more, and each costs time to read. */
const mostPooled = 10;
const mostLookedAt = 100;

/** Oldest first. A run that cannot be read is told of and left out; one that is a merger of others would count boots twice. */
export async function earlierRuns(root: string, sides: Sides, progress: ProgressSink): Promise<EarlierRun[]> {
  const { profile, soak, count } = sides.scenario;
  if (profile !== 'timing' || soak !== undefined || count) return [];
  const wanted = identityOf(sides);
  const matches = (recorded: RecordedScenario): boolean =>
    recorded.conditions.base !== null &&
    recorded.scenario.soak === undefined &&
    !recorded.warnings.some(({ code }) => code === 'merged') &&
    identityOf({ ...recorded, conditions: { ...recorded.conditions, base: recorded.conditions.base } }) === wanted;
  const found: EarlierRun[] = [];
  let lookedAt = 0;
  for await (const folder of runsNewestFirst(root)) {
    lookedAt += 1;
    if (found.length === mostPooled || lookedAt > mostLookedAt) break;
    try {
      if (!(await readRunFacts(folder)).scenarios.some(matches)) continue;
      const run = await readRun(folder);
      const recorded = run.scenarios.find(matches);
      if (recorded === undefined) continue;
      const { head, base } = seriesOf(recorded);
      const joint = countsJoint(recorded) ? { joint: true as const } : {};
      if (head.length > 0 && base.length > 0)
        found.push({ run: run.id, digests: digestsOf(sides), ...joint, head, base });
    } catch (error) {
      if (!(error instanceof BootgaugeError)) throw error;
      progress({ kind: 'note', text: `an earlier run is left out: ${error.message}` });
    }
  }
  return found.reverse();
}

/**
 * Copies a run of two sides below `root`, where {@link earlierRuns} finds it when the job that made it is gone, and drops what is
 * too old to be looked at. A copy that fails costs nothing but itself.
 */
export async function keepRun(folder: string, root: string, progress: ProgressSink): Promise<void> {
  try {
    if ((await readRunFacts(folder)).scenarios.every(({ conditions }) => conditions.base === null)) return;
    const copy = await createRunFolder(root, basename(folder));
    await cp(join(folder, 'boots'), join(copy, 'boots'), { recursive: true });
    // Last: a folder without it is no run.
    await cp(join(folder, 'run.json'), join(copy, 'run.json'));
    let kept = 0;
    for await (const run of runsNewestFirst(root)) {
      kept += 1;
      if (kept > mostLookedAt) await rm(run, { recursive: true, force: true });
    }
  } catch (error) {
    progress({ kind: 'note', text: `the run is not kept for later ones: ${(error as Error).message}` });
  }
}

const digestsOf = ({ conditions: { head, base } }: Sides): EarlierRun['digests'] => ({
  head: head.emulator.digest,
  base: base.emulator.digest,
});

/** Everything that must be equal for two runs to be the same experiment. Limits may differ: they do not touch a boot. */
function identityOf({ scenario, conditions }: Sides): string {
  const { head, base, markers, deadlines } = scenario;
  const digests = [conditions.head, conditions.base].map(({ emulator, guest }) => [
    emulator.digest,
    guest.digest,
    Object.entries(emulator.runtime ?? {}).toSorted(),
  ]);
  const keys = [comparableKey(conditions.head, scenario), conditions.base.accelerator];
  return JSON.stringify([keys, digests, head.machine, base?.machine, markers, deadlines.totalMs]);
}
