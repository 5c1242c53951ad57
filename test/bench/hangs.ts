// npm run bench:hangs -- [--only words] [--json] [--keep folder]: makes the reference guest hang in eight ways, for real, and reads what is said.
// Promises: each hang is named by the finding that is its own, no two are named alike, and its examination keeps to its time.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { analyzeInFull } from '../../src/analyze.ts';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Finding } from '../../src/model/report.ts';
import type { Gpu, Scenario } from '../../src/model/scenario.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readLines } from '../../src/timeline/lines.ts';
import { exampleRecordedScenario, exampleRun, exampleScenario, exampleSide } from '../examples/run.ts';
import { planReference } from '../guest/plan-reference.ts';
import { guestOf } from './faults-put-in.ts';
import { type Hang, hangs } from './hangs-produced.ts';
import { finishBench } from './table.ts';

/** The examination's own deadline, and what ending its last question may take. */
const promisedMs = 16_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    keep: { type: 'string', default: '' },
  },
});
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
const kit = { cache: cacheFolder(process.env, homedir()), progress: () => {}, signal: interrupted.signal };

interface Result {
  readonly hang: Hang;
  readonly boot: Boot;
  readonly findings: readonly Finding[];
}

const results: Result[] = [];
for (const hang of hangs.filter(({ name }) => name.includes(values.only))) {
  const result = await produce(hang);
  results.push(result);
  const { boot, findings } = result;
  if (values.keep !== '') await keep(values.keep, result);
  process.stderr.write(
    `${hang.name}: ${JSON.stringify(boot.outcome)}; examined in ${boot.autopsy?.tookMs ?? '-'} ms\n${findings
      .map(({ id, cause, evidence }) => `  ${id}: ${cause}\n${evidence.map((line) => `    | ${line}\n`).join('')}`)
      .join('')}`,
  );
}
report();

async function produce(hang: Hang): Promise<Result> {
  // Short: the path of a socket may lie in it.
  const folder = await mkdtemp(join(tmpdir(), 'bgh-'));
  const over = new AbortController();
  try {
    const gpu = hang.gpu ?? 'none';
    const plan = await hang.put(await healthyPlan(gpu), folder);
    const head = { ...exampleSide, machine: { ...exampleSide.machine, gpu } };
    const scenario: Scenario = {
      ...exampleScenario,
      head,
      deadlines: { totalMs: hang.deadlineMs, phasesMs: hang.phasesMs ?? {} },
    };
    const boot = await bootOnce({
      ...{ plan, scenario, markers: markerProfileOf(scenario), number: 1, onPhase: () => {} },
      ...{ slot: { side: 'head', round: 1, warmup: false } as const, signal: interrupted.signal },
      onLaunch: (vm) => void hang.during?.(vm, { plan, folder }, over.signal).catch(() => {}),
    });
    const [read] = analyzeInFull(exampleRun([exampleRecordedScenario([boot], { scenario })])).boots;
    if (read === undefined) throw new Error('the boot was not read');
    return { hang, boot, findings: diagnose({ ...read, lines: readLines(boot.console) }) };
  } finally {
    over.abort();
    await rm(folder, { recursive: true });
  }
}

async function healthyPlan(gpu: Gpu): Promise<QemuLaunchPlan> {
  const guest = guestOf('4k');
  const emulator = await ensureEmulator(kit);
  const files = await ensureGuest(guest, kit);
  const machine = { accel: 'tcg', cpus: 2, memoryMiB: 1024, gpu, append: '', qemuArguments: [] } as const;
  return planReference({ guest, files, machine, profile: 'timing', emulator, accelerator: 'tcg' });
}

/** The recorded boot and its findings, to be read by a person. */
async function keep(folder: string, { hang, boot, findings }: Result): Promise<void> {
  await mkdir(folder, { recursive: true });
  const name = join(folder, hang.name.replaceAll(/\W+/g, '-'));
  const { console, ...rest } = boot;
  await writeFile(`${name}.json`, JSON.stringify({ ...rest, findings }, null, 1));
  await writeFile(`${name}.console`, console.bytes);
}

function report(): void {
  const rightly = ({ hang, findings }: Result): Finding | undefined =>
    findings.find(({ id, evidence }) => hang.finding.test(id) && hang.evidence.test(evidence.join('\n')));
  const unnamed = results.filter((result) => rightly(result) === undefined);
  const ids = results.flatMap((result) => rightly(result)?.id ?? []);
  const slowest = Math.max(0, ...results.map(({ boot }) => boot.autopsy?.tookMs ?? 0));
  finishBench(
    {
      name: 'Hangs of the reference guest, each one for real',
      columns: ['hang', 'named', 'examined in s', 'what it says'],
      rows: results.map((result) => [
        result.hang.name,
        rightly(result)?.id ?? `not: ${result.findings.map(({ id }) => id).join(' ')}`,
        result.boot.autopsy === undefined ? '-' : (result.boot.autopsy.tookMs / 1000).toFixed(1),
        rightly(result)?.evidence[0] ?? '',
      ]),
      promises: [
        {
          what: 'every hang is named',
          measured: unnamed.map(({ hang }) => hang.name).join('; ') || 'all',
          met: unnamed.length === 0,
        },
        {
          what: 'no two are named alike',
          measured: `${new Set(ids).size} names for ${ids.length} hangs`,
          met: new Set(ids).size === ids.length,
        },
        {
          what: 'an examination takes at most 16 s',
          measured: `${(slowest / 1000).toFixed(1)} s at most`,
          met: slowest <= promisedMs,
        },
      ],
      notes: [],
      data: results.map(({ hang, boot, findings }) => ({ name: hang.name, autopsy: boot.autopsy ?? null, findings })),
    },
    values.json ? 'json' : 'table',
  );
}
