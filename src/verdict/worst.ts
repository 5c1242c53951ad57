// The verdict of several scenarios or metrics is the worst of theirs.
import { severity, type Verdict } from '../model/comparison.ts';

/** The first of the worst; `recorded` when there are none. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  const [worst] = verdicts.toSorted((a, b) => severity(a.word) - severity(b.word));
  return worst ?? { word: 'recorded', rule: 'nothing-recorded', because: 'there are no scenarios', wouldDecide: '' };
}
