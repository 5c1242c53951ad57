// npm run bench:real -- [--pairs n] [--json]: the verdict on real boots of the reference guest. An A/A run must not be flagged; the
// same guest with a service that really takes about 10 % longer must be, and the phase that carries it must be named.
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, homedir, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { analyze, stopRule } from '../../src/analyze.ts';
import { defaultDeadlines, defaultGuest, defaultRules, defaultSide } from '../../src/config/defaults.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { ensureGuest } from '../../src/kit/kit.ts';
import type { Summary } from '../../src/model/comparison.ts';
import type { CustomGuest } from '../../src/model/guests/custom.ts';
import type { ScenarioReport } from '../../src/model/report.ts';
import type { Scenario, SideSpec } from '../../src/model/scenario.ts';
import { record } from '../../src/recording/record.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { slowedRamdisk } from '../fixtures/slow-service.ts';
import { finishBench, type Promised } from './table.ts';

const costShare = 0.1;
/** The service that is made slower, and the phase of the same name that must be blamed. */
const slowService = 'hwdrivers';

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 5)
  throw new Error(`--pairs takes a whole number from 5 on, not ${values.pairs}`);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const cache = cacheFolder(process.env, homedir());
const kit = { cache, progress: () => {}, signal: interrupted.signal };
const loadBefore = loadavg()[0] ?? 0;
await using scratch = await temporaryFolder('bootgauge-real-');

const plain: SideSpec = { ...defaultSide, machine: { ...defaultSide.machine, accel: 'tcg' } };
// All pairs are taken: the promise is about that many, and the noise is measured on them.
const unchanged = await compare('unchanged', plain, pairs);
const delayMs = Math.round(costShare * (timeToSsh(unchanged)?.base.median ?? 0));
const slowed = await compare('slowed', { ...plain, guest: await slowGuest(delayMs) }, Math.min(5, pairs));

finishBench(
  {
    name: 'The verdict on real boots of the reference guest (time-to-ssh)',
    columns: ['run', 'pairs', 'base', 'CV of base', 'head', 'CV of head', 'change [95 %]', 'verdict', 'carried by'],
    rows: [rowOf('nothing changed', unchanged), rowOf(`+${delayMs} ms in ${slowService}`, slowed)],
    promises: [...promisesUnchanged(), ...promisesSlowed()],
    notes:
      loadBefore > availableParallelism() / 4
        ? [`the load average was ${loadBefore.toFixed(1)} before: a busy machine makes boots uneven`]
        : [],
    data: [unchanged, slowed].map(({ scenario, verdict, comparisons, phases, where, warnings }) => ({
      ...{ run: scenario.id, verdict, comparisons, phases, where, warnings },
    })),
  },
  values.json ? 'json' : 'table',
);

/** Boots the plain guest and `head` in turn through the rooms that a run goes through, in a folder of its own. */
async function compare(id: string, head: SideSpec, fewest: number): Promise<ScenarioReport> {
  const scenario: Scenario = {
    ...{ id, description: '', profile: 'timing', markers: 'alpine', head, base: plain, probes: [] },
    deadlines: defaultDeadlines,
    metrics: defaultRules,
    sampling: { warmup: 1, boots: fewest, maxBoots: pairs, timeBudgetMs: 3_600_000 },
  };
  const { run } = await record({
    root: scratch.path,
    scenarios: [scenario],
    prepare: {
      kit,
      remembered: rememberIn(join(cache, 'trials.json')),
      build: () => Promise.reject(new Error('nothing is built here')),
    },
    ...{ onUndecided: 'pass', commit: '', tool: 'bench', stopRule },
    progress: (event) => {
      if (event.kind === 'boot-ended') say(`${id}: boot ${event.number}, ${event.readyMs?.toFixed(0)} ms`);
    },
    signal: interrupted.signal,
    now: () => new Date(),
  });
  return analyze(run).scenarios[0] as ScenarioReport;
}

/** The reference guest whose service sleeps before it ends. */
async function slowGuest(milliseconds: number): Promise<CustomGuest> {
  const { initrd } = await ensureGuest(defaultGuest, kit);
  const path = join(scratch.path, 'initrd');
  await writeFile(path, slowedRamdisk(await readFile(initrd), slowService, milliseconds));
  return {
    ...{ kind: 'custom', architecture: defaultGuest.architecture, rest: defaultGuest, initrd: path },
    ...{ kernel: null, disk: null, append: null, access: null },
  };
}

function timeToSsh({ comparisons }: ScenarioReport) {
  return comparisons.find(({ metric }) => metric === 'time-to-ssh');
}

function promisesUnchanged(): Promised[] {
  const { verdict } = unchanged;
  const met = verdict.word === 'same' || verdict.word === 'undecided';
  return [
    {
      what: `${pairs} pairs of the same guest are not flagged`,
      measured: `${verdict.word}: ${verdict.because}`,
      met,
    },
  ];
}

function promisesSlowed(): Promised[] {
  const { verdict, where } = slowed;
  return [
    {
      what: `a service that takes ${delayMs} ms longer is found`,
      measured: `${verdict.word}: ${verdict.because}`,
      met: verdict.word === 'slower',
    },
    {
      what: `the phase that carries it is ${slowService}`,
      measured: carriers(slowed) || 'none named',
      met: where?.phases[0]?.name === slowService,
    },
  ];
}

function rowOf(name: string, report: ScenarioReport): (string | number)[] {
  const found = timeToSsh(report);
  if (found === undefined) return [name, 0, '', '', '', '', '', report.verdict.word, ''];
  const change = (ratio: number): string => `${ratio < 1 ? '' : '+'}${((ratio - 1) * 100).toFixed(1)}`;
  const { ratio, interval, head, base } = found;
  const range = interval === null ? '' : ` [${change(interval.low)}, ${change(interval.high)}]`;
  const changed = ratio === null ? '' : `${change(ratio)} %${range}`;
  return [name, head.count, ...shown(base), ...shown(head), changed, report.verdict.word, carriers(report)];
}

function carriers({ where }: ScenarioReport): string {
  return (where?.phases ?? []).map(({ name, differenceMs }) => `${name} ${differenceMs.toFixed(0)} ms`).join(', ');
}

function shown({ median, noise }: Summary): string[] {
  return [
    median === null ? '' : `${(median / 1000).toFixed(2)} s`,
    noise === null ? '' : `${(noise * 100).toFixed(1)} %`,
  ];
}
