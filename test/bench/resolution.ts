// npm run bench:resolution -- [--boots n] [--json]: how far the stamp of the SSH banner is from the guest's own truth, with 1 and
// 2 processors, dropbear and OpenSSH. Promise: the 95th percentile of the distance is at most 50 ms.
// Two witnesses: a client inside the guest that says on the console when it has a banner, and QEMU's record of the packet with the
// first banner that left the guest. On one processor the two clients compete for it; the earlier of them is the truth.
import { homedir, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../../src/host/processes.ts';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { MachineSpec } from '../../src/model/scenario.ts';
import { launch } from '../../src/qemu/launch.ts';
import type { RunningVm } from '../../src/qemu/running-vm.ts';
import { watchBanner } from '../../src/ssh/ssh-banner.ts';
import { quantile } from '../../src/stats/quantiles.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { planReference } from '../guest/plan-reference.ts';
import { bannerPacketNs, recordPackets } from './packets.ts';
import { finishBench } from './table.ts';

const promisedMs = 50;
const truthText = 'bootgauge: ssh-banner';
const bootLimitMs = 120_000;

interface Setup {
  readonly name: string;
  readonly plan: QemuLaunchPlan;
}

interface Measured {
  readonly setup: string;
  /** Arrival of the guest's own line. */
  readonly insideMs: number;
  /** The first banner that left the guest's network card. */
  readonly cardMs: number;
  /** The earlier of both. */
  readonly truthMs: number;
  readonly stampMs: number;
  readonly resolutionMs: number;
  readonly loadAverage: number;
}

const { values } = parseArgs({
  options: { boots: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const boots = Number(values.boots);
if (!Number.isInteger(boots) || boots < 1) throw new Error(`--boots takes a whole number above 0, not ${values.boots}`);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());

const setups = await prepare();
const measured: Measured[] = [];
const failures: string[] = [];
// Rounds, so that a machine that becomes busy disturbs every setup alike.
for (let round = 1; round <= boots && !interrupted.signal.aborted; round += 1) {
  for (const setup of setups) {
    const result = await bootOnce(setup);
    if (typeof result === 'string') failures.push(result);
    else measured.push(result);
    process.stderr.write(`round ${round} of ${boots}: ${setup.name} ${describe(result)}\n`);
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- the signal may come while it boots
    if (interrupted.signal.aborted) break;
  }
}
report();

async function prepare(): Promise<Setup[]> {
  const kit = {
    cache: cacheFolder(process.env, homedir()),
    progress: () => {},
    signal: interrupted.signal,
  };
  const emulator = await ensureEmulator(kit);
  const prepared: Setup[] = [];
  for (const sshd of ['dropbear', 'openssh'] as const) {
    const guest: ReferenceGuest = { kind: 'reference', architecture: 'arm64', sshd, pages: '4k' };
    const files = await ensureGuest(guest, kit);
    for (const cpus of [1, 2]) {
      const append = 'bootgauge.truth=1';
      const machine: MachineSpec = { accel: 'tcg', cpus, memoryMiB: 1024, gpu: 'none', append, qemuArguments: [] };
      const plan = planReference({ guest, files, machine, profile: 'timing', emulator, accelerator: 'tcg' });
      prepared.push({ name: `${sshd}, ${cpus} CPU${cpus > 1 ? 's' : ''}`, plan });
    }
  }
  return prepared;
}

/** What was measured, or why nothing was. */
async function bootOnce({ name, plan }: Setup): Promise<Measured | string> {
  const loadAverage = loadavg()[0] ?? 0;
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(bootLimitMs)]);
  await using folder = await temporaryFolder('bootgauge-packets-');
  const packets = join(folder.path, 'packets');
  const recording = { ...plan, extraArguments: [...plan.extraArguments, ...recordPackets(packets)] };
  await using vm = await launch(recording, { signal });
  const truth = truthOf(vm, signal);
  const hit = await watchBanner({
    port: vm.sshPort,
    ...('closedPort' in vm && typeof vm.closedPort === 'number' ? { closedPort: vm.closedPort } : {}),
    nowNs: vm.nowNs,
    onEvent: () => {},
    signal,
  });
  const truthNs = await truth;
  if (hit === null || truthNs === null) return `${name}: no ${hit === null ? 'banner' : 'truth'} within the time limit`;
  const startedNs = vm.events().find((event) => event.name === 'guest-started')?.atNs ?? Number.NaN;
  const cardNs = await bannerPacketNs(packets, startedNs, hit.atNs);
  if (cardNs === null) return `${name}: no packet with a banner`;
  return {
    setup: name,
    insideMs: truthNs / 1e6,
    cardMs: cardNs / 1e6,
    truthMs: Math.min(truthNs, cardNs) / 1e6,
    stampMs: hit.atNs / 1e6,
    resolutionMs: hit.resolutionNs / 1e6,
    loadAverage,
  };
}

/** Arrival of the first byte of the guest's line. */
async function truthOf(vm: RunningVm, signal: AbortSignal): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  signal.addEventListener('abort', () => resolve(null), { once: true });
  const stop = vm.console.onRead(() => {
    const { bytes, reads } = vm.console.snapshot();
    const at = Buffer.from(bytes).indexOf(truthText);
    if (at < 0) return;
    resolve(reads.findLast((read) => read.offset <= at)?.atNs ?? null);
  });
  const atNs = await promise;
  stop();
  return atNs;
}

function describe(result: Measured | string): string {
  if (typeof result === 'string') return result;
  const { insideMs, cardMs, stampMs } = result;
  return `inside ${insideMs.toFixed(0)} ms, card ${signed(cardMs - insideMs)} ms, stamp ${signed(stampMs - insideMs)} ms`;
}

function report(): void {
  const rows = setups.map(({ name }) => {
    const own = measured.filter((boot) => boot.setup === name);
    const late = own.map((boot) => boot.stampMs - boot.truthMs);
    const of = (list: readonly number[], probability: number): number => Math.round(quantile(list, probability));
    return {
      name,
      cells: [
        own.length,
        of(
          own.map((boot) => boot.truthMs),
          0.5,
        ),
        of(late, 0),
        of(late, 0.5),
        of(late, 1),
        of(late.map(Math.abs), 0.95),
        of(
          own.map((boot) => Math.abs(boot.stampMs - boot.insideMs)),
          0.95,
        ),
        of(
          own.map((boot) => boot.resolutionMs),
          0.95,
        ),
      ],
    };
  });
  const busiest = Math.max(...measured.map((boot) => boot.loadAverage));
  finishBench(
    {
      name: "SSH banner: Bootgauge's stamp against the guest's own truth, in ms",
      columns: [
        'guest',
        'boots',
        'truth (median)',
        'earliest',
        'median',
        'latest',
        'p95 of distance',
        'to the inside client alone',
        'stated resolution (p95)',
      ],
      rows: rows.map(({ name, cells }) => [name, ...cells]),
      promises: [
        ...rows.map(({ name, cells }) => ({
          what: `${name}: 95 % of the stamps within ${promisedMs} ms of the truth`,
          measured: `${cells[5]} ms over ${cells[0]} boots`,
          met: (cells[5] ?? Number.NaN) <= promisedMs,
        })),
        {
          what: 'every boot gives a stamp and a truth',
          measured: `${failures.length} without`,
          met: failures.length === 0,
        },
      ],
      notes: [
        ...failures,
        ...(busiest > 2 ? [`the load average was up to ${busiest.toFixed(1)}: a busy machine makes stamps late`] : []),
      ],
      data: measured,
    },
    values.json ? 'json' : 'table',
  );
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(0)}`;
}
