// After each block: which arms are no longer worth booting. The levels of the looks share one error, so that looking often costs nothing.
import type { EndedArm, StudyArm, StudyPlan } from '../model/study.ts';
import { logRatios, meanInterval, type Table, usualConfidence } from './effects.ts';

/** An arm is ended as slower when it is surely slower than the default by more than this. */
const hopeless = Math.log(1.03);
/** An arm is ended as settled when its ratio is known to within this share either way. */
const settled = Math.log(1.015);
/** For all looks at one arm together. */
const error = 0.05;
/** After so many in a row, warm-ups included, an arm is given up. */
const mostFailures = 2;

export interface BootEnd {
  /** 0: a warm-up. */
  readonly block: number;
  readonly came: boolean;
}

export interface Standing {
  readonly plan: StudyPlan;
  /** time-to-ssh in ms. */
  readonly table: Table;
  /** Arm -> how its boots ended so far, warm-ups first. */
  readonly outcomes: ReadonlyMap<string, readonly BootEnd[]>;
  readonly ended: readonly EndedArm[];
  /** How many whole blocks there are; 0 after the warm-ups. */
  readonly block: number;
}

/** Of the interval by which an arm is ended at one of its looks. */
const lookConfidence = ({ sampling }: StudyPlan): number => 1 - error / (sampling.maxBlocks - sampling.blocks + 1);

/** Of the intervals of a level's effect. What ended early is known no better than by the interval that ended it: it ended because it looked so. */
export function effectConfidence(
  plan: StudyPlan,
  ended: readonly EndedArm[],
  arms: readonly Pick<StudyArm, 'id'>[],
): number {
  const early = ended.some(
    ({ arm, why }) => (why === 'settled' || why === 'slower') && arms.some(({ id }) => id === arm),
  );
  return early ? lookConfidence(plan) : usualConfidence;
}

/**
 * Arms that end now. The others are compared with the default, which ends only when it never came up at all: a bad hour of
 * one that did is counted in the report and costs its blocks, not the study. Nor does it cost another arm, unless the default
 * came up meanwhile: what fails both is the machine.
 */
export function endings({ plan, table, outcomes, ended, block }: Standing): EndedArm[] {
  const living = plan.arms.filter(({ id }) => !ended.some(({ arm }) => arm === id));
  const [standard] = plan.arms;
  const usual = outcomes.get(standard?.id ?? '') ?? [];
  const dead = living.flatMap(({ id }): EndedArm[] => {
    const all = outcomes.get(id) ?? [];
    const itsOwn = all.filter((boot) => boot.came || cameUpIn(boot.block));
    const counted = id === standard?.id ? all : itsOwn.slice(-mostFailures);
    if (counted.length < mostFailures || counted.some(({ came }) => came)) return [];
    if (!all.some(({ came }) => came))
      return [{ arm: id, block, why: 'never came up', because: `none of its ${all.length} boots came up` }];
    const because = `it failed ${mostFailures} times in a row in which the default came up`;
    return [{ arm: id, block, why: 'stopped coming up', because }];
  });
  if (block < plan.sampling.blocks || standard === undefined) return dead;
  // In a full design every arm carries the main effects of all factors: none is ended for being slow.
  const decided = plan.design === 'full' ? [] : living.slice(1).flatMap((arm) => judged(arm.id));
  return [...dead, ...decided.filter(({ arm }) => !dead.some((other) => other.arm === arm))];

  /** Whether the default did, at its every boot. */
  function cameUpIn(which: number): boolean {
    const boots = usual.filter((boot) => boot.block === which);
    return boots.length > 0 && boots.every(({ came }) => came);
  }

  function judged(arm: string): EndedArm[] {
    const logs = logRatios(table, arm, standard?.id ?? '');
    const range = meanInterval([logs], lookConfidence(plan));
    if (range === null) return [];
    if (range.low > hopeless) return [{ arm, block, why: 'slower', because: 'it is surely slower than the default' }];
    const within = (range.high - range.low) / 2 <= settled;
    return within ? [{ arm, block, why: 'settled', because: 'its effect is known closely enough' }] : [];
  }
}
