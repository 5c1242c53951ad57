// The levels of a run's looks, as the stop rule asks for them: one look more after every round, or any round at once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { attainedLevel } from '../../src/stats/rank-interval.ts';
import { intervalError, sameSpending } from '../../src/verdict/error-rates.ts';
import { levelAt } from '../../src/verdict/look-levels.ts';
import { nominalLevels } from '../stats/nominal-levels.ts';

/** Every round up to 32, then every tenth part more; the last one is the run's own. */
function looksOf(first: number, own: number): number[] {
  const looks: number[] = [];
  for (let at = first; at < own; at = at < 32 ? at + 1 : Math.ceil(at * 1.1)) looks.push(at);
  return [...looks, own];
}

test('a look has the level of the whole plan up to it, in whatever order rounds are asked for', () => {
  for (const [first, rounds] of [
    [5, [40, 6, 37, 5, 36, 3, 44]],
    [7, [7, 8, 31, 32, 33, 50]],
  ] as const) {
    for (const own of rounds) {
      const looks = own < first ? [own] : looksOf(first, own);
      const most = 60;
      const ofPlan = (at: number): number => sameSpending(at) / sameSpending(most);
      const whole = nominalLevels(looks, intervalError, ofPlan, (at, level) => attainedLevel('pooled', at, level));
      const level = levelAt(own, { first, most }, intervalError, sameSpending, 'pooled');
      assert.equal(level, whole.at(-1), `${own} rounds, first look after ${first}`);
    }
  }
});
