// Blocks of boots -> what each level does. Within a block the machine is the same machine: levels are compared block by block.
import type { Interval } from '../model/comparison.ts';
import { metricUnit } from '../model/metric.ts';
import type { Effect, Interaction, StudyArm, StudyFactor } from '../model/study.ts';
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
): Effect {
  const pairs = counterparts(arms, factor, level);
  const logs: number[] = [];
  const differences: number[] = [];
  for (const block of blocksOf(table)) {
    const both = pairs.flatMap(([arm, other]) => {
      const [value, base] = [at(table, arm.id, block), at(table, other.id, block)];
      return value === null || base === null ? [] : [{ value, base }];
    });
    if (both.length === 0) continue;
    differences.push(mean(both.map(({ value, base }) => value - base)));
    const positive = both.filter(({ value, base }) => value > 0 && base > 0);
    if (positive.length > 0) logs.push(mean(positive.map(({ value, base }) => Math.log(value / base))));
  }
  const range = meanInterval(logs, 0.95);
  return {
    metric,
    unit: metricUnit(metric),
    blocks: differences.length,
    ratio: logs.length === 0 ? null : Math.exp(mean(logs)),
    interval: range && { low: Math.exp(range.low), high: Math.exp(range.high) },
    difference: differences.length === 0 ? null : mean(differences),
    differenceInterval: meanInterval(differences, 0.95),
  };
}

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
    const logs = blocksOf(table).flatMap((block) => {
      const contrasts = arms
        .filter((arm) => arm.levels[one.name] === level && arm.levels[other.name] === second)
        .flatMap((arm) => contrast(table, arms, arm, { one, other, block }));
      return contrasts.length === 0 ? [] : [mean(contrasts)];
    });
    const range = meanInterval(logs, 1 - 0.05 / asked.length);
    if (range === null || (range.low <= 0 && range.high >= 0)) return [];
    return [
      {
        factors: [one.name, other.name],
        levels: [level, second],
        ratio: Math.exp(mean(logs)),
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

/** Student's interval of a mean; null with fewer than two values. */
export function meanInterval(values: readonly number[], confidence: number): Interval | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  const half = studentUpperQuantile((1 - confidence) / 2, values.length - 1) * Math.sqrt(variance / values.length);
  return { low: centre - half, high: centre + half };
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
