// Whether head has lost the hypervisor that base, or the stored sessions, ran on. An emulator that can do without falls back in silence.
import type { Verdict } from '../model/comparison.ts';
import type { RecordedScenario } from '../model/run.ts';

/** null where head runs on what it was told to run on, or on no less than the others. */
export function acceleratorVerdict({
  scenario,
  conditions,
  usualAccelerator,
}: Pick<RecordedScenario, 'scenario' | 'conditions'> &
  Partial<Pick<RecordedScenario, 'usualAccelerator'>>): Verdict | null {
  if (scenario.head.machine.accel !== 'auto' || conditions.head.accelerator !== 'tcg') return null;
  const [usual, where] =
    conditions.base === null ? [usualAccelerator, 'the baseline'] : [conditions.base.accelerator, 'base'];
  if (usual === undefined || usual === 'tcg') return null;
  return {
    word: 'failed',
    rule: 'accelerator-lost',
    because: `head runs on tcg, because ${usual} did not start with it; ${where} runs on ${usual}`,
    wouldDecide: '',
  };
}
