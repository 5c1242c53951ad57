// What QEMU itself tells of a guest that hangs, asked on QMP. A question that this QEMU does not know has no answer; that is no error.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { temporaryFolder } from '../host/processes.ts';
import type { Autopsy, CpuSample, VirtualCpu } from '../model/autopsy.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Qmp } from '../qemu/qmp.ts';

export interface Asker {
  /** null: refused, unknown, of another form, or too late. */
  ask<T>(schema: z.ZodType<T>, command: string, words?: object): Promise<T | null>;
  /** A command of the human monitor; empty without an answer. */
  monitor(line: string, cpu?: number): Promise<string>;
}

/** No question takes longer than `eachMs`, and none is asked when nothing is left of the time for all of them. */
export function askerOf(qmp: Qmp, eachMs: number, leftMs: () => number = () => eachMs): Asker {
  const ask = async <T>(schema: z.ZodType<T>, command: string, words: object = {}): Promise<T | null> => {
    const limitMs = Math.min(eachMs, leftMs());
    const answer = limitMs <= 0 ? null : await qmp.execute(command, limitMs, words).catch(() => null);
    return answer === null ? null : (schema.safeParse(answer.value).data ?? null);
  };
  return {
    ask,
    async monitor(line, cpu) {
      const words = { 'command-line': line, ...(cpu === undefined ? {} : { 'cpu-index': cpu }) };
      return (await ask(z.string(), 'human-monitor-command', words)) ?? '';
    },
  };
}

const samples = 5;
const betweenMs = 100;

export interface LookedAt {
  readonly cpus: readonly VirtualCpu[];
  /** Of the last look, as QEMU prints them, by the number of the CPU. */
  readonly registers: ReadonlyMap<number, string>;
}

/** Looks several times at each virtual CPU: one that spins and one that sleeps differ in what stays the same. */
export async function lookAtCpus(asker: Asker): Promise<LookedAt> {
  const seen = new Map<number, CpuSample[]>();
  const last = new Map<number, string>();
  for (let look = 0; look < samples; look += 1) {
    if (look > 0) await delay(betweenMs);
    const registers = await asker.monitor('info registers -a');
    if (registers === '') break;
    for (const { index, text } of perCpu(registers)) {
      const known = seen.get(index) ?? [];
      known.push({ ...(await sampleOf(asker, index, text)), place: '' });
      seen.set(index, known);
      last.set(index, text);
    }
  }
  const cpus = [...seen].slice(0, 64).map(([index, all]) => ({ index, samples: all, stack: [] }));
  return { cpus, registers: last };
}

function perCpu(registers: string): { readonly index: number; readonly text: string }[] {
  const [, ...parts] = registers.split(/^CPU#(\d+)/m);
  return parts.flatMap((part, at) => (at % 2 === 0 ? [{ index: Number(part), text: parts[at + 1] ?? '' }] : []));
}

async function sampleOf(asker: Asker, index: number, text: string): Promise<Omit<CpuSample, 'place'>> {
  const pc = (/\b(?:PC|RIP|EIP) ?= ?([0-9a-f]{8,16})\b/.exec(text)?.[1] ?? '').toLowerCase();
  const hlt = /\bHLT=([01])\b/.exec(text)?.[1];
  if (hlt !== undefined) return { pc, halted: hlt === '1' };
  if (pc.length !== 16 || !/\bX00=/.test(text)) return { pc, halted: null };
  // An arm64 CPU that waits stands behind its wfi.
  const before = (BigInt(`0x${pc}`) - 4n).toString(16);
  const word = /: 0x([0-9a-f]{8})\b/.exec(await asker.monitor(`x /1xw 0x${before}`, index))?.[1];
  return { pc, halted: word === undefined ? null : word === waitForInterrupt };
}

/** A64's `wfi`. */
const waitForInterrupt = 'd503207f';

const blockStats = z.array(
  z.object({
    device: z.string().default(''),
    'node-name': z.string().default(''),
    qdev: z.string().default(''),
    stats: z.object({
      ...{ rd_operations: z.number(), wr_operations: z.number(), rd_bytes: z.number(), wr_bytes: z.number() },
      idle_time_ns: z.number().optional(),
    }),
  }),
);

export async function diskCounters(asker: Asker): Promise<Autopsy['disks']> {
  const all = (await asker.ask(blockStats, 'query-blockstats')) ?? [];
  return all.slice(0, 32).map((entry) => ({
    device: plainLine(entry.device || entry.qdev || entry['node-name'], 100),
    readOperations: entry.stats.rd_operations,
    writeOperations: entry.stats.wr_operations,
    readBytes: entry.stats.rd_bytes,
    writeBytes: entry.stats.wr_bytes,
    idleMs: entry.stats.idle_time_ns === undefined ? null : entry.stats.idle_time_ns / 1e6,
  }));
}

const virtioDevices = z.array(z.object({ path: z.string(), name: z.string() }));
const virtioStatus = z.object({ 'num-vqs': z.number() });
const queueStatus = z.object({ inuse: z.number() });

/** Of every virtual device (QEMU 7.2 and newer): requests taken from the guest and not answered. */
export async function pendingRequests(asker: Asker): Promise<Autopsy['pending']> {
  const found: Autopsy['pending'][number][] = [];
  for (const { path, name } of ((await asker.ask(virtioDevices, 'x-query-virtio')) ?? []).slice(0, 16)) {
    const queues = (await asker.ask(virtioStatus, 'x-query-virtio-status', { path }))?.['num-vqs'] ?? 0;
    for (let queue = 0; queue < Math.min(queues, 4); queue += 1) {
      const status = await asker.ask(queueStatus, 'x-query-virtio-queue-status', { path, queue });
      if (status !== null && status.inuse > 0)
        found.push({ device: plainLine(name, 60), queue, pending: status.inuse });
    }
  }
  return found;
}

export async function networkState(asker: Asker): Promise<string[]> {
  const lines = `${await asker.monitor('info network')}\n${await asker.monitor('info usernet')}`.split('\n');
  return lines.flatMap((line) => plainLine(line, 160) || []).slice(0, 40);
}

const mostPngBytes = 500_000;

/** null: this guest has no screen, or QEMU cannot draw it. */
export async function screenOf(asker: Asker): Promise<Autopsy['screen']> {
  await using folder = await temporaryFolder('bootgauge-screen-');
  const filename = join(folder.path, 'screen.png');
  const drawn = await asker.ask(z.unknown(), 'screendump', { filename, format: 'png' });
  const png = drawn === null ? null : await readFile(filename).catch(() => null);
  return png === null || png.length === 0 || png.length > mostPngBytes ? null : { png: png.toString('base64') };
}

const chardevs = z.array(z.object({ label: z.string() }));

/** The character device of the guest's serial console: ours, or the first serial port of a launcher's QEMU. */
export async function consoleDevice(asker: Asker): Promise<string | null> {
  const labels = ((await asker.ask(chardevs, 'query-chardev')) ?? []).map(({ label }) => label);
  return ['console', 'serial0'].find((label) => labels.includes(label)) ?? labels.find((l) => /serial/.test(l)) ?? null;
}
