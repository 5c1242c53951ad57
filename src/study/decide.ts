// After each block: which arms are no longer worth booting. The levels of the looks share one error, so that looking often costs nothing.
import type { EndedArm, StudyPlan } from '../model/study.ts';
import { logRatios, meanInterval, type Table } from './effects.ts';

/** An arm is ended as slower when it is surely slower than the default by more than this. */
const hopeless = Math.log(1.03);
/** An arm is ended as settled when its ratio is known to within this share either way. */
const settled = Math.log(1.015);
/** For all looks at one arm together. */
const error = 0.05;
/** So often in a row, warm-ups included, that it counts as never coming up. */
const mostFailures = 2;

export interface Standing {
  readonly plan: StudyPlan;
  /** time-to-ssh in ms. */
  readonly table: Table;
  /** Arm -> how its boots ended so far, warm-ups first. */
  readonly outcomes: ReadonlyMap<string, readonly boolean[]>;
  readonly ended: readonly EndedArm[];
  /** How many whole blocks there are; 0 after the warm-ups. */
  readonly block: number;
}

/**
 * Arms that end now. The others are compared with the default, which ends only when it never came up at all: a bad hour of
 * one that did is counted in the report and costs its blocks, not the study.
 */
export function endings({ plan, table, outcomes, ended, block }: Standing): EndedArm[] {
  const living = plan.arms.filter(({ id }) => !ended.some(({ arm }) => arm === id));
  const [standard] = plan.arms;
  const dead = living.flatMap(({ id }): EndedArm[] => {
    const all = outcomes.get(id) ?? [];
    const counted = id === standard?.id ? all : all.slice(-mostFailures);
    if (counted.length < mostFailures || counted.some((came) => came)) return [];
    return [{ arm: id, block, why: 'never came up', because: `its last ${mostFailures} boots did not come up` }];
  });
  if (block < plan.sampling.blocks || standard === undefined) return dead;
  const looks = plan.sampling.maxBlocks - plan.sampling.blocks + 1;
  // In a full design every arm carries the main effects of all factors: none is ended for being slow.
  const decided = plan.design === 'full' ? [] : living.slice(1).flatMap((arm) => judged(arm.id));
  return [...dead, ...decided.filter(({ arm }) => !dead.some((other) => other.arm === arm))];

  function judged(arm: string): EndedArm[] {
    const logs = logRatios(table, arm, standard?.id ?? '');
    const range = meanInterval(logs, 1 - error / looks);
    if (range === null) return [];
    if (range.low > hopeless) return [{ arm, block, why: 'slower', because: 'it is surely slower than the default' }];
    const within = (range.high - range.low) / 2 <= settled;
    return within ? [{ arm, block, why: 'settled', because: 'its effect is known closely enough' }] : [];
  }
}
