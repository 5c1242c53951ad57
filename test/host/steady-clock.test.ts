import assert from 'node:assert/strict';
import test from 'node:test';
import { steadyClock } from '../../src/host/steady-clock.ts';

test('what a machine sleeps through spends no budget, whichever clock goes on meanwhile', () => {
  let at = 5000;
  using clock = steadyClock(() => at);
  const begun = clock.now().getTime();
  const elapsed = (): number => clock.now().getTime() - begun;
  at += 9000;
  assert.equal(elapsed(), 9000);
  at += 8 * 3_600_000;
  assert.equal(elapsed(), 10_000);
  at -= 500;
  assert.equal(elapsed(), 10_000);
  at += 2000;
  assert.equal(elapsed(), 12_000);
});
