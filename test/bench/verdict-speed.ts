// How long judging takes: processor time of this process, so that neighbours on the machine do not count.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { analyze } from '../../src/analyze.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { historyText } from '../../src/report/trend-text.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { readBaseline } from '../../src/store/baseline-file.ts';
import { historyOf } from '../../src/trend/levels.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
} from '../examples/run.ts';
import { boots, gatingRule, pairedInput, sampleScenario, sampleSeries, sampleSession } from '../verdict/samples.ts';
import type { Promised } from './table.ts';

export async function verdictSpeed(): Promise<Promised[]> {
  const input = thousandBoots();
  const judging = await secondsOf(async () => judge(input));
  const run = thousandRecorded();
  const analyzing = await secondsOf(async () => analyze(run));
  await using folder = await temporaryFolder('bootgauge-speed-');
  const file = join(folder.path, 'default.jsonl');
  await writeFile(file, tenThousandSessions());
  const history = await secondsOf(async () => {
    const sessions = await readBaseline(file);
    historyText([historyOf({ file, metric: 'time-to-ssh', sessions })], {
      columns: 100,
      colour: 'none',
      characters: 'unicode',
    });
  });
  const promise = (what: string, seconds: number, limit: number): Promised => ({
    what: `${what} in under ${limit} s`,
    measured: `${seconds.toFixed(2)} s`,
    met: seconds < limit,
  });
  return [
    promise('judging 1,000 boots with four metrics', judging, 2),
    promise('the whole report of 1,000 recorded boots with short consoles', analyzing, 2),
    promise('a history of 10,000 sessions, from file to table,', history, 1),
  ];
}

function tenThousandSessions(): string {
  const random = randomFrom(1);
  const metrics = ['time-to-ssh', 'time-to-login', 'cpu-time'];
  return Array.from({ length: 10_000 }, (_, run) => {
    const samples = metrics.map((metric) => [metric, boots(12, 9000, 0.03, random)] as const);
    return `${JSON.stringify(sampleSession(`run-${run}`, Object.fromEntries(samples)))}\n`;
  }).join('');
}

function thousandRecorded() {
  const times = boots(1000, 9000, 0.03, randomFrom(3));
  const recorded = times.map((time, index) => {
    const side = index % 2 === 0 ? 'base' : 'head';
    return exampleBoot(index + 1, time, { side, round: 1 + Math.floor(index / 2) });
  });
  const sampling = { ...exampleScenario.sampling, maxBoots: 500 };
  return exampleRun([
    exampleRecordedScenario(recorded, {
      scenario: { ...exampleScenario, base: exampleScenario.head, sampling },
      conditions: { head: exampleConditions, base: exampleConditions },
    }),
  ]);
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

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
