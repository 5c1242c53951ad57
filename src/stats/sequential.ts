// Looking again after every round without paying for it in false alarms: alpha spending (Lan and DeMets 1983), with nominal
// levels from the recursion of Armitage, McPherson and Rowe (1969). Looks need not be planned and there is no last one:
// the error probability holds over all looks, however many there will be.
import { normalDensity, normalUpper, normalUpperQuantile } from './normal.ts';

/** Share of the error probability that is spent by the time `rounds` rounds are in; grows from 0 to 1. */
export type Spending = (rounds: number) => number;

/** Log-logistic: little before `half` rounds, half at `half`, the rest kept for long runs. */
export const logLogistic =
  (half: number, steepness: number): Spending =>
  (rounds) =>
    1 / (1 + (half / rounds) ** steepness);

/** The largest level not above the wanted one that the test of a look can have; rank tests have steps. */
export type AttainableLevel = (rounds: number, level: number) => number;

/** The looks that were taken so far, as far as the next one depends on them. */
export interface LooksTaken {
  readonly rounds: number;
  /** Of the error probability. */
  readonly spent: number;
  readonly below: Density | null;
}

export const noLooks: LooksTaken = { rounds: 0, spent: 0, below: null };

export interface LookDesign {
  readonly error: number;
  readonly spending: Spending;
  readonly attainable?: AttainableLevel;
}

/**
 * One-sided nominal level of a look after those that were taken, such that the probability to cross at any of them is at most
 * `error`. What a discrete test cannot use at one look is carried to the next. About a millisecond.
 */
export function nextLook(
  taken: LooksTaken,
  rounds: number,
  { error, spending, attainable = (_rounds, level) => level }: LookDesign,
): { readonly level: number; readonly taken: LooksTaken } {
  const affordable = error * spending(rounds) - taken.spent;
  const crossing = crossingProbability(taken.below, rounds, taken.rounds);
  const wanted = affordable <= 0 ? 0 : normalUpper(boundaryWith(crossing, affordable, rounds) / Math.sqrt(rounds));
  const level = attainable(rounds, wanted);
  const boundary = normalUpperQuantile(level) * Math.sqrt(rounds);
  const spent = level > 0 ? taken.spent + crossing(boundary) : taken.spent;
  return { level, taken: { rounds, spent, below: densityBelow(taken.below, rounds, taken.rounds, boundary) } };
}

/** Density of a Gaussian random walk that has not crossed yet, on an even grid. */
interface Density {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

const gridPoints = 161;

function crossingProbability(
  before: Density | null,
  rounds: number,
  roundsBefore: number,
): (boundary: number) => number {
  if (!before) return (boundary) => normalUpper(boundary / Math.sqrt(rounds));
  const sd = Math.sqrt(rounds - roundsBefore);
  return (boundary) => {
    let sum = 0;
    for (let index = 0; index < before.points.length; index += 1) {
      const z = (boundary - (before.points[index] as number)) / sd;
      if (z < 8) sum += (before.weights[index] as number) * (z < -8 ? 1 : normalUpper(z));
    }
    return sum;
  };
}

/** By bisection, whose steps are known beforehand where they do not fall near the boundary: most need no crossing probability. */
function boundaryWith(crossing: (boundary: number) => number, target: number, rounds: number): number {
  let low = 0;
  let high = 8 * Math.sqrt(rounds);
  const near = bracketOf(crossing, target, rounds);
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (middle <= near.low || (middle < near.high && crossing(middle) > target)) low = middle;
    else high = middle;
  }
  return high;
}

/** Where the boundary lies, narrowly, by the secant of logarithms. No earlier look makes it lie farther out than a first look has it. */
function bracketOf(
  crossing: (boundary: number) => number,
  target: number,
  rounds: number,
): { low: number; high: number } {
  const excess = (boundary: number): number => Math.log(crossing(boundary) / target);
  const most = 1.0001 * normalUpperQuantile(target) * Math.sqrt(rounds);
  const bracket = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  let [before, here] = [0.9 * most, most];
  let [atBefore, atHere] = [excess(before), excess(here)];
  for (let step = 0; step < 8 && bracket.high - bracket.low > 1e-9 * most; step += 1) {
    const guess = here - (atHere * (here - before)) / (atHere - atBefore);
    if (!Number.isFinite(guess)) break;
    // A hair beyond the guess, which lies between both ends when it is good.
    const next = guess + Math.sign(guess - here) * 1e-10 * most;
    [before, atBefore, here, atHere] = [here, atHere, next, excess(next)];
    if (atHere > 0) bracket.low = Math.max(bracket.low, here);
    else bracket.high = Math.min(bracket.high, here);
  }
  return bracket;
}

function densityBelow(before: Density | null, rounds: number, roundsBefore: number, boundary: number): Density {
  const low = -7 * Math.sqrt(rounds);
  const high = Math.min(boundary, 7 * Math.sqrt(rounds));
  const step = (high - low) / (gridPoints - 1);
  const points = new Float64Array(gridPoints);
  const weights = new Float64Array(gridPoints);
  const sd = Math.sqrt(rounds - roundsBefore);
  for (let index = 0; index < gridPoints; index += 1) {
    const point = low + step * index;
    let density = 0;
    if (!before) density = normalDensity(point / sd) / sd;
    else {
      for (let from = 0; from < gridPoints; from += 1) {
        const z = (point - (before.points[from] as number)) / sd;
        if (z > -8 && z < 8) density += ((before.weights[from] as number) * normalDensity(z)) / sd;
      }
    }
    const simpson = index === 0 || index === gridPoints - 1 ? 1 : index % 2 === 1 ? 4 : 2;
    points[index] = point;
    weights[index] = (density * step * simpson) / 3;
  }
  return { points, weights };
}
