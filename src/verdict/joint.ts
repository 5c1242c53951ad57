// What a reader must know of boots that were taken at the same time.
import type { Warning } from '../model/comparison.ts';
import type { RecordedScenario } from '../model/run.ts';
import { formatCount } from '../model/units.ts';

/** How the boots were taken, where the machine had a choice. */
export function parallelNotes({ parallel, boots }: RecordedScenario): Warning[] {
  if (parallel === undefined) return [];
  const isJoint = parallel.judged === 'joint';
  const others = boots.filter(({ warmup, joint }) => !warmup && (joint === true) !== isJoint);
  const count = new Set(others.map(({ round }) => round)).size;
  const set = count === 0 ? '' : `; ${formatCount(count, 'pair')} of the other kind set aside`;
  const how = isJoint ? 'both sides of a pair booted at the same time' : 'one boot at a time';
  return [{ code: isJoint ? 'joint-boots' : 'single-boots', text: `${how}: ${parallel.because}${set}` }];
}
