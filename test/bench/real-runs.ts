// Real runs of the reference guest for bench:real, kept in a folder as every run is: what was booted before a cut counts after it.
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { analyze, stopRule } from '../../src/analyze.ts';
import { defaultDeadlines, defaultGuest, defaultRules, defaultSide } from '../../src/config/defaults.ts';
import { type StartedProcess, startProcess } from '../../src/host/processes.ts';
import { ensureGuest } from '../../src/kit/kit.ts';
import type { CustomGuest } from '../../src/model/guests/custom.ts';
import type { ScenarioReport } from '../../src/model/report.ts';
import type { Scenario, SideSpec } from '../../src/model/scenario.ts';
import { record } from '../../src/recording/record.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { readRun, runsNewestFirst } from '../../src/store/run-folder.ts';
import { slowedRamdisk } from '../fixtures/slow-service.ts';

/** Nothing changed; the same beside a job of the host that comes every minute; a service of head that takes a tenth of the boot more. */
export const kinds = ['quiet', 'disturbed', 'slowed'] as const;
export type Kind = (typeof kinds)[number];

/** The service that is made slower, and the phase of the same name that must be blamed. */
export const slowService = 'hwdrivers';
const costShare = 0.1;

export interface RunSpec {
  readonly kind: Kind;
  /** Of an unchanged head all are taken: the promise is about that many, and the noise is measured on them. */
  readonly pairs: number;
  /** Holds `.bootgauge/runs`. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

const plain: SideSpec = { ...defaultSide, machine: { ...defaultSide.machine, accel: 'tcg' } };

/** Whole runs that the folder holds, oldest first, judged by the rule of today. */
export async function keptReports({ kind, pairs, folder }: Omit<RunSpec, 'signal' | 'say'>): Promise<ScenarioReport[]> {
  const reports: ScenarioReport[] = [];
  for await (const name of runsNewestFirst(folder)) {
    const run = await readRun(name);
    const [recorded] = run.scenarios;
    if (recorded?.scenario.id !== kind || recorded.scenario.sampling.maxBoots !== pairs) continue;
    const [report] = analyze(run).scenarios;
    const booted = recorded.boots.filter(({ warmup }) => !warmup).length;
    if (report !== undefined && (booted >= 2 * pairs || report.verdict.word === 'slower')) reports.unshift(report);
  }
  return reports;
}

/** Boots both sides in turn through the rooms that a run goes through. */
export async function bootRun(spec: RunSpec): Promise<void> {
  const { kind, pairs, folder, signal, say } = spec;
  const cache = cacheFolder(process.env, homedir());
  const kit = { cache, progress: () => {}, signal };
  const guest = kind === 'slowed' ? { guest: await slowGuest(spec, kit) } : {};
  const scenario: Scenario = {
    ...{ id: kind, description: '', profile: 'timing', markers: 'alpine', probes: [] },
    ...{ base: plain, head: { ...plain, ...guest } },
    deadlines: defaultDeadlines,
    metrics: defaultRules,
    sampling: {
      warmup: 1,
      boots: kind === 'slowed' ? Math.min(6, pairs) : pairs,
      maxBoots: pairs,
      timeBudgetMs: 3_600_000,
    },
  };
  await using _job = kind === 'disturbed' ? await jobEveryMinute(signal) : null;
  await record({
    root: folder,
    scenarios: [scenario],
    prepare: {
      kit,
      remembered: rememberIn(join(cache, 'trials.json')),
      build: () => Promise.reject(new Error('nothing is built here')),
    },
    ...{ onUndecided: 'pass', commit: '', tool: 'bench', stopRule },
    progress: (event) => {
      if (event.kind === 'boot-ended') say(`${kind}: boot ${event.number}, ${event.readyMs?.toFixed(0)} ms`);
    },
    signal,
    now: () => new Date(),
  });
}

/** The reference guest whose service sleeps before it ends, for a tenth of what an unchanged guest takes. */
async function slowGuest(spec: RunSpec, kit: Parameters<typeof ensureGuest>[1]): Promise<CustomGuest> {
  const [unchanged] = [
    ...(await keptReports({ ...spec, kind: 'quiet' })),
    ...(await keptReports({ ...spec, kind: 'disturbed' })),
  ];
  const milliseconds = Math.round(
    costShare * (unchanged === undefined ? 10_000 : (timeToSsh(unchanged)?.base.median ?? 0)),
  );
  spec.say(`${slowService} of head takes ${milliseconds} ms more`);
  const { initrd } = await ensureGuest(defaultGuest, kit);
  const path = join(spec.folder, 'initrd');
  await writeFile(path, slowedRamdisk(await readFile(initrd), slowService, milliseconds));
  return {
    ...{ kind: 'custom', architecture: defaultGuest.architecture, rest: defaultGuest, initrd: path },
    ...{ kernel: null, disk: null, append: null, access: null },
  };
}

export const timeToSsh = ({ comparisons }: ScenarioReport) =>
  comparisons.find(({ metric }) => metric === 'time-to-ssh');

/** Computes on every processor for ten seconds of every minute, as an indexer or a backup does. */
function jobEveryMinute(signal: AbortSignal): Promise<StartedProcess> {
  const script = `
    const { Worker } = require('node:worker_threads');
    const busy = 'const end = Date.now() + 10_000; while (Date.now() < end) Math.sqrt(end);';
    const job = () => { for (let at = 0; at < ${availableParallelism()}; at += 1) new Worker(busy, { eval: true }); };
    job();
    setInterval(job, 60_000);
  `;
  return startProcess(process.execPath, ['-e', script], { stdio: 'ignore', signal });
}
