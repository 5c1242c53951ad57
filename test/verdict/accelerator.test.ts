// A head that has lost its hypervisor fails, and says so; nothing else does.
import assert from 'node:assert/strict';
import test from 'node:test';
import { acceleratorVerdict } from '../../src/verdict/accelerator.ts';

type Facts = Parameters<typeof acceleratorVerdict>[0];
const facts = (accel: string, head: string, base: string | null, usual?: string): Facts =>
  ({
    scenario: { head: { machine: { accel } } },
    conditions: { head: { accelerator: head }, base: base === null ? null : { accelerator: base } },
    ...(usual === undefined ? {} : { usualAccelerator: usual }),
  }) as unknown as Facts;

for (const [what, given, expected] of [
  [
    'head falls to tcg beside a base on hvf',
    facts('auto', 'tcg', 'hvf'),
    /hvf did not start with it; base runs on hvf/,
  ],
  ['head falls to tcg beside a base on kvm', facts('auto', 'tcg', 'kvm'), /kvm did not start/],
  ['head falls to tcg where the sessions ran on hvf', facts('auto', 'tcg', null, 'hvf'), /the baseline runs on hvf/],
  ['both sides run on tcg', facts('auto', 'tcg', 'tcg', 'hvf'), null],
  ['head gains a hypervisor', facts('auto', 'kvm', 'tcg'), null],
  ['tcg was asked for', facts('tcg', 'tcg', 'hvf', 'hvf'), null],
  ['nothing was ever recorded', facts('auto', 'tcg', null), null],
] as const) {
  test(`${what}: ${expected === null ? 'nothing is lost' : 'failed'}`, () => {
    const verdict = acceleratorVerdict(given);
    assert.equal(verdict?.word, expected === null ? undefined : 'failed');
    if (expected !== null) assert.match(verdict?.because ?? '', expected);
  });
}
