// Reports as a bisection reads them, with nothing in them that it does not.
import type { Comparison, Word } from '../../src/model/comparison.ts';
import type { ScenarioReport } from '../../src/model/report.ts';

export const comparison = (changes: Partial<Comparison>): Comparison =>
  ({
    metric: 'time-to-ssh',
    gate: true,
    word: 'undecided',
    because: '',
    limit: 0.05,
    ratio: null,
    interval: null,
    base: { median: 100 },
    head: { median: 100 },
    ...changes,
  }) as Comparison;

/** The verdict may be by another rule than that of a paired comparison. */
export function reportOf(word: Word, ...parts: (Comparison | { readonly rule: string })[]): ScenarioReport {
  const rule = parts.flatMap((part) => ('rule' in part ? [part.rule] : []))[0] ?? 'paired-sequential';
  const comparisons = parts.filter((part) => 'metric' in part);
  return { verdict: { word, rule, because: 'it was so' }, comparisons, where: null } as unknown as ScenarioReport;
}
