// When to stop booting: as soon as the judge would say anything but undecided. The judge's error rates hold over all looks.
import type { BaselineSession } from '../model/baseline.ts';
import type { Comparison } from '../model/comparison.ts';
import { comparableWith } from '../model/conditions.ts';
import { checkInput } from './check-input.ts';
import { firstLook, gates } from './comparisons.ts';
import { earlyFailureError, sessionPrior } from './error-rates.ts';
import { countSeries, failureCounts, neverBooted } from './failures.ts';
import { decide } from './judge.ts';
import type { JudgeInput } from './judge-input.ts';
import { bootsOf, roundsOf } from './match-series.ts';
import { fewestForSame } from './shape.ts';

export interface StopDecision {
  readonly decision: 'enough' | 'go-on';
  readonly because: string;
  /** Rounds that do not count because a boot was late: so many may be taken beyond the most. */
  readonly replaced?: number;
}

/** Asked after each round with all boots so far. Time budgets are the sampler's matter. */
export function shouldStop(input: JudgeInput): StopDecision {
  checkInput(input);
  const replaced = lateRounds(input);
  const rounds = roundsTaken(input) - replaced;
  const { decision, because } = decisionAt(rounds, input);
  return replaced === 0 ? { decision, because } : { decision, because, replaced };
}

function decisionAt(rounds: number, input: JudgeInput): StopDecision {
  const { maxBoots } = input.scenario.sampling;
  const comparable = comparableWith(input.sessions, input.headKey);
  const boots = firstLook(input, comparable);
  if (rounds < boots) return givenUp(input, comparable) ?? goOn(`${rounds} of at least ${boots} rounds`);
  if (rounds >= maxBoots) return { decision: 'enough', because: `all ${maxBoots} rounds are booted` };
  const { verdict, comparisons } = decide(input, { describe: () => [], failureError: earlyFailureError });
  // A stored comparison has one look: when to take it hangs on the noise, never on what would be said.
  if (input.base === null && comparisons.length > 0 && verdict.word !== 'failed') return storedStop(comparisons);
  if (verdict.word === 'undecided')
    return hopeless(comparisons, rounds, maxBoots) ?? { decision: 'go-on', because: verdict.because };
  if (verdict.word === 'recorded') return { decision: 'enough', because: verdict.because };
  const open = comparisons.find(({ gate, word }) => gate && word === 'undecided');
  const settled = verdict.word === 'slower' || verdict.word === 'failed' || open === undefined;
  return { decision: settled ? 'enough' : 'go-on', because: `${verdict.word}: ${verdict.because}` };
}

const goOn = (because: string): StopDecision => ({ decision: 'go-on', because });

/** A side of which every boot hangs: each takes its whole deadline, and what it says is known. */
function givenUp(input: JudgeInput, sessions: readonly BaselineSession[]): StopDecision | null {
  const { base, hangs } = input;
  if (hangs === undefined || (hangs.head === 0 && hangs.base < 2)) return null;
  const never = neverBooted(
    failureCounts({ ...input, sessions }),
    base === null ? null : countSeries(base, input),
    hangs,
  );
  return never === null ? null : { decision: 'enough', because: never.because };
}

/** Boots that would not decide anything are spared; a failed boot may still decide, whatever the times say. */
function hopeless(comparisons: readonly Comparison[], rounds: number, most: number): StopDecision | null {
  if (rounds < fewestForHopeless || most - rounds < fewestToSpare) return null;
  const open = comparisons.filter(({ gate, word }) => gate && word === 'undecided');
  const needed = Math.min(...open.map(({ more }) => (more === undefined ? 0 : (more ?? Number.POSITIVE_INFINITY))));
  const left = most - rounds;
  if (open.length === 0 || needed <= hopelessFactor * left || open.some(({ head }) => head.failures > 0)) return null;
  const more = Number.isFinite(needed)
    ? `about ${needed} more pairs would be needed`
    : 'no number of pairs would settle it';
  return {
    decision: 'enough',
    because: `${more}, and ${left} are left: a quieter machine or a wider limit would help`,
  };
}

/** By simulation: noise of 10 % then takes half of the pairs, and what is found there falls from 57 to 50 %. */
const fewestForHopeless = 8;
const hopelessFactor = 2.5;
/** The last looks have the most error to spend: ending before them saves little and costs power. */
const fewestToSpare = 6;

function storedStop(comparisons: readonly Comparison[]): StopDecision {
  return isSharp(comparisons)
    ? { decision: 'enough', because: 'more boots would not make a comparison with stored sessions sharper' }
    : { decision: 'go-on', because: 'more boots make the comparison with stored sessions sharper' };
}

/** Rounds that were set aside: of the metric that lost most. */
function lateRounds(input: JudgeInput): number {
  const lost = input.head
    .filter(({ metric }) => gates(metric, input))
    .map((head) => {
      if (input.base === null) return bootsOf(head).late.rounds;
      const base = input.base.find(({ metric }) => metric === head.metric);
      return base === undefined ? 0 : roundsOf(head, base).late.rounds;
    });
  return Math.max(0, ...lost);
}

/** Rounds that every side has taken. */
function roundsTaken({ head, base }: JudgeInput): number {
  const sides = base === null ? [head] : [head, base];
  return Math.min(
    ...sides.map((series) => new Set(series.flatMap(({ samples }) => samples.map(({ round }) => round))).size),
  );
}

/**
 * True when no boot failed, what single boots add to the error is at most half of what sessions add, and `same` could be said: fewer
 * boots never exclude that a share of them became slow or fails.
 */
function isSharp(comparisons: readonly Comparison[]): boolean {
  const gating = comparisons.filter(({ gate }) => gate);
  return (
    gating.length > 0 &&
    gating.every(
      ({ head }) =>
        head.failures === 0 &&
        head.count >= fewestForSame(null) &&
        head.noise !== null &&
        head.noise / Math.sqrt(head.count) <= sessionPrior.sd / 2,
    )
  );
}
