// Running the same two digests again adds boots to the ones there are; it does not start a new judgement.
import { measurementError } from '../model/errors.ts';
import type { EarlierRun } from '../model/run.ts';
import type { Series } from '../model/series.ts';
import { lowerMedian } from '../stats/quantiles.ts';

export interface PooledRuns {
  readonly head: Series[];
  readonly base: Series[];
  /** First rounds of all runs but the oldest. */
  readonly sessionStarts: readonly number[];
}

/**
 * One list of series per side, rounds and boots numbered on, oldest run first. The looks of the sequential rule go on where they
 * stopped. Throws for a run given twice and for runs of other digests.
 */
export function poolRuns(runs: readonly EarlierRun[]): PooledRuns {
  const seen = new Set<string>();
  const [first] = runs;
  for (const { run, digests } of runs) {
    if (seen.has(run)) throw measurementError(`run ${run} was given twice`, 'every boot counts once');
    seen.add(run);
    if (digests.head !== first?.digests.head || digests.base !== first.digests.base) {
      throw measurementError(
        `run ${run} booted emulators of other digests than run ${first?.run}`,
        'only runs of the same two sides can be judged together',
      );
    }
  }
  const offsets = offsetsOf(runs);
  return {
    head: appended(
      runs.map(({ head }) => head),
      offsets,
    ),
    base: appended(
      runs.map(({ base }) => base),
      offsets,
    ),
    sessionStarts: offsets.slice(1).map(({ round }) => round + 1),
  };
}

interface Offset {
  readonly boot: number;
  readonly round: number;
}

/** Rounds that a run brings: the highest number that any of its samples has. */
export const roundsOf = ({ head, base }: EarlierRun): number =>
  Math.max(0, ...[...head, ...base].flatMap(({ samples }) => samples.map(({ round }) => round)));

/** How far each run's numbers move up; the same for both sides, so that partners stay partners. */
function offsetsOf(runs: readonly EarlierRun[]): Offset[] {
  let [boot, round] = [0, 0];
  return runs.map((run) => {
    const offset = { boot, round };
    const samples = [...run.head, ...run.base].flatMap((entry) => entry.samples);
    boot += Math.max(0, ...samples.map((sample) => sample.boot));
    round += roundsOf(run);
    return offset;
  });
}

function appended(runs: readonly (readonly Series[])[], offsets: readonly Offset[]): Series[] {
  const metrics = new Set(runs.flatMap((series) => series.map(({ metric }) => metric)));
  return [...metrics].flatMap((metric) => {
    const parts = runs.flatMap((series, index) => {
      const entry = series.find((candidate) => candidate.metric === metric);
      return entry === undefined ? [] : [{ entry, offset: offsets[index] as Offset }];
    });
    const [first] = parts;
    if (first === undefined) return [];
    if (parts.some(({ entry }) => entry.unit !== first.entry.unit)) {
      throw measurementError(`${metric} has different units in the runs to pool`);
    }
    return [
      {
        ...first.entry,
        // One run that was stamped late widens no floor.
        resolution: lowerMedian(parts.map(({ entry }) => entry.resolution)),
        samples: parts.flatMap(({ entry, offset }) =>
          entry.samples.map((sample) => ({
            ...sample,
            boot: sample.boot + offset.boot,
            round: sample.round + offset.round,
          })),
        ),
      },
    ];
  });
}
