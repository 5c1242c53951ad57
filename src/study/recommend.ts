// What to use: levels that are surely faster, over all that were tried at once (Bonferroni), by enough to be worth a change.
import type { ArmSummary, EndedArm, LevelEffect, Recommendation, StudyArm, StudyPlan } from '../model/study.ts';
import { effectConfidence } from './decide.ts';
import { levelEffect, logRatios, mean, meanInterval, type Table } from './effects.ts';

/** A smaller gain than this share of time-to-ssh is not worth a change. */
const leastGain = 0.01;

export interface Judged {
  readonly plan: StudyPlan;
  readonly ended: readonly EndedArm[];
  /** time-to-ssh by arm and block. */
  readonly table: Table;
  readonly ranking: readonly LevelEffect[];
  /** The default first. */
  readonly arms: readonly ArmSummary[];
  /** Effects of levels do not simply multiply. */
  readonly interacting: boolean;
}

/** null when nothing that comes up as often as the default is surely faster by that much. */
export function recommend(judged: Judged): Recommendation | null {
  return judged.interacting ? fastestArm(judged) : fastestLevels(judged);
}

/** Where factors interact: the fastest of the arms that are surely faster than the default. */
function fastestArm({ table, arms, ranking }: Judged): Recommendation | null {
  const [standard, ...others] = arms;
  const isLessReliable = ({ levels }: ArmSummary): boolean =>
    ranking.some(({ factor, level, lessReliable }) => lessReliable && levels[factor] === level);
  const candidates = others.flatMap((arm) => {
    const logs = logRatios(table, arm.id, standard?.id ?? '');
    const range = meanInterval([logs], 1 - 0.05 / others.length);
    const ratio = Math.exp(mean(logs));
    const isFaster = range !== null && range.high < 0 && ratio <= 1 - leastGain;
    return isFaster && isChoice(arm, standard) && !isLessReliable(arm) ? [{ arm, ratio }] : [];
  });
  const [fastest] = candidates.toSorted((a, b) => a.ratio - b.ratio);
  return fastest === undefined ? null : { levels: fastest.arm.levels, ratio: fastest.ratio, tried: 'booted' };
}

/** Where they do not: the surely faster level of each factor, together. A full design has that arm, and knows whether it comes up. */
function fastestLevels(judged: Judged): Recommendation | null {
  const { plan, ranking, arms } = judged;
  const choices = ranking.filter((effect) => !effect.lessReliable && isSurelyFaster(effect, judged));
  const best = plan.factors.map(({ name }) => choices.find(({ factor }) => factor === name) ?? null);
  if (best.every((effect) => effect === null)) return null;
  const levels = Object.fromEntries(
    plan.factors.map(({ name, levels: all }, index) => [name, best[index]?.level ?? all[0] ?? '']),
  );
  const together = plan.arms.find((arm) => plan.factors.every(({ name }) => arm.levels[name] === levels[name]));
  const summary = arms.find(({ id }) => id === together?.id);
  if (plan.design === 'full' && (summary === undefined || !isChoice(summary, arms[0]))) return fastestArm(judged);
  const ratio = best.reduce((product, effect) => product * (effect?.main.ratio ?? 1), 1);
  return { levels, ratio, tried: (summary?.boots ?? 0) > 0 ? 'booted' : 'not booted together' };
}

function isSurelyFaster({ main, factor: name, level }: LevelEffect, { plan, ended, table, ranking }: Judged): boolean {
  const factor = plan.factors.find((one) => one.name === name);
  if (factor === undefined || main.ratio === null || main.ratio > 1 - leastGain) return false;
  const own: readonly StudyArm[] = plan.arms.filter((arm) => arm.levels[name] === level);
  const tried = ranking.filter((effect) => effect.main.ratio !== null).length;
  const confidence = 1 - (1 - effectConfidence(plan, ended, own)) / tried;
  const { interval } = levelEffect(main.metric, table, plan.arms, factor, level, confidence);
  return interval !== null && interval.high < 1;
}

/** Was booted, and failed no larger a share of its boots than the default. */
const isChoice = (arm: ArmSummary, standard: ArmSummary | undefined): boolean =>
  arm.boots > 0 && arm.failed / arm.boots <= (standard === undefined ? 0 : standard.failed / standard.boots);
