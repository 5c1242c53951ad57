// Published boot times of comparable systems, so that a wrong order of magnitude is seen at a glance. Figures of others, under their
// own conditions: nothing is judged against them.
import { formatValue } from './format.ts';

export interface PublishedTime {
  readonly system: string;
  /** Both equal where one figure was published. */
  readonly lowMs: number;
  readonly highMs: number;
  readonly conditions: string;
  readonly source: string;
}

/** Fastest first. */
export const publishedTimes: readonly PublishedTime[] = [
  {
    system: 'Firecracker',
    lowMs: 125,
    highMs: 125,
    conditions: 'KVM, tuned kernel, to the start of /sbin/init; the limit it promises',
    source: 'github.com/firecracker-microvm/firecracker SPECIFICATION.md',
  },
  {
    system: 'QEMU q35 with direct kernel boot',
    lowMs: 134,
    highMs: 192,
    conditions: 'KVM, PVH or bzImage, to the first program in user space',
    source: 'stefano-garzarella.github.io, 2019-08-23',
  },
  {
    system: 'Alpine in quicksand',
    lowMs: 370,
    highMs: 370,
    conditions: 'HVF on an M3 Max, to its own agent, median',
    source: 'microsoft.github.io/quicksand, performance',
  },
  {
    system: 'The appliance of libguestfs',
    lowMs: 576,
    highMs: 576,
    conditions: 'patched QEMU 2.5.94 and a minimal kernel on an i7-5600U, started and shut down again, mean of 10',
    source: 'rwmj.wordpress.com, Libguestfs appliance boot in under 600ms',
  },
  {
    system: 'podman machine',
    lowMs: 18_000,
    highMs: 25_000,
    conditions: 'QEMU with HVF on macOS 12, until the machine is ready',
    source: 'podman issue 16324',
  },
  {
    system: 'Lima, its default Ubuntu',
    lowMs: 23_400,
    highMs: 23_400,
    conditions: 'QEMU 6.2 with HVF on an arm64 Mac, limactl start',
    source: 'lima issue 858',
  },
];

/** `23.4 s: Lima, its default Ubuntu; QEMU 6.2 with HVF on an arm64 Mac (lima issue 858)`, fastest first. */
export function perspectiveLines(): readonly string[] {
  return publishedTimes.map(({ system, lowMs, highMs, conditions, source }) => {
    const ends = [...new Set([lowMs, highMs])].map((ms) => formatValue(ms, 'ms'));
    return `${ends.join(' to ')}: ${system}; ${conditions} (${source})`;
  });
}
