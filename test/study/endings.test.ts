// When an arm ends, and what may be said of its level, at the very edge of each rule.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { StudyPlan } from '../../src/model/study.ts';
import { type BootEnd, endings } from '../../src/study/decide.ts';
import { failsMore, interactions, type Table } from '../../src/study/effects.ts';
import { planOf, usual } from './plan.ts';

/** Arm -> its times by block, as multiples of 8 s; null: the boot failed. Other arms took 8 s in each block. */
function tableOf(plan: StudyPlan, times: Readonly<Record<string, readonly (number | null)[]>>, blocks: number): Table {
  return new Map(
    plan.arms.map(({ id }) => [
      id,
      new Map(
        Array.from({ length: blocks }, (_, index) => {
          const time = (times[id] ?? [])[index];
          return [index + 1, time === null ? null : 8000 * (time ?? 1)] as const;
        }),
      ),
    ]),
  );
}

const around = (centre: number, spread: number, blocks: number): number[] =>
  Array.from({ length: blocks }, (_, index) => Math.exp(centre + (index % 2 === 0 ? spread : -spread)));

const endedOf = (plan: StudyPlan, table: Table, block: number, outcomes = new Map<string, BootEnd[]>()) =>
  endings({ plan, table, outcomes, ended: [], block }).map(({ arm, why }) => `${arm} ${why}`);

test('an arm is settled when its ratio is known to within 1.5 % either way', () => {
  const plan = planOf('factors:\n  cpus: [4, 1]\n');
  // Student's half width at 99 % for four blocks is 3.37 times this spread.
  assert.deepEqual(endedOf(plan, tableOf(plan, { 'cpus=1': around(0, 0.0035, 4) }, 4), 4), ['cpus=1 settled']);
  assert.deepEqual(endedOf(plan, tableOf(plan, { 'cpus=1': around(0, 0.006, 4) }, 4), 4), []);
});

test('arms are judged from the fewest blocks on, and not before', () => {
  const plan = planOf('factors:\n  cpus: [4, 1]\n');
  const slow = { 'cpus=1': around(0.4, 0.001, 4) };
  assert.deepEqual(endedOf(plan, tableOf(plan, slow, 3), 3), []);
  assert.deepEqual(endedOf(plan, tableOf(plan, slow, 4), 4), ['cpus=1 slower']);
});

test('in a full design no arm ends for being slow: the effects of all factors need it', () => {
  const plan = planOf(`design: full\n${usual}`);
  assert.deepEqual(endedOf(plan, tableOf(plan, { 'cpus=1': around(0.4, 0.001, 8) }, 8), 8), []);
});

test('a failure counts only in a block in which the default came up every time', () => {
  const plan = planOf('factors:\n  cpus: [4, 1]\n');
  const warmups = (...came: boolean[]): BootEnd[] => came.map((did) => ({ block: 0, came: did }));
  const dead = warmups(false, false);
  const table = tableOf(plan, {}, 0);
  const outcomes = (standard: BootEnd[]) =>
    new Map([
      ['default', standard],
      ['cpus=1', dead],
    ]);
  assert.deepEqual(endedOf(plan, table, 0, outcomes(warmups(true, false))), []);
  assert.deepEqual(endedOf(plan, table, 0, outcomes(warmups(true, true))), ['cpus=1 never came up']);
});

test('a level is less reliable when it fails where the default does not, not when both fail', () => {
  const plan = planOf('factors:\n  cpus: [4, 1]\n');
  const [cpus] = plan.factors as [StudyPlan['factors'][number]];
  const both = tableOf(plan, { default: [1, null, 1, 1], 'cpus=1': [1, null, 1, 1] }, 4);
  const one = tableOf(plan, { 'cpus=1': [1, null, 1, 1] }, 4);
  assert.equal(failsMore(both, plan.arms, cpus, '1'), false);
  assert.equal(failsMore(one, plan.arms, cpus, '1'), true);
});

test('an interaction must be sure over all pairs of levels at once', () => {
  const plan = planOf(`design: full\n${usual}`);
  const joint = (centre: number): Table => tableOf(plan, { 'cpus=1,console=loud': around(centre, 0.01, 4) }, 4);
  // Its mean is 3.6 standard errors: enough for one pair of levels (3.2), too little for both (4.2).
  assert.deepEqual(interactions(joint(0.0208), plan.arms, plan.factors), []);
  assert.equal(interactions(joint(0.03), plan.arms, plan.factors).length, 1);
});
