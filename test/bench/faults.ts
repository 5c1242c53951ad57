// npm run bench:faults -- [--pairs n] [--only words] [--json]: puts known faults into the reference guest, one at a time and for real.
// Promises: each is named, nothing else is, its cost is told within 10 %, and a guest without faults has no findings.
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { analyzeInFull } from '../../src/analyze.ts';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Finding } from '../../src/model/report.ts';
import type { Gpu, Scenario } from '../../src/model/scenario.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { median } from '../../src/stats/quantiles.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readLines } from '../../src/timeline/lines.ts';
import { exampleRecordedScenario, exampleRun, exampleScenario, exampleSide } from '../examples/run.ts';
import { planReference } from '../guest/plan-reference.ts';
import { type Fault, faults, guestOf } from './faults-put-in.ts';
import { finishBench } from './table.ts';

const promisedShare = 0.1;
const deadlineMs = 90_000;
/** A guest that cannot come up is looked at for this long. */
const fatalDeadlineMs = 30_000;

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs takes a whole number above 0, not ${values.pairs}`);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
const kit = { cache: cacheFolder(process.env, homedir()), progress: () => {}, signal: interrupted.signal };
const chosen = faults.filter(({ name }) => name.includes(values.only));

interface Seen {
  readonly console: string;
  readonly stderr: string;
  readonly findings: readonly Finding[];
  readonly outcome: Boot['outcome'];
  /** null: the guest did not come up. */
  readonly timeToSshMs: number | null;
  readonly phasesMs: Readonly<Record<string, number>>;
}

interface Result {
  readonly fault: Fault;
  readonly faulty: readonly Seen[];
  readonly clean: readonly Seen[];
}

const results: Result[] = [];
for (const fault of chosen) {
  const plan = await healthyPlan(fault.pages, fault.gpu);
  const [faulty, clean]: [Seen[], Seen[]] = [[], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    clean.push(await healthyBoot(plan));
    faulty.push(await faultyBoot(fault, plan));
    const [one, other] = [clean.at(-1), faulty.at(-1)];
    process.stderr.write(
      `${fault.name}: ${shown(one)} without (${names(one)}), ${shown(other)} with: ${names(other)}\n`,
    );
  }
  results.push({ fault, faulty, clean });
}
report();

async function healthyPlan(pages: ReferenceGuest['pages'], gpu: Gpu): Promise<QemuLaunchPlan> {
  const guest = guestOf(pages);
  const emulator = await ensureEmulator(kit);
  const files = await ensureGuest(guest, kit);
  const machine = { accel: 'tcg', cpus: 2, memoryMiB: 1024, gpu, append: '', qemuArguments: [] } as const;
  return planReference({ guest, files, machine, profile: 'timing', emulator, accelerator: 'tcg' });
}

function healthyBoot(plan: QemuLaunchPlan): Promise<Seen> {
  return boot(plan, deadlineMs, () => {});
}

async function faultyBoot(fault: Fault, healthy: QemuLaunchPlan): Promise<Seen> {
  // Short: the path of a socket may lie in it.
  const folder = await mkdtemp(join(tmpdir(), 'bgf-'));
  const over = new AbortController();
  const networking = Promise.withResolvers<void>();
  try {
    const plan = await fault.put(healthy, folder);
    const beside = fault.during?.(folder, networking.promise, over.signal).catch(() => {});
    const seen = await boot(plan, fault.fatal ? fatalDeadlineMs : deadlineMs, (phase) => {
      if (phase === 'networking') networking.resolve();
    });
    over.abort();
    networking.resolve();
    await beside;
    return seen;
  } finally {
    over.abort();
    await rm(folder, { recursive: true });
  }
}

async function boot(plan: QemuLaunchPlan, totalMs: number, onPhase: (phase: string) => void): Promise<Seen> {
  // The machine's graphics decide what the guest is asked.
  const head = { ...exampleSide, machine: { ...exampleSide.machine, gpu: plan.gpu } };
  const scenario: Scenario = { ...exampleScenario, head, deadlines: { totalMs, phasesMs: {} } };
  const slot = { side: 'head', round: 1, warmup: false } as const;
  const markers = markerProfileOf(scenario);
  const recorded: Boot = await bootOnce({
    ...{ plan, scenario, markers, slot, number: 1, onPhase, signal: interrupted.signal },
  });
  const [read] = analyzeInFull(exampleRun([exampleRecordedScenario([recorded], { scenario })])).boots;
  if (read === undefined) throw new Error('the boot was not read');
  const { console, stderr, outcome } = recorded;
  const text = new TextDecoder().decode(console.bytes);
  return {
    ...{ console: text, stderr, findings: diagnose({ ...read, lines: readLines(console) }), outcome },
    timeToSshMs: read.timeline.complete ? read.timeline.endNs / 1e6 : null,
    phasesMs: Object.fromEntries(read.timeline.phases.map(({ name, durationNs }) => [name, durationNs / 1e6])),
  };
}

function report(): void {
  const rows = results.map(({ fault, faulty, clean }) => {
    const costs = faulty.map((seen) => ({ told: toldMs(fault, seen), truth: fault.costMs(seen.stderr) }));
    const list = (values: readonly (number | null)[]): string =>
      values.map((ms) => (ms === null ? '-' : (ms / 1000).toFixed(2))).join(', ');
    return [
      fault.name,
      `${faulty.filter((seen) => named(fault, seen)).length} of ${faulty.length}`,
      faulty.flatMap((seen) => others(fault, seen)).join(' ') || 'nothing',
      list(costs.map(({ told }) => told)),
      list(costs.map(({ truth }) => truth)),
      difference(fault.phase, faulty, clean),
      clean.flatMap(({ findings }) => findings.map(({ id }) => id)).join(' ') || 'nothing',
    ];
  });
  const unnamed = results.filter(({ fault, faulty }) => !faulty.every((seen) => named(fault, seen)));
  const noisy = results.filter(({ fault, faulty }) => faulty.some((seen) => others(fault, seen).length > 0));
  const off = results.flatMap(({ fault, faulty }) => faulty.flatMap((seen) => offBy(fault, seen) ?? []));
  const healthy = results.flatMap(({ clean }) => clean);
  const suspected = healthy.filter(({ findings }) => findings.length > 0).length;
  const list = (some: readonly Result[]): string => some.map(({ fault }) => fault.name).join('; ') || 'all';
  finishBench(
    {
      name: 'Known causes, put into the reference guest',
      columns: ['fault', 'named', 'what else', 's told', 's in truth', 'phase differs by', 'found without it'],
      rows,
      promises: [
        { what: 'every fault is named in every boot', measured: list(unnamed), met: unnamed.length === 0 },
        { what: 'nothing else is named', measured: list(noisy), met: noisy.length === 0 },
        {
          what: 'a cost is told within 10 % of the truth',
          measured: off.length === 0 ? 'none has one' : `${(Math.max(...off) * 100).toFixed(1)} % at most`,
          met: off.every((share) => share <= promisedShare),
        },
        {
          what: 'a guest without faults has no findings',
          measured: `${suspected} of ${healthy.length} boots`,
          met: suspected === 0,
        },
      ],
      notes: [
        'a further service costs more than its sleep: OpenRC reads and runs its script, which is no part of the fault',
      ],
      data: results.map(({ fault, faulty, clean }) => ({ name: fault.name, finding: fault.finding, faulty, clean })),
    },
    values.json ? 'json' : 'table',
  );
}

function named({ finding }: Fault, { findings }: Seen): boolean {
  return findings.some(({ id }) => id === finding);
}

function others({ finding }: Fault, { findings }: Seen): string[] {
  return findings.map(({ id }) => id).filter((id) => id !== finding);
}

function toldMs({ finding }: Fault, { findings }: Seen): number | null {
  return findings.find(({ id }) => id === finding)?.costMs ?? null;
}

/** A share; a cost that is not told, or told where there is none, is wholly off. null: rightly none. */
function offBy(fault: Fault, seen: Seen): number | null {
  const [told, truth] = [toldMs(fault, seen), fault.costMs(seen.stderr)];
  if (told === null || truth === null) return told === truth ? null : 1;
  return Math.abs(told / truth - 1);
}

/** Of the phase that the fault lies in, whatever else the machine does to a boot. */
function difference(phase: string, faulty: readonly Seen[], clean: readonly Seen[]): string {
  const [one, other] = [faulty, clean].map((some) => some.flatMap(({ phasesMs }) => phasesMs[phase] ?? []));
  if (phase === '' || one === undefined || other === undefined || one.length * other.length === 0) return '-';
  return `${phase} ${((median(one) - median(other)) / 1000).toFixed(2)} s`;
}

function shown(seen: Seen | undefined): string {
  return seen?.timeToSshMs == null ? 'no SSH' : `${(seen.timeToSshMs / 1000).toFixed(2)} s`;
}

function names(seen: Seen | undefined): string {
  return seen?.findings.map(({ id }) => id).join(', ') || 'nothing';
}
