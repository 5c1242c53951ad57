// npm run bench:qemu -- --source <checkout or archive of QEMU 10> [--python file] [--configure word]... [--only case|tree]
// [--json]: builds base and head of real QEMU source, boots the reference guest with both in turn, and checks patches whose effect is
// known beforehand.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { analyze, stopRule } from '../../src/analyze.ts';
import { buildEmulator } from '../../src/build/build.ts';
import { openSource } from '../../src/build/source.ts';
import { defaultDeadlines, defaultRules, defaultSide } from '../../src/config/defaults.ts';
import type { BuildSpec } from '../../src/model/build.ts';
import type { ScenarioReport } from '../../src/model/report.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { record } from '../../src/recording/record.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { behind, type Case, gating, ofMetric, shown } from './qemu-case.ts';
import { responseCases } from './qemu-responses.ts';
import { finishBench, type Promised } from './table.ts';

const { values } = parseArgs({
  options: {
    source: { type: 'string' },
    python: { type: 'string' },
    only: { type: 'string', default: '' },
    configure: { type: 'string', multiple: true, default: [] },
    pairs: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});
if (values.source === undefined) throw new Error('--source takes a checkout or an archive of QEMU 10');
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
const cache = cacheFolder(process.env, homedir());
const options = {
  cache,
  environment: process.env,
  signal: interrupted.signal,
  progress: (event: { kind: string; text?: string; task?: string; seconds?: number; detail?: string }) => {
    if (event.kind === 'note') process.stderr.write(`${event.text}\n`);
    if (event.kind === 'task-ended')
      process.stderr.write(`${event.task}: ${event.seconds?.toFixed(1)} s ${event.detail}\n`);
  },
};
const source = await openSource(resolve(values.source), options);
const scratch = await mkdtemp(join(tmpdir(), 'bootgauge-bench-'));
const spec: BuildSpec = {
  source: resolve(values.source),
  ref: 'HEAD',
  patches: [],
  preset: 'minimal',
  configure: values.configure,
  python: values.python === undefined ? null : resolve(values.python),
  environment: {},
  dependencies: [],
};

const sleepyWfi = behind(/void HELPER\(wfi\)\([^)]*\)\n\{/, 'g_usleep(1000);');
const cpuAlso = (report: ScenarioReport): string => `${shown(report, 'time-to-ssh')}; ${shown(report, 'cpu-time')}`;

const cases: readonly Case[] = [
  {
    name: 'comment',
    cpus: 2,
    patch: { file: 'hw/arm/virt.c', change: (text) => `${text}/* Nothing changes. */\n` },
    metrics: { 'time-to-ssh': gating },
    check: (report) => {
      const identical = report.warnings.some(({ code }) => code === 'identical-sides');
      const met = identical || report.verdict.word === 'same';
      return { what: 'a comment changes nothing', measured: identical ? 'identical binaries' : cpuAlso(report), met };
    },
  },
  {
    name: 'machine-init',
    cpus: 2,
    patch: {
      file: 'hw/arm/virt.c',
      change: behind(/static void machvirt_init\(MachineState \*machine\)\n\{/, 'g_usleep(200 * 1000);'),
    },
    metrics: { 'phase:qemu-start': gating, 'time-to-ssh': { ...gating, gate: false } },
    check: (report) => {
      const one = ofMetric(report, 'phase:qemu-start');
      const base = one?.base.median ?? 0;
      const low = ((one?.interval?.low ?? 0) - 1) * base;
      const high = ((one?.interval?.high ?? 0) - 1) * base;
      const met = one?.word === 'slower' && low <= 200 && 200 <= high;
      const size = `+${(((one?.ratio ?? 1) - 1) * base).toFixed(0)} ms [${low.toFixed(0)}, ${high.toFixed(0)}]`;
      return {
        what: 'a sleep of 200 ms in machine init is found in qemu-start, in its size',
        measured: `${size}, ${one?.word}`,
        met,
      };
    },
  },
  {
    name: 'wfi-1',
    cpus: 1,
    patch: { file: 'target/arm/tcg/op_helper.c', change: sleepyWfi },
    metrics: { 'time-to-ssh': gating, 'cpu-time': { ...gating, gate: false } },
    check: (report) => {
      const met = ofMetric(report, 'time-to-ssh')?.word === 'same';
      return { what: 'a sleep of 1 ms in WFI is not found with 1 processor', measured: cpuAlso(report), met };
    },
  },
  {
    name: 'wfi-2',
    cpus: 2,
    patch: { file: 'target/arm/tcg/op_helper.c', change: sleepyWfi },
    metrics: { 'time-to-ssh': gating, 'cpu-time': { ...gating, gate: false } },
    check: (report) => {
      const { word, interval } = ofMetric(report, 'time-to-ssh') ?? {};
      const met = word === 'slower' && interval != null && interval.low <= 1.3 && interval.high >= 1.2;
      return {
        what: 'the same sleep is found with 2 processors, where it costs 20 to 30 %',
        measured: cpuAlso(report),
        met,
      };
    },
  },
  ...responseCases,
];

const rows: (string | number)[][] = [];
const promises: Promised[] = [];
const data: unknown[] = [];
try {
  await timeBuilds();
  for (const one of cases.filter(({ name }) => name.startsWith(values.only))) promises.push(await runCase(one));
  if (['', 'tree'].includes(values.only)) await timeSecondTree();
} finally {
  await rm(scratch, { recursive: true, force: true });
}
finishBench(
  {
    name: `Builds and boots of ${(await git('log', '-1', '--format=%h %s', 'HEAD')).slice(0, 60)}`,
    columns: ['build', 'seconds', 'steps'],
    rows,
    promises,
    notes: ['steps is what ninja ran; a build that was in the cache has none'],
    data,
  },
  values.json ? 'json' : 'table',
);

/** Full, unchanged, one file. What an earlier run built is told as what it costs now. */
async function timeBuilds(): Promise<void> {
  const comment = await patchOfCase('comment');
  await timed('full, or from the cache', 'base', {});
  await timed('unchanged', 'base', {});
  await timed('one changed file', 'base', { patches: [comment] });
}

/** Two patches at once are a tree that no case has built. */
async function timeSecondTree(): Promise<void> {
  const patches = [await patchOfCase('comment'), await patchOfCase('wfi-1')];
  await timed('all of it in a second work tree', 'head', { patches });
}

async function timed(name: string, slot: string, changes: Partial<BuildSpec>): Promise<void> {
  const begun = performance.now();
  const { made } = await buildEmulator({ spec: { ...spec, ...changes }, architecture: 'arm64', slot }, options);
  const seconds = Number(((performance.now() - begun) / 1000).toFixed(2));
  rows.push([name, seconds, made === null ? '-' : made.steps]);
}

async function runCase(one: Case): Promise<Promised> {
  const patches = one.patch === null ? [] : [await patchOf(one.name, one.patch)];
  // In base's work tree it costs one file; the run finds it in the cache.
  await buildEmulator({ spec: { ...spec, patches }, architecture: 'arm64', slot: 'base' }, options);
  const side = (patches: readonly string[], qemuArguments: readonly string[] = []): Scenario['head'] => ({
    ...defaultSide,
    machine: { ...defaultSide.machine, accel: 'tcg', cpus: one.cpus, qemuArguments },
    qemu: { from: 'build', build: { ...spec, patches } },
  });
  const pairs = Number(values.pairs);
  const scenario: Scenario = {
    id: one.name,
    description: '',
    profile: 'timing',
    markers: 'alpine',
    head: side(patches, one.headArguments),
    base: side([]),
    probes: [],
    deadlines: defaultDeadlines,
    ...(one.responsiveness === undefined ? {} : { responsiveness: one.responsiveness }),
    metrics: { ...defaultRules, ...one.metrics },
    sampling: { warmup: 1, boots: Math.min(7, pairs), maxBoots: pairs, timeBudgetMs: 1_200_000 },
  };
  const { run } = await record({
    root: scratch,
    scenarios: [scenario],
    prepare: {
      kit: options,
      remembered: rememberIn(join(cache, 'trials.json')),
      build: async (request) => (await buildEmulator(request, options)).emulator,
    },
    onUndecided: 'pass',
    commit: '',
    tool: 'bench',
    stopRule,
    progress: (event) => {
      if (event.kind === 'boot-ended')
        process.stderr.write(`${one.name}: boot ${event.number}, ${event.readyMs?.toFixed(0)} ms\n`);
    },
    signal: interrupted.signal,
    now: () => new Date(),
  });
  const report = analyze(run).scenarios[0] as ScenarioReport;
  data.push({ case: one.name, verdict: report.verdict, comparisons: report.comparisons, where: report.where });
  return one.check(report, run);
}

function patchOfCase(wanted: string): Promise<string> {
  const patch = cases.find(({ name }) => name === wanted)?.patch;
  if (patch == null) throw new Error(`there is no case ${wanted} with a patch`);
  return patchOf(wanted, patch);
}

/** A patch made from the source itself, so that it fits whatever version that is. */
async function patchOf(name: string, { file, change }: NonNullable<Case['patch']>): Promise<string> {
  const before = `${await git('show', `HEAD:${file}`)}\n`;
  const after = change(before);
  if (after === null) throw new Error(`${file} is not as this benchmark knows it: the case ${name} cannot be made`);
  for (const [folder, text] of [
    ['a', before],
    ['b', after],
  ] as const) {
    await mkdir(dirname(join(scratch, folder, file)), { recursive: true });
    await writeFile(join(scratch, folder, file), text);
  }
  const path = join(scratch, `${name}.patch`);
  await writeFile(path, difference(join('a', file), join('b', file)));
  return path;
}

function difference(one: string, other: string): string {
  try {
    execFileSync('git', ['diff', '--no-index', '--no-prefix', one, other], { cwd: scratch });
    throw new Error('a case changes nothing');
  } catch (error) {
    const { stdout, status } = error as { stdout?: Buffer; status?: number };
    if (status !== 1 || stdout === undefined) throw error;
    return stdout.toString();
  }
}

async function git(...words: string[]): Promise<string> {
  return execFileSync('git', ['-C', source.folder, ...words], { encoding: 'utf8', maxBuffer: 1 << 26 }).replace(
    /\n$/,
    '',
  );
}
