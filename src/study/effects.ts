// Blocks of boots -> what each level does. Within a block the machine is the same machine: levels are compared block by block.
import type { Interval } from '../model/comparison.ts';
import type { Effect, Interaction, StudyArm, StudyFactor } from '../model/study.ts';
import { metricUnit } from '../probe/probes.ts';
import { studentUpperQuantile } from '../stats/normal.ts';

/** Value of one metric by arm and block; absent or null: not booted, or the boot failed. */
export type Table = ReadonlyMap<string, ReadonlyMap<number, number | null>>;

/** Means are of logarithms, intervals Student's: boots vary by a factor, and a study has few blocks. */
export function levelEffect(
  metric: string,
  table: Table,
  arms: readonly StudyArm[],
  factor: StudyFactor,
  level: string,
  confidence = usualConfidence,
): Effect {
  const pairs = counterparts(arms, factor, level).map(([arm, other]) =>
    blocksOf(table).flatMap((block) => {
      const [value, base] = [at(table, arm.id, block), at(table, other.id, block)];
      return value === null || base === null ? [] : [{ block, value, base }];
    }),
  );
  const differences = pairs.map((both) => both.map(({ value, base }) => value - base));
  const logs = pairs.map((both) =>
    both.filter(({ value, base }) => value > 0 && base > 0).map(({ value, base }) => Math.log(value / base)),
  );
  const range = meanInterval(logs, confidence);
  const [centre, difference] = [meanOfMeans(logs), meanOfMeans(differences)];
  return {
    metric,
    unit: metricUnit(metric),
    blocks: new Set(pairs.flat().map(({ block }) => block)).size,
    ratio: centre === null ? null : Math.exp(centre),
    interval: range && { low: Math.exp(range.low), high: Math.exp(range.high) },
    difference,
    differenceInterval: meanInterval(differences, confidence),
  };
}

/** Of every interval that stands for itself. */
export const usualConfidence = 0.95;

/** Of the blocks in which both were booted: whether a level failed in more of them than the default in its place. */
export function failsMore(table: Table, arms: readonly StudyArm[], factor: StudyFactor, level: string): boolean {
  const surplus = counterparts(arms, factor, level).flatMap(([arm, other]) =>
    [...(table.get(arm.id) ?? [])].map(([block, value]) => {
      const base = table.get(other.id)?.get(block);
      return base === undefined ? 0 : Number(value === null) - Number(base === null);
    }),
  );
  return surplus.reduce((sum, one) => sum + one, 0) > 0;
}

/** Pairs of factors whose joint effect is surely not the product of their own, over all pairs at once (Bonferroni). */
export function interactions(table: Table, arms: readonly StudyArm[], factors: readonly StudyFactor[]): Interaction[] {
  const asked = factors.flatMap((one, index) =>
    factors
      .slice(index + 1)
      .flatMap((other) =>
        one.levels.slice(1).flatMap((level) => other.levels.slice(1).map((second) => ({ one, other, level, second }))),
      ),
  );
  return asked.flatMap(({ one, other, level, second }): Interaction[] => {
    const logs = arms
      .filter((arm) => arm.levels[one.name] === level && arm.levels[other.name] === second)
      .map((arm) => blocksOf(table).flatMap((block) => contrast(table, arms, arm, { one, other, block })));
    const range = meanInterval(logs, 1 - 0.05 / asked.length);
    const centre = meanOfMeans(logs);
    if (range === null || centre === null || (range.low <= 0 && range.high >= 0)) return [];
    return [
      {
        factors: [one.name, other.name],
        levels: [level, second],
        ratio: Math.exp(centre),
        interval: { low: Math.exp(range.low), high: Math.exp(range.high) },
      },
    ];
  });
}

/** Logarithms of one arm's values against another's, of each block in which both came up. */
export function logRatios(table: Table, arm: string, other: string): number[] {
  return blocksOf(table).flatMap((block) => {
    const [value, base] = [at(table, arm, block), at(table, other, block)];
    return value === null || base === null || value <= 0 || base <= 0 ? [] : [Math.log(value / base)];
  });
}

/**
 * Student's interval of the mean of the means of several groups, of one spread within them; null where no group has two values.
 * A group each for what differs by itself, as a level does beside different levels of other factors: a boot that fails in one then
 * makes the mean less certain and does not move it.
 */
export function meanInterval(groups: readonly (readonly number[])[], confidence: number): Interval | null {
  const filled = groups.filter(({ length }) => length > 0);
  const freedom = filled.reduce((sum, { length }) => sum + length - 1, 0);
  const centre = meanOfMeans(filled);
  if (centre === null || freedom === 0) return null;
  const squares = filled.flatMap((values) => values.map((value) => (value - mean(values)) ** 2));
  const variance = squares.reduce((sum, value) => sum + value, 0) / freedom;
  const share = filled.reduce((sum, { length }) => sum + 1 / length, 0) / filled.length ** 2;
  const half = studentUpperQuantile((1 - confidence) / 2, freedom) * Math.sqrt(variance * share);
  return { low: centre - half, high: centre + half };
}

/** null without a value. */
function meanOfMeans(groups: readonly (readonly number[])[]): number | null {
  const means = groups.filter(({ length }) => length > 0).map(mean);
  return means.length === 0 ? null : mean(means);
}

function contrast(
  table: Table,
  arms: readonly StudyArm[],
  both: StudyArm,
  { one, other, block }: { one: StudyFactor; other: StudyFactor; block: number },
): number[] {
  const first = moved(arms, both, other, other.levels[0] ?? '');
  const second = moved(arms, both, one, one.levels[0] ?? '');
  const neither = first && moved(arms, first, one, one.levels[0] ?? '');
  const values = [both, neither, first, second].map((arm) => (arm ? at(table, arm.id, block) : null));
  if (values.some((value) => value === null || value <= 0)) return [];
  const [a, b, c, d] = values as number[] as [number, number, number, number];
  return [Math.log(a) + Math.log(b) - Math.log(c) - Math.log(d)];
}

/** Arms with the level, each with the arm that differs from it in having the default level. */
function counterparts(arms: readonly StudyArm[], factor: StudyFactor, level: string): [StudyArm, StudyArm][] {
  return arms
    .filter((arm) => arm.levels[factor.name] === level)
    .flatMap((arm): [StudyArm, StudyArm][] => {
      const other = moved(arms, arm, factor, factor.levels[0] ?? '');
      return other === undefined ? [] : [[arm, other]];
    });
}

function moved(arms: readonly StudyArm[], arm: StudyArm, factor: StudyFactor, level: string): StudyArm | undefined {
  const wanted = { ...arm.levels, [factor.name]: level };
  return arms.find(({ levels }) => Object.entries(wanted).every(([name, value]) => levels[name] === value));
}

const blocksOf = (table: Table): number[] =>
  [...new Set([...table.values()].flatMap((blocks) => [...blocks.keys()]))].sort((a, b) => a - b);

const at = (table: Table, arm: string, block: number): number | null => table.get(arm)?.get(block) ?? null;

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
