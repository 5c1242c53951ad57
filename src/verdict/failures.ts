// Boots that did not get ready: what makes a report `failed` before any time is compared.

import type { Verdict, Warning } from '../model/comparison.ts';
import type { Series } from '../model/series.ts';
import { formatCount } from '../model/units.ts';
import { binomialInterval } from '../stats/binomial-interval.ts';
import { hitBoundary } from '../stats/binomial-looks.ts';
import { fisherUpper } from '../stats/fisher.ts';
import { gates } from './comparisons.ts';
import { failureRateError, toleratedFailures } from './error-rates.ts';
import type { BootCounts, JudgeInput } from './judge-input.ts';

export interface FailureCounts {
  readonly head: BootCounts;
  /** Boots of the base side, or of the stored sessions. */
  readonly base: BootCounts;
  /** Head fails more often, as far as one can see: base has no failures, or clearly fewer. */
  readonly onlyHead: boolean;
}

/** A boot failed when one of the metrics that gate has no value for it. */
export function failureCounts(input: JudgeInput): FailureCounts {
  const { head, base, sessions } = input;
  const own = countSeries(head, input);
  const other = base !== null ? countSeries(base, input) : null;
  const history = sessions.reduce(
    (sum, { metrics }) => {
      const samples = Object.entries(metrics).filter(([metric]) => gates(metric, input));
      const boots = Math.max(0, ...samples.map(([, entry]) => entry.samples.length));
      const failures = Math.max(
        0,
        ...samples.map(([, entry]) => entry.samples.filter((value) => value === null).length),
      );
      return { boots: sum.boots + boots, failures: sum.failures + failures };
    },
    { boots: 0, failures: 0 },
  );
  const against = { boots: history.boots + (other?.boots ?? 0), failures: history.failures + (other?.failures ?? 0) };
  const seen = fisherUpper(own.failures, own.boots, against.failures, against.boots) <= 0.2;
  return { head: own, base: against, onlyHead: own.failures > 0 && (against.failures === 0 || seen) };
}

/** The verdict that failures alone give at an error probability, or null. */
export function failureVerdict(
  counts: FailureCounts,
  paired: BootCounts | null,
  { error, most, hangs }: FailureOptions,
): Verdict | null {
  const { head, base } = counts;
  const never = neverBooted(counts, paired, hangs);
  if (never !== null) return never;
  if (head.failures === 0 || base.boots === 0) return null;
  const isRarer = fisherUpper(head.failures, head.boots, base.failures, base.boots) <= error;
  if (!isRarer && (error === 0 || !failsTooOften(head, base, most))) return null;
  return verdict(
    'failed',
    'boot-failures',
    `${head.failures} of ${formatCount(head.boots, 'boot')} of head failed, against ${base.failures} of ${base.boots} of base`,
  );
}

interface FailureOptions {
  readonly error: number;
  readonly most: number;
  readonly hangs: JudgeInput['hangs'];
}

/** The verdict on a side of which no boot came up. Its warm-ups tell it, too, where they hung. */
export function neverBooted(
  { head, base }: FailureCounts,
  paired: BootCounts | null,
  hangs: JudgeInput['hangs'],
): Verdict | null {
  const headBoots = failedBoots(head, hangs?.head);
  const baseBoots = paired === null ? 0 : failedBoots(paired, hangs?.base);
  if (baseBoots >= (paired?.boots === 0 ? fewestWarmUps : 1)) {
    const both = headBoots > 0 ? 'neither base nor head ever booted' : 'base never booted';
    return verdict('incomparable', 'base-never-booted', `${both}: there is nothing to compare with`);
  }
  // A single failed boot may be bad luck where others are known to succeed; where nothing else is known it is all there is.
  const isAlone = base.boots === 0 && (head.boots > 0 || paired === null);
  if (headBoots < (isAlone ? 1 : fewestForNever)) return null;
  const because =
    headBoots === 1 ? 'the only boot of head did not get ready' : `none of ${headBoots} boots of head got ready`;
  return verdict('failed', 'head-never-booted', because);
}

/** How many boots of a side there were, where all of them failed; else 0. */
const failedBoots = ({ boots, failures }: BootCounts, hangs = 0): number =>
  failures === boots ? Math.max(boots, hangs) : 0;

/**
 * Against a tolerated rate, or what base's own failures allow: with few boots a comparison of counts alone would see nothing. Where base
 * never failed, that is the rate at which it would have come through with the probability `luckOfBase`: a guest that fails in one boot of
 * twenty often shows none in a dozen.
 */
function failsTooOften(head: BootCounts, base: BootCounts, most: number): boolean {
  const ofBase =
    base.failures === 0 ? 1 - luckOfBase ** (1 / base.boots) : binomialInterval(base.failures, base.boots, 0.95).high;
  const rate = Math.max(toleratedFailures, ofBase);
  return head.failures >= hitBoundary(head.boots, most, rate, failureRateError);
}

/** `; 3 of 12 boots of head failed, none of 12 of base`: stands in the sentence of a verdict that does not speak of them. */
export function failureText({ head, base }: FailureCounts): string {
  if (head.failures === 0) return '';
  const other = base.boots === 0 ? '' : `, ${base.failures === 0 ? 'none' : base.failures} of ${base.boots} of base`;
  return `; ${head.failures} of ${formatCount(head.boots, 'boot')} of head failed${other}`;
}

/** An emulator that dies by a fault of its own on head, and never on base, is evidence in itself. */
export function crashText({ crashes }: Pick<JudgeInput, 'crashes'>): string {
  if (crashes === undefined || crashes.head === 0 || crashes.base > 0 || crashes.ofBase === 0) return '';
  const of = formatCount(crashes.ofHead, 'boot');
  return `the emulator died by ${crashes.signal} in ${crashes.head} of ${of} of head, and in none of ${crashes.ofBase} of base`;
}

export function failureWarnings(counts: FailureCounts): Warning[] {
  const { head, base } = counts;
  if (head.failures + base.failures === 0) return [];
  const text = `failed boots: ${head.failures} of ${head.boots} of head, ${base.failures} of ${base.boots} of base; they rank as the slowest`;
  return [{ code: 'failed-boots', text }];
}

export function countSeries(series: readonly Series[], input: Pick<JudgeInput, 'scenario' | 'setAside'>): BootCounts {
  const judged = series.filter(({ metric }) => gates(metric, input));
  const [side] = judged.map((one) => one.side);
  const boots = new Set<number>();
  const failed = new Set<number>();
  for (const { samples } of judged) {
    for (const { boot, value } of samples) {
      boots.add(boot);
      if (value === null) failed.add(boot);
    }
  }
  const setAside = side === undefined ? 0 : (input.setAside?.[side] ?? 0);
  return { boots: boots.size + setAside, failures: failed.size };
}

/** By simulation: guests of which a twentieth of the boots fails on both sides raise no more than other noise. */
const luckOfBase = 0.5;

/** With a true failure rate of up to 10 %, three failures in three boots have a probability of at most 0.1 %. */
const fewestForNever = 3;
/** Of base, where only warm-ups tell it. */
const fewestWarmUps = 2;

function verdict(word: Verdict['word'], rule: string, because: string): Verdict {
  return { word, rule, because, wouldDecide: '' };
}
