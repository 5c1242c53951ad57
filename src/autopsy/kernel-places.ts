// Where in its kernel each virtual CPU stands, by name: finds out where this boot has put the kernel, and follows the frames of calls.
import type { VirtualCpu } from '../model/autopsy.ts';
import type { Asker, LookedAt } from './ask-qemu.ts';
import { type KernelSymbols, placeAt } from './kernel-symbols.ts';

/** Kernels are put on multiples of this (arm64 and x86). */
const step = 0x20_0000n;
/** No kernel is larger. */
const mostSteps = 40;
const deepest = 24;

/** Names what can be named; without a kernel address, or where the kernel is not found in memory, nothing. */
export async function nameCpus(
  asker: Asker,
  { cpus, registers }: LookedAt,
  symbols: KernelSymbols,
): Promise<VirtualCpu[]> {
  const base = await kernelBase(asker, cpus, symbols);
  if (base === null) return [...cpus];
  const named: VirtualCpu[] = [];
  for (const cpu of cpus) {
    const samples = cpu.samples.map((sample) => ({ ...sample, place: placeOf(sample.pc, base, symbols) }));
    const frames = await framesOf(asker, cpu.index, registers.get(cpu.index) ?? '');
    const stack = frames
      .map((address) => placeOf(address, base, symbols).replace(/\+0x.*/, ''))
      .filter((name) => name !== '');
    named.push({ ...cpu, samples, stack: stack.slice(0, deepest) });
  }
  return named;
}

function placeOf(address: string, base: bigint, symbols: KernelSymbols): string {
  if (!isKernel(address)) return '';
  const offset = BigInt(`0x${address}`) - base;
  return offset < 0n || offset > step * BigInt(mostSteps) ? '' : placeAt(symbols, Number(offset)).slice(0, 200);
}

export const isKernel = (address: string): boolean => /^ffff[0-9a-f]{12}$/.test(address);

/** The kernel's first address: its banner must stand where the symbols say. */
async function kernelBase(asker: Asker, cpus: readonly VirtualCpu[], symbols: KernelSymbols): Promise<bigint | null> {
  const banner = symbols.offsetOf('linux_banner');
  const seen = cpus.find(({ samples }) => samples.some(({ pc }) => isKernel(pc)));
  const pc = seen?.samples.find((sample) => isKernel(sample.pc))?.pc;
  if (banner === null || seen === undefined || pc === undefined) return null;
  const start = (BigInt(`0x${pc}`) / step) * step;
  for (let steps = 0n; steps < BigInt(mostSteps); steps += 1n) {
    const base = start - steps * step;
    const [word = ''] = await read(asker, seen.index, base + BigInt(banner), 1);
    if (word === linuxVersion) return base;
  }
  return null;
}

/** `Linux ve` as a number of eight bytes. */
const linuxVersion = '65762078756e694c';

/** Program counter and return addresses, innermost first. Of x86 only the first: its kernels keep no frames. */
async function framesOf(asker: Asker, cpu: number, registers: string): Promise<string[]> {
  const register = (name: string): string => new RegExp(`\\b${name} ?= ?([0-9a-f]{16})\\b`).exec(registers)?.[1] ?? '';
  const frames = [register('PC') || register('RIP'), register('X30')];
  let frame = register('X29');
  while (isKernel(frame) && frames.length < deepest + 8) {
    const [next = '', back = ''] = await read(asker, cpu, BigInt(`0x${frame}`), 2);
    frames.push(back);
    // Frames lie one above the other, or the memory holds something else.
    if (next <= frame) break;
    frame = next;
  }
  // Return addresses may be signed in their upper bits.
  const plain = frames
    .filter((address) => /^[0-9a-f]{16}$/.test(address))
    .map((address, at) => (at === 0 ? address : `ffff${address.slice(4)}`));
  return plain.filter((address, at) => address !== plain[at - 1]);
}

/** Words of eight bytes, hex; none where the memory cannot be read. */
async function read(asker: Asker, cpu: number, address: bigint, words: number): Promise<string[]> {
  const text = await asker.monitor(`x /${words}xg 0x${address.toString(16)}`, cpu);
  return [...text.matchAll(/0x([0-9a-f]{16})\b/g)].map(([, word = '']) => word).slice(0, words);
}
