// What was found out about a guest that hung, before its emulator was ended. Facts, each of them bounded; nothing here is interpreted.
import { z } from 'zod';
import type { Stored } from './stored.ts';

const nanoseconds = z.number().int().nonnegative();
const short = z.string().max(200);
const count = z.number().nonnegative();

/** One look at a virtual CPU. `halted`: it waits for an interrupt; null where that cannot be seen. */
const cpuSampleSchema = z.object({
  /** Program counter, hex without 0x; empty when it was not told. */
  pc: z.string().max(16),
  halted: z.boolean().nullable(),
  /** Function and offset in the guest's kernel; empty where no symbols are at hand, or outside of the kernel. */
  place: short,
});
export type CpuSample = Stored<typeof cpuSampleSchema>;

const virtualCpuSchema = z.object({
  index: z.number().int().nonnegative(),
  samples: z.array(cpuSampleSchema).max(8),
  /** Functions of the guest's kernel that it was in at the last look, innermost first; empty where no symbols are at hand. */
  stack: z.array(short).max(24),
});
export type VirtualCpu = Stored<typeof virtualCpuSchema>;

const blockCountersSchema = z.object({
  device: short,
  ...{ readOperations: count, writeOperations: count, readBytes: count, writeBytes: count },
  /** Since its last request; null when it had none. */
  idleMs: count.nullable(),
});

/** Requests of a virtual device that QEMU has taken and not answered. */
const pendingRequestsSchema = z.object({ device: short, queue: z.number().int().nonnegative(), pending: count });

const hostThreadSchema = z.object({
  name: short,
  /** The system's letter: R runs, S sleeps, D waits for a device, T stopped, Z ended. Empty when unknown. */
  state: z.string().max(4),
  /** Function of the host's kernel in which it sleeps; empty when that is not told. */
  waitsIn: short,
  /** Innermost first; empty where no tool could tell. */
  stack: z.array(short).max(24),
});
export type HostThread = Stored<typeof hostThreadSchema>;

const hostProcessSchema = z.object({
  pid: z.number().int(),
  name: short,
  threads: z.array(hostThreadSchema).max(64),
});
export type HostProcess = Stored<typeof hostProcessSchema>;

export const autopsySchema = z.object({
  atNs: nanoseconds,
  tookMs: count,
  /** silent: QEMU did not answer in time; none: there is no QMP connection to ask through. */
  control: z.enum(['answered', 'silent', 'none']),
  /** QEMU's word for the guest: running, paused, io-error, guest-panicked, ... Empty when unknown. */
  status: short,
  cpus: z.array(virtualCpuSchema).max(64),
  disks: z.array(blockCountersSchema).max(32),
  pending: z.array(pendingRequestsSchema).max(64),
  /** What QEMU's user network says of its connections. */
  network: z.array(short).max(40),
  /** A picture of the guest's screen, where there is one. */
  screen: z.object({ png: z.base64().max(700_000) }).nullable(),
  /**
   * The guest's own kernel, asked on the serial console: keys asked for, keys answered, keys that it does not allow, and its words, from
   * the begin, as far as they were kept.
   */
  sysrq: z.object({
    asked: z.string().max(8),
    answered: z.string().max(8),
    refused: z.string().max(8),
    text: z.string().max(400_000),
  }),
  processes: z.array(hostProcessSchema).max(16),
  /** What could not be found out, and why. */
  notes: z.array(z.string().max(300)).max(20),
});
export type Autopsy = Stored<typeof autopsySchema>;
