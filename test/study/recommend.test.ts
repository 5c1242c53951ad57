// What a study recommends, over thousands of simulated ones: seldom anything where nothing helps, and never what fails.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ArmSummary, EndedArm, LevelEffect, StudyPlan } from '../../src/model/study.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { effectConfidence, endings } from '../../src/study/decide.ts';
import { interactions, levelEffect, type Table } from '../../src/study/effects.ts';
import { recommend } from '../../src/study/recommend.ts';
import { planOf } from './plan.ts';

const normal = normalFrom(randomFrom(12345));
const factors = `factors:
  cpus: [4, 2, 1]
  console: { quiet: {}, loud: { append: loglevel=7 } }
  initramfs: [gzip, zstd, none]
  kernel: { a: {}, b: { append: x=1 } }
sampling: { warmup: 1, blocks: 4, max-blocks: 8 }
`;

/** A study as it goes: blocks of boots, each arm's own ratio, arms that end early. null: a boot that failed. */
function simulate(plan: StudyPlan, lengthMs: (arm: string, block: number) => number | null) {
  const table = new Map(plan.arms.map(({ id }) => [id, new Map<number, number | null>()]));
  const ended: EndedArm[] = [];
  for (let block = 1; block <= plan.sampling.maxBlocks; block += 1) {
    for (const { id } of plan.arms) {
      if (!ended.some(({ arm }) => arm === id)) table.get(id)?.set(block, lengthMs(id, block));
    }
    ended.push(...endings({ plan, table, outcomes: new Map(), ended, block }));
  }
  return { table, ended };
}

function judge(plan: StudyPlan, table: Table, ended: readonly EndedArm[], lessReliable: readonly string[] = []) {
  const ranking = plan.factors.flatMap((factor) =>
    factor.levels.slice(1).map((level): LevelEffect => {
      const own = plan.arms.filter((arm) => arm.levels[factor.name] === level);
      const confidence = effectConfidence(plan, ended, own);
      const main = levelEffect('time-to-ssh', table, plan.arms, factor, level, confidence);
      const name = `${factor.name}=${level}`;
      return {
        ...{ factor: factor.name, level, insteadOf: factor.levels[0] ?? '', word: 'unclear', main, metrics: [] },
        ...{ phases: [], failed: 0, boots: 8, lessReliable: lessReliable.includes(name), note: '' },
      };
    }),
  );
  const arms = plan.arms.map(({ id, levels }): ArmSummary => {
    const values = [...(table.get(id)?.values() ?? [])];
    const failed = values.filter((value) => value === null).length;
    return { id, levels, boots: values.length, failed, medianMs: null, ended: null };
  });
  const interacting = interactions(table, plan.arms, plan.factors).length > 0;
  return { ranking, recommendation: recommend({ plan, ended, table, ranking, arms, interacting }) };
}

for (const noise of [0.0075, 0.02, 0.05]) {
  test(`where nothing helps, at most 5 % of studies recommend something, and 95 % intervals hold: CV ${100 * noise} %`, () => {
    const plan = planOf(factors);
    const trials = 1500;
    const seen = { recommended: 0, held: 0, effects: 0 };
    for (let trial = 0; trial < trials; trial += 1) {
      const { table, ended } = simulate(plan, () => 6000 * Math.exp(noise * normal()));
      const { ranking, recommendation } = judge(plan, table, ended);
      if (recommendation !== null) seen.recommended += 1;
      for (const { main } of ranking) {
        seen.effects += 1;
        if (main.interval !== null && main.interval.low <= 1 && main.interval.high >= 1) seen.held += 1;
      }
    }
    // Two standard errors of 1,500 studies are 1.1 %.
    assert.ok(seen.recommended / trials <= 0.061, `${seen.recommended} of ${trials}`);
    assert.ok(seen.held / seen.effects >= 0.943, `${seen.held} of ${seen.effects}`);
  });
}

test('what helps by a tenth is recommended, and what helps by half a percent is not, however sure it is', () => {
  const plan = planOf(factors);
  const ratios: Record<string, number> = { 'cpus=1': 0.9, 'initramfs=zstd': 0.995 };
  const { table, ended } = simulate(plan, (arm) => 6000 * (ratios[arm] ?? 1) * Math.exp(0.00005 * normal()));
  const { ranking, recommendation } = judge(plan, table, ended);
  const zstd = ranking.find(({ level }) => level === 'zstd')?.main.interval;
  assert.ok((zstd?.high ?? 1) < 1);
  assert.deepEqual(recommendation?.levels, { cpus: '1', console: 'quiet', initramfs: 'gzip', kernel: 'a' });
});

const full = `design: full
factors:
  cpus: [4, 1]
  console: { quiet: {}, loud: { append: x } }
sampling: { warmup: 1, blocks: 8, max-blocks: 8 }
`;
/** One processor helps a talkative console alone; with a quiet one half of the boots fail. */
const failing = (arm: string, block: number): number | null => {
  if (arm === 'cpus=1' && block % 2 === 0) return null;
  const ratio = { 'cpus=1,console=loud': 1.5 * 0.75, 'console=loud': 1.5 }[arm] ?? 1;
  return 8000 * ratio * Math.exp(0.005 * normal());
};

test('boots that fail in one arm make a main effect less certain, and do not move it', () => {
  const plan = planOf(full);
  const { table } = simulate(plan, failing);
  const { ratio, interval } = levelEffect('time-to-ssh', table, plan.arms, plan.factors[0] as never, '1');
  const truth = Math.sqrt(0.75);
  assert.ok(Math.abs((ratio ?? 0) - truth) < 0.01, `${ratio}`);
  assert.ok(interval !== null && interval.low < truth && truth < interval.high);
});

test('where factors interact, no arm with a level that fails more often than the default is recommended', () => {
  const plan = planOf(full);
  const helps = (arm: string, block: number): number | null => {
    if (arm === 'cpus=1' && block % 2 === 0) return null;
    return 8000 * (arm === 'cpus=1,console=loud' ? 0.7 : 1) * Math.exp(0.005 * normal());
  };
  const { table, ended } = simulate(plan, helps);
  assert.deepEqual(judge(plan, table, ended).recommendation?.levels, { cpus: '1', console: 'loud' });
  assert.equal(judge(plan, table, ended, ['cpus=1']).recommendation, null);
});
