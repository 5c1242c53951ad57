// Paired comparison: base and head booted in turn in one session, judged by rank tests after every round.

import { median, scaledMad } from '../stats/quantiles.ts';
import { contrastsOf, lowerBound, type Pairing, upperBound } from '../stats/rank-interval.ts';
import { shiftTest, withoutOutliers } from '../stats/shift-test.ts';
import { kendallTau } from '../stats/trend.ts';
import {
  contradictedPrice,
  intervalError,
  knownPrice,
  knownSpending,
  partnersPrice,
  power,
  sameError,
  sameSpending,
  slowerSpending,
} from './error-rates.ts';
import type { Evidence } from './evidence.ts';
import { type KnownSpread, type Moderated, moderated } from './known-spread.ts';
import { type LookPlan, levelAt, spentShare } from './look-levels.ts';
import { detectableSlowdown, moreRounds } from './power.ts';
import { fewestForSame } from './shape.ts';

export interface PairedInput {
  /** Logarithms by round; a failed boot is Infinity. */
  readonly head: readonly number[];
  readonly base: readonly number[];
  readonly plan: LookPlan;
  /** From the machine's history; null or left out: ranks judge alone. */
  readonly known?: KnownSpread | null;
  /** Of `slower` and of `faster`, after sharing with other metrics. */
  readonly error: number;
  /** Logarithms of 1 + tolerate and 1 + limit. */
  readonly tolerate: number;
  readonly limit: number;
}

export function pairedEvidence(input: PairedInput): Evidence {
  const { head, base, plan, error, tolerate, limit, known = null } = input;
  const rounds = head.length;
  const pairing = pairingOf(head, base);
  if (known !== null && pairing === 'pooled') {
    const { estimate } = keptContrasts(head, base, pairing);
    const test = moderated({ head, base }, estimate, known);
    if (test !== null) return moderatedEvidence(input, test);
  }
  const affordable = error * (pairing === 'rounds' ? partnersPrice : known === null ? 1 : contradictedPrice);
  const slowerLevel = levelAt(rounds, plan, affordable, slowerSpending, pairing);
  const sameLevel = levelAt(rounds, plan, sameError, sameSpending, pairing);
  const intervalLevel = levelAt(rounds, plan, intervalError, sameSpending, pairing);
  const reaches = (p: number, level: number): boolean => level > 0 && p <= level * (1 + 1e-9);
  const contrasts = keptContrasts(head, base, pairing);
  const boot = bootSpread(head, base, pairing);
  return {
    mode: 'paired',
    size: rounds,
    estimate: contrasts.estimate,
    low: lowerBound(contrasts, intervalLevel),
    high: upperBound(contrasts, intervalLevel),
    atLeast: lowerBound(contrasts, slowerLevel),
    atMost: upperBound(contrasts, slowerLevel),
    below: upperBound(contrasts, sameLevel),
    slower: reaches(shiftTest(head, base, tolerate, pairing).above, slowerLevel),
    faster: reaches(shiftTest(head, base, -tolerate, pairing).below, slowerLevel),
    withinLimit: reaches(shiftTest(head, base, limit, pairing).below, sameLevel),
    spent: { error: affordable * spentShare(rounds, plan, slowerSpending), of: affordable },
    boot,
    detectable: detectableSlowdown({ boot, rounds, error, plan }),
    more: moreRounds({
      estimate: contrasts.estimate,
      boot,
      rounds,
      error,
      tolerate,
      limit,
      fewestForSame: fewestForSame(plan),
    }),
  };
}

function moderatedEvidence({ head, plan, error, tolerate, limit }: PairedInput, test: Moderated): Evidence {
  const { estimate } = test;
  const rounds = head.length;
  const affordable = knownPrice * error;
  const slowerLevel = levelAt(rounds, plan, affordable, knownSpending, 'moderated');
  const sameLevel = levelAt(rounds, plan, sameError, sameSpending, 'moderated');
  const intervalReach = test.reach(levelAt(rounds, plan, intervalError, sameSpending, 'moderated'));
  return {
    mode: 'paired',
    size: rounds,
    estimate,
    low: estimate - intervalReach,
    high: estimate + intervalReach,
    atLeast: estimate - test.reach(slowerLevel),
    atMost: estimate + test.reach(slowerLevel),
    below: estimate + test.reach(sameLevel),
    slower: test.above(tolerate) <= slowerLevel,
    faster: test.below(-tolerate) <= slowerLevel,
    withinLimit: test.below(limit) <= sameLevel,
    spent: { error: affordable * spentShare(rounds, plan, knownSpending), of: affordable },
    boot: test.sd,
    detectable: Math.expm1(test.reach(slowerLevel) + test.reach(1 - power)),
    more: moreRounds({ estimate, boot: test.sd, rounds, error, tolerate, limit, fewestForSame: fewestForSame(plan) }),
  };
}

/**
 * Rounds are judged boot against partner where partners move together (the machine's mood changes from round to round),
 * and pooled otherwise: a slow outlier then spoils one boot and not a pair. Tau does not depend on the shift between the
 * sides, so the choice does not favour any verdict.
 */
function pairingOf(head: readonly number[], base: readonly number[]): Pairing {
  const rounds = head.length;
  if (rounds < 8) return 'pooled';
  // More than chance (1.3 standard errors), and enough for pairing to gain more than outliers then cost; both by simulation.
  const chance = 1.3 * Math.sqrt((2 * (2 * rounds + 5)) / (9 * rounds * (rounds - 1)));
  return kendallTau(head.map(rounded), base.map(rounded)) > Math.max(0.25, chance) ? 'rounds' : 'pooled';
}

/** What differs less is a rounding of the logarithm, which another unit has elsewhere. */
const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;

function keptContrasts(head: readonly number[], base: readonly number[], pairing: Pairing) {
  const all = contrastsOf(head, base, pairing);
  if (pairing === 'rounds' || !Number.isFinite(all.estimate)) return all;
  const kept = withoutOutliers(
    head.map((value) => value - all.estimate),
    base,
  );
  if (kept.x.length + kept.y.length === head.length + base.length) return all;
  return contrastsOf(
    kept.x.map((value) => value + all.estimate),
    kept.y,
    pairing,
  );
}

function bootSpread(head: readonly number[], base: readonly number[], pairing: Pairing): number {
  if (pairing === 'rounds') {
    return scaledMad(head.map((value, index) => value - (base[index] as number)).filter(Number.isFinite)) / Math.SQRT2;
  }
  const residuals = [head, base].flatMap((side) => {
    const middle = median(side);
    return side.map((value) => value - middle);
  });
  // Two medians were taken out: a few per cent at ten rounds.
  return scaledMad(residuals.filter(Number.isFinite)) * Math.sqrt(residuals.length / Math.max(1, residuals.length - 2));
}
