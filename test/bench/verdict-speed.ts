// How long judging takes: processor time of this process, so that neighbours on the machine do not count.
import { changePoints } from '../../src/stats/change-points.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { type JudgeInput, judge } from '../../src/verdict/judge.ts';
import { boots, gatingRule, pairedInput, sampleScenario, sampleSeries } from '../verdict/samples.ts';
import type { Promised } from './table.ts';

export function verdictSpeed(): Promised[] {
  const judging = secondsOf(() => judge(thousandBoots()));
  const normal = normalFrom(randomFrom(1));
  const sessions = Array.from({ length: 10_000 }, () => 0.02 * normal());
  const history = secondsOf(() => changePoints(sessions));
  return [
    {
      what: 'judging 1,000 boots with four metrics in under 2 s',
      measured: `${judging.toFixed(2)} s`,
      met: judging < 2,
    },
    { what: 'change points of 10,000 sessions in under 1 s', measured: `${history.toFixed(2)} s`, met: history < 1 },
  ];
}

function thousandBoots(): JudgeInput {
  const random = randomFrom(2);
  const metrics = ['time-to-ssh', 'time-to-login', 'cpu-time', 'time-to-vulkan'];
  const series = (side: 'head' | 'base') =>
    metrics.map((metric) => sampleSeries(side, boots(500, 9000, 0.03, random), { metric }));
  const rules = Object.fromEntries(metrics.map((metric) => [metric, gatingRule]));
  return {
    ...pairedInput([], []),
    scenario: sampleScenario({ boots: 5, maxBoots: 500 }, rules),
    head: series('head'),
    base: series('base'),
  };
}

function secondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
