// Boots that did not get ready: what makes a report `failed` before any time is compared.
import type { Verdict, Warning } from '../model/comparison.ts';
import type { Series } from '../model/series.ts';
import { fisherUpper } from '../stats/fisher.ts';
import { gates } from './comparisons.ts';
import type { BootCounts, JudgeInput } from './judge-input.ts';
import { counted } from './phrases.ts';

export interface FailureCounts {
  readonly head: BootCounts;
  /** Boots of the base side, or of the stored sessions. */
  readonly base: BootCounts;
  /** Head has failed boots and base has none. */
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
  return { head: own, base: against, onlyHead: own.failures > 0 && against.failures === 0 };
}

/** The verdict that failures alone give at an error probability, or null. */
export function failureVerdict(counts: FailureCounts, paired: BootCounts | null, error: number): Verdict | null {
  const { head, base } = counts;
  const headDown = head.boots > 0 && head.failures === head.boots;
  if (paired !== null && paired.boots > 0 && paired.failures === paired.boots) {
    const both = headDown ? 'neither base nor head ever booted' : 'base never booted';
    return verdict('incomparable', 'base-never-booted', `${both}: there is nothing to compare with`);
  }
  // A single failed boot may be bad luck where others are known to succeed; where nothing else is known it is all there is.
  if (headDown && (head.boots >= fewestForNever || base.boots === 0)) {
    return verdict('failed', 'head-never-booted', `none of ${counted(head.boots, 'boot')} of head got ready`);
  }
  if (head.failures === 0 || base.boots === 0) return null;
  if (fisherUpper(head.failures, head.boots, base.failures, base.boots) > error) return null;
  return verdict(
    'failed',
    'boot-failures',
    `${head.failures} of ${counted(head.boots, 'boot')} of head failed, against ${base.failures} of ${base.boots} of base`,
  );
}

export function failureWarnings(counts: FailureCounts): Warning[] {
  const { head, base } = counts;
  if (head.failures + base.failures === 0) return [];
  const text = `failed boots: ${head.failures} of ${head.boots} of head, ${base.failures} of ${base.boots} of base; they rank as the slowest`;
  return [{ code: 'failed-boots', text }];
}

export function countSeries(series: readonly Series[], input: Pick<JudgeInput, 'scenario'>): BootCounts {
  const boots = new Set<number>();
  const failed = new Set<number>();
  for (const { metric, samples } of series) {
    if (!gates(metric, input)) continue;
    for (const { boot, value } of samples) {
      boots.add(boot);
      if (value === null) failed.add(boot);
    }
  }
  return { boots: boots.size, failures: failed.size };
}

/** With a true failure rate of up to 10 %, three failures in three boots have a probability of at most 0.1 %. */
const fewestForNever = 3;

function verdict(word: Verdict['word'], rule: string, because: string): Verdict {
  return { word, rule, because, wouldDecide: '' };
}
