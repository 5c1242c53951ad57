// npm run bench:count: how steady the count of a guest's instructions is. Boots of the reference guest on the machine as it is and, with
// --loaded, beside two busy threads a processor: the spread of the whole, the widest phase, and what an A/A run of the first and second
// half of the boots says.
// Usage: node test/bench/count.ts [--boots 10] [--loaded] [--keep FOLDER] [--json]
// With --keep the run stays in the folder, and one that is there is read again.
import { mkdir } from 'node:fs/promises';
import { availableParallelism, homedir, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { seriesOf, stopRule } from '../../src/analyze.ts';
import { withCounting } from '../../src/config/counting.ts';
import { defaultDeadlines, defaultSide } from '../../src/config/defaults.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { RecordedRun } from '../../src/model/run.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { record } from '../../src/recording/record.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { readRun, runsNewestFirst } from '../../src/store/run-folder.ts';
import { finishBench } from './table.ts';

const { values } = parseArgs({
  options: {
    boots: { type: 'string', default: '10' },
    loaded: { type: 'boolean', default: false },
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const boots = Number(values.boots);
if (!Number.isInteger(boots) || boots < 4)
  throw new Error(`--boots takes a whole number from 4 on, not ${values.boots}`);
await using scratch = await temporaryFolder('bootgauge-count-');
const folder = resolve(values.keep ?? scratch.path);
await mkdir(folder, { recursive: true });

const [recorded] = ((await kept()) ?? (await boot())).scenarios;
if (recorded === undefined) throw new Error('the run holds no scenario');
const series = seriesOf(recorded).head;
const whole = mean(valuesOf('instructions'));
const rows = series.map(({ metric }) => {
  const all = valuesOf(metric);
  return { metric, millions: mean(all), share: deviation(all) / whole, halves: halvesOf(all) / whole };
});
const [total] = rows;
const widest = rows.slice(1).toSorted((one, other) => other.share - one.share)[0];
const percent = (share: number | undefined): string => `${((share ?? Number.NaN) * 100).toFixed(3)} %`;
const times = recorded.boots.map(
  ({ probes }) => (probes.findLast(({ outcome }) => outcome === 'banner')?.atNs ?? 0) / 1e9,
);

finishBench(
  {
    name: `Instructions of the reference guest, ${valuesOf('instructions').length} boots${values.loaded ? ', loaded' : ''}`,
    columns: ['metric', 'million', 'CV', 'standard deviation, of the boot', 'second half against first, of the boot'],
    rows: rows.map(({ metric, millions, share, halves }) => [
      ...[metric, millions.toFixed(2)],
      ...[percent((share * whole) / millions), percent(share), percent(halves)],
    ]),
    promises: [
      {
        what: `all ${boots} boots are counted`,
        measured: `${valuesOf('instructions').length}`,
        met: valuesOf('instructions').length === boots,
      },
      { what: 'CV of the boot at most 0.2 %', measured: percent(total?.share), met: (total?.share ?? 1) <= 0.002 },
      {
        what: 'no half of the boots differs by 0.2 % from the other (A/A)',
        measured: percent(total?.halves),
        met: Math.abs(total?.halves ?? 1) < 0.002,
      },
    ],
    notes: [
      `the widest phase is ${widest?.metric}, with ${percent(widest?.share)} of the boot`,
      `the same boots took ${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)} s`,
      `the load average is ${(loadavg()[0] ?? 0).toFixed(1)}`,
    ],
    data: { rows, times },
  },
  values.json ? 'json' : 'table',
);

function valuesOf(metric: string): number[] {
  return series.find((one) => one.metric === metric)?.samples.flatMap(({ value }) => value ?? []) ?? [];
}

function mean(all: readonly number[]): number {
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

function deviation(all: readonly number[]): number {
  const middle = mean(all);
  return Math.sqrt(all.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (all.length - 1));
}

function halvesOf(all: readonly number[]): number {
  const half = Math.floor(all.length / 2);
  return mean(all.slice(half)) - mean(all.slice(0, half));
}

async function kept(): Promise<RecordedRun | null> {
  for await (const name of runsNewestFirst(folder)) {
    const run = await readRun(name);
    if (run.scenarios[0]?.scenario.count === true) return run;
  }
  return null;
}

async function boot(): Promise<RecordedRun> {
  const { signal } = new AbortController();
  const cache = cacheFolder(process.env, homedir());
  const timed: Scenario = {
    ...{ id: 'default', description: '', profile: 'timing', markers: 'alpine', probes: [], metrics: {} },
    ...{ base: null, head: defaultSide, deadlines: defaultDeadlines },
    sampling: { warmup: 0, boots, maxBoots: boots, timeBudgetMs: 0 },
  };
  const busy = 'for (;;) Math.sqrt(Date.now());';
  const load = Array.from(
    { length: values.loaded ? 2 * availableParallelism() : 0 },
    () => new Worker(busy, { eval: true }),
  );
  try {
    const { run } = await record({
      root: folder,
      scenarios: withCounting([timed], boots).slice(1),
      prepare: {
        kit: { cache, progress: () => {}, signal },
        remembered: rememberIn(join(cache, 'trials.json')),
        build: () => Promise.reject(new Error('nothing is built here')),
      },
      ...{ onUndecided: 'pass', commit: '', tool: 'bench', stopRule },
      progress: (event) => {
        if (event.kind === 'boot-ended')
          process.stderr.write(`boot ${event.number}: ${event.readyMs?.toFixed(0)} ms\n`);
      },
      signal,
      now: () => new Date(),
    });
    return run;
  } finally {
    await Promise.all(load.map((worker) => worker.terminate()));
  }
}
