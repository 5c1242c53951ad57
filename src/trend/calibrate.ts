// The decision rule played on a machine's own boots: rounds of a run in which nothing changed are drawn again and again, head is
// slowed by a known share, and the real stop rule and judge say what they see. Randomness is handed in.
import type { Calibration, Detectable, PowerPoint } from '../model/calibration.ts';
import type { Verdict } from '../model/comparison.ts';
import { measurementError } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';
import { binomialInterval } from '../stats/binomial-interval.ts';
import { quantile } from '../stats/quantiles.ts';
import { normalFrom, type Random } from '../stats/random.ts';
import { failureError } from '../verdict/error-rates.ts';
import { decide } from '../verdict/judge.ts';
import type { JudgeInput } from '../verdict/judge-input.ts';
import { fewestForSame } from '../verdict/shape.ts';
import { shouldStop } from '../verdict/stop-rule.ts';
import { drawRounds, poolOf, type RoundPool } from './resample.ts';

export interface CalibrateOptions {
  readonly random: Random;
  /** Reports for the false alarms; the power takes a tenth of them for each number of pairs. */
  readonly reports: number;
  /** Numbers of pairs to try, ascending. */
  readonly pairs: readonly number[];
}

/** Throws when the run has fewer than ten complete rounds: too few to draw from. */
export function calibrate(input: JudgeInput, options: CalibrateOptions): Calibration {
  const pool = poolOf(input);
  if (pool.rounds.length < fewestRounds) {
    throw measurementError(
      `calibration needs at least ${fewestRounds} rounds of boots in which nothing changed; this run has ${pool.rounds.length}`,
      'record more: bootgauge run --boots 20 with the same binary on both sides',
    );
  }
  const player: Player = { input, pool, random: options.random, normal: normalFrom(options.random) };
  const limit = Math.min(...pool.metrics.map(({ rule }) => rule.limit));
  const { maxBoots } = input.scenario.sampling;
  let flagged = 0;
  for (let report = 0; report < options.reports; report += 1) {
    if (isFlagged(play(player, maxBoots, draw(player, maxBoots), 0).word)) flagged += 1;
  }
  const draws = Math.max(50, Math.round(options.reports / 10));
  const tried = options.pairs.map((pairs) => ({ pairs, ...thresholds(player, pairs, draws, limit) }));
  const own = tried.find(({ pairs }) => pairs === maxBoots) ?? thresholds(player, maxBoots, draws, limit);
  const detectable = tried.map(
    ({ pairs, effects, pairsUnchanged, pairsAtLimit }): Detectable => ({
      pairs,
      effect: finiteOrNull(quantile(effects, 0.95)),
      pairsUnchanged,
      pairsAtLimit,
    }),
  );
  return {
    scenario: input.scenario.id,
    metrics: pool.metrics.map(({ name, noise }) => ({ name, noise })),
    rounds: pool.rounds.length,
    failures: pool.failures,
    reports: options.reports,
    falseAlarms: { rate: flagged / options.reports, ...binomialInterval(flagged, options.reports, 0.95) },
    curve: curveOf(own.effects),
    detectable,
    limit,
    recommended: recommend(detectable, limit),
  };
}

const fewestRounds = 10;
const largestEffect = 1;

interface Player {
  readonly input: JudgeInput;
  readonly pool: RoundPool;
  readonly random: Random;
  readonly normal: Random;
}

type Draw = ReturnType<typeof drawRounds>;

const draw = ({ pool, random, normal }: Player, pairs: number): Draw => drawRounds(pool, pairs, random, normal);

/** One report on drawn rounds, head slowed by `effect`. */
function play({ input, pool }: Player, pairs: number, rounds: Draw, effect: number) {
  const { boots } = input.scenario.sampling;
  const scenario: Scenario = {
    ...input.scenario,
    sampling: { ...input.scenario.sampling, boots: Math.min(boots, pairs), maxBoots: pairs },
  };
  for (let taken = Math.min(boots, pairs); ; taken += 1) {
    const so = rounds.slice(0, taken);
    const played: JudgeInput = {
      scenario,
      head: pool.seriesOf('head', so, effect),
      base: pool.seriesOf('base', so, 0),
      sessions: [],
      headKey: input.headKey,
    };
    if (taken >= pairs || shouldStop(played).decision === 'enough') {
      return { word: decide(played, { describe: () => [], failureError }).verdict.word, pairs: taken };
    }
  }
}

const isFlagged = (word: Verdict['word']): boolean => word === 'slower' || word === 'failed';

/**
 * For every drawn set of rounds the smallest slowdown that the rule finds, by bisection: one set answers for all effects, and the
 * share of sets with a smaller threshold is the power.
 */
function thresholds(player: Player, pairs: number, draws: number, limit: number) {
  const effects: number[] = [];
  let [unchanged, atLimit] = [0, 0];
  for (let at = 0; at < draws; at += 1) {
    const rounds = draw(player, pairs);
    unchanged += play(player, pairs, rounds, 0).pairs;
    atLimit += play(player, pairs, rounds, limit).pairs;
    let [low, high] = [0, largestEffect];
    if (!isFlagged(play(player, pairs, rounds, high).word)) {
      effects.push(Number.POSITIVE_INFINITY);
      continue;
    }
    while (high - low > 0.002 + 0.02 * low) {
      const middle = low < 0.01 ? (low + high) / (high > 0.1 ? 4 : 2) : (low + high) / 2;
      if (isFlagged(play(player, pairs, rounds, middle).word)) high = middle;
      else low = middle;
    }
    effects.push(high);
  }
  return { effects, pairsUnchanged: unchanged / draws, pairsAtLimit: atLimit / draws };
}

/** Power by effect, from nothing to where all are found, in forty steps. */
function curveOf(effects: readonly number[]): PowerPoint[] {
  const finite = effects.filter(Number.isFinite);
  const end = finite.length === 0 ? largestEffect : 1.2 * Math.max(...finite);
  return Array.from({ length: 41 }, (_, step) => {
    const effect = (end * step) / 40;
    return { effect, found: effects.filter((threshold) => threshold <= effect).length / effects.length };
  });
}

function recommend(detectable: readonly Detectable[], limit: number): Calibration['recommended'] {
  // Fewer pairs never say that nothing changed.
  const saysSame = (pairs: number): boolean => fewestForSame({ first: pairs, most: pairs }) <= pairs;
  const enough = detectable.find(({ pairs, effect }) => effect !== null && effect <= limit && saysSame(pairs));
  if (enough !== undefined) {
    const because = `${enough.pairs} pairs find a slowdown of the limit with 95 % power`;
    return { maxBoots: enough.pairs, limit, because };
  }
  const seen = detectable.filter(({ effect }) => effect !== null).at(-1);
  if (seen === undefined || seen.effect === null) {
    const most = detectable.at(-1)?.pairs ?? 0;
    return {
      maxBoots: most,
      limit: largestEffect,
      because: `not even ${most} pairs find a doubling: quieten the machine first`,
    };
  }
  const wider = Math.ceil(seen.effect * 200) / 200;
  return {
    maxBoots: seen.pairs,
    limit: wider,
    because: `no number of pairs that was tried finds the limit; with ${seen.pairs} pairs this is the smallest that can be promised`,
  };
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
