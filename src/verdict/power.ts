// What boots that are still to come can show: the smallest slowdown that they find, and how many would settle it.
import { earliestLook } from '../model/scenario.ts';
import { normalUpperQuantile, studentUpperQuantile } from '../stats/normal.ts';
import { attainedLevel } from '../stats/rank-interval.ts';
import { knownPrice, knownSpending, power, sameError, slowerSpending } from './error-rates.ts';
import type { KnownSpread } from './known-spread.ts';
import { type LookPlan, levelAt } from './look-levels.ts';

/**
 * Smallest slowdown, as a fraction, that is found with 95 % power in so many rounds; `boot` is the standard deviation of one boot's
 * logarithm. It is what the last look finds by itself, so that it holds for short plans, too, and what a rank test of few rounds costs
 * is taken from simulations; null where no look can find anything.
 */
export function detectableSlowdown(input: {
  readonly boot: number;
  readonly rounds: number;
  readonly error: number;
  readonly plan: LookPlan;
}): number | null {
  const { boot, rounds, error, plan } = input;
  if (!Number.isFinite(boot) || rounds < 1) return null;
  const level = attainedLevel('pooled', rounds, levelAt(rounds, plan, error, slowerSpending, 'pooled'));
  if (level <= 0) return null;
  const reach = normalUpperQuantile(level) + normalUpperQuantile(1 - power);
  const steps = 1.03 + 9 / rounds ** 2;
  return Math.expm1((steps * reach * boot * Math.sqrt(2 / rounds)) / Math.sqrt(rankEfficiency));
}

/**
 * The same where the spread of boots is known for so many degrees of freedom: Student's test of means judges. Few boots may spread by
 * chance more than the history allows, and ranks then find nothing: with fewer than six rounds no slowdown is found with more power
 * than 84 %, and what four of five runs find is named (of three rounds: three of five). By simulation.
 */
export function detectableKnown(input: {
  readonly known: KnownSpread;
  readonly rounds: number;
  readonly error: number;
  readonly plan: LookPlan;
}): number | null {
  const { known, rounds, error, plan } = input;
  if (rounds < earliestLook) return null;
  const level = levelAt(rounds, plan, knownPrice * error, knownSpending, 'moderated');
  if (level <= 0) return null;
  const degrees = known.degrees + 2 * rounds - 2;
  const reach = studentUpperQuantile(level, degrees) + studentUpperQuantile(1 - power, degrees);
  const steps = rounds < fewestForPower ? 1 : 1 + (4.9 / rounds) ** 4;
  return Math.expm1(steps * reach * known.sd * Math.sqrt(2 / rounds));
}

/** Rounds from which on a forecast's slowdown is found with its power, also where it rests on a known spread. */
export const fewestForPower = 6;

interface Forecast {
  readonly estimate: number;
  readonly boot: number;
  readonly rounds: number;
  readonly error: number;
  readonly tolerate: number;
  readonly limit: number;
  /** Rounds before the limit counts as excluded, however clear it is. */
  readonly fewestForSame: number;
}

/** Rounds more until either bound would speak, if estimate and noise stay; null beyond 500. */
export function moreRounds({ estimate, boot, rounds, error, tolerate, limit, fewestForSame }: Forecast): number | null {
  if (!Number.isFinite(estimate) || !Number.isFinite(boot)) return null;
  const toSlower = normalUpperQuantile(error) * sequentialCost;
  const toSame = normalUpperQuantile(sameError) * sequentialCost;
  for (let total = rounds + 1; total <= rounds + 500; total += 1) {
    const standardError = (boot * Math.sqrt(2 / total)) / Math.sqrt(rankEfficiency);
    const isSame = total >= fewestForSame && estimate + toSame * standardError < limit;
    if (estimate - toSlower * standardError > tolerate || isSame) return total - rounds;
  }
  return null;
}

/** Asymptotic efficiency of rank tests for normal noise: 3 / pi. */
const rankEfficiency = 0.955;
/** Critical values late in a run of looks, relative to those of a single look. */
const sequentialCost = 1.15;
