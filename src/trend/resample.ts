// Draws new rounds from recorded ones: whole rounds, so that metrics keep moving together and partners keep their mood.

import type { Better, MetricRule, Side } from '../model/scenario.ts';
import type { Series } from '../model/series.ts';
import { median, scaledMad } from '../stats/quantiles.ts';
import type { Random } from '../stats/random.ts';
import { ruleOf } from '../verdict/comparisons.ts';
import type { JudgeInput } from '../verdict/judge-input.ts';
import { logarithm, worseBy } from '../verdict/summarize.ts';

/** Residual logarithms of one boot by metric; null: the boot failed there. */
type BootResiduals = readonly (number | null)[];

/** Two boots that were taken one after the other. */
export type Round = readonly [BootResiduals, BootResiduals];

export interface RoundPool {
  readonly metrics: readonly { readonly name: string; readonly rule: MetricRule; readonly noise: number | null }[];
  readonly rounds: readonly Round[];
  readonly failures: number;
  /** The first boot of each round is base's, the second head's. */
  readonly seriesOf: (side: Side, rounds: readonly Round[], effect: number) => Series[];
}

/**
 * Rounds of both sides, or of head alone with its boots taken two by two. Each side is centred at its own median, so that nothing
 * differs whatever the run was.
 */
export function poolOf(input: JudgeInput): RoundPool {
  const gating = input.head.flatMap((series) => {
    const rule = ruleOf(series.metric, input.scenario.metrics);
    return rule?.gate === true ? [{ series, rule }] : [];
  });
  const head = residualsByRound(gating.map(({ series }) => series));
  const bases = gating.flatMap(({ series }) => input.base?.filter(({ metric }) => metric === series.metric) ?? []);
  const base = bases.length === gating.length && gating.length > 0 ? residualsByRound(bases) : null;
  const rounds = base === null ? twoByTwo([...head.values()]) : partnered(base, head);
  const metrics = gating.map(({ series, rule }) => {
    const valid = series.samples.flatMap(({ value }) => (value === null ? [] : [logarithm(value)]));
    return { name: series.metric, rule, noise: valid.length < 3 ? null : scaledMad(valid) };
  });
  const places = gating.map(({ series }) => Math.exp(medianLog(series)));
  return {
    metrics,
    rounds,
    failures: rounds.flat().filter((boot) => boot.includes(null)).length,
    seriesOf: (side, drawn, effect) =>
      gating.map(({ series }, metric) => ({
        ...series,
        side,
        samples: drawn.map((round, index) => {
          const residual = (side === 'base' ? round[0] : round[1])[metric] ?? null;
          const value =
            residual === null
              ? null
              : (places[metric] as number) * Math.exp(residual) * worsened(effect, series.better);
          return { boot: 2 * index + (side === 'base' ? 1 : 2), round: index + 1, value };
        }),
      })),
  };
}

/** What a number becomes that is worse by a share. */
const worsened = (share: number, better: Better | undefined): number =>
  Math.exp(better === 'higher' ? -worseBy(share, better) : worseBy(share, better));

/**
 * Rounds drawn with replacement, sides swapped at random, and smoothed a little (Silverman and Young 1987): a boot drawn twice
 * would else be a tie that no real boot is.
 */
export function drawRounds(pool: RoundPool, count: number, random: Random, normal: Random): Round[] {
  const shrink = 1 / Math.sqrt(1 + smoothing ** 2);
  const smoothed = (boot: BootResiduals): BootResiduals => {
    const shake = smoothing * normal();
    return boot.map((residual, metric) =>
      residual === null ? null : shrink * (residual + shake * (pool.metrics[metric]?.noise ?? 0)),
    );
  };
  return Array.from({ length: count }, () => {
    const [first, second] = pool.rounds[Math.floor(random() * pool.rounds.length)] as Round;
    const swapped = random() < 0.5;
    return [smoothed(swapped ? second : first), smoothed(swapped ? first : second)];
  });
}

/** In standard deviations of one boot. */
const smoothing = 0.25;

function residualsByRound(series: readonly Series[]): Map<number, BootResiduals> {
  const middles = series.map(medianLog);
  const numbers = series[0]?.samples.map(({ round }) => round) ?? [];
  return new Map(
    numbers.map((round) => [
      round,
      series.map(({ samples }, metric) => {
        const value = samples.find((sample) => sample.round === round)?.value ?? null;
        return value === null ? null : logarithm(value) - (middles[metric] as number);
      }),
    ]),
  );
}

function medianLog({ samples }: Series): number {
  return median(samples.flatMap(({ value }) => (value === null ? [] : [logarithm(value)])));
}

const partnered = (base: Map<number, BootResiduals>, head: Map<number, BootResiduals>): Round[] =>
  [...head].flatMap(([round, own]): Round[] => {
    const other = base.get(round);
    return other === undefined ? [] : [[other, own]];
  });

function twoByTwo(boots: readonly BootResiduals[]): Round[] {
  return Array.from({ length: Math.floor(boots.length / 2) }, (_, index) => [
    boots[2 * index] as BootResiduals,
    boots[2 * index + 1] as BootResiduals,
  ]);
}
