// Boots for tests, made from console text: reads end behind `...` and behind each line, and come at an even pace.
import type { Boot, ConsoleRead } from '../../src/model/boot.ts';

export const readEveryNs = 50_000_000;

/** A boot whose console played these bytes, its first read at 0.5 s. `over` replaces any of its facts. */
export function playedBoot(bytes: Uint8Array, over: Partial<Boot> = {}): Boot {
  const reads = evenReads(bytes);
  const lastNs = reads.at(-1)?.atNs ?? 500_000_000;
  return {
    schema: 1,
    number: 1,
    scenario: 'test',
    side: 'head',
    profile: 'timing',
    round: 1,
    warmup: false,
    startedAt: '2026-11-22T00:00:00.000Z',
    command: [],
    console: { bytes, reads, droppedBytes: 0 },
    stderr: '',
    events: [
      { atNs: 1_000_000, name: 'spawned', detail: '' },
      { atNs: 90_000_000, name: 'qmp-ready', detail: '' },
      { atNs: 100_000_003, name: 'guest-started', detail: '' },
    ],
    probes: [banner(lastNs + 123_456_789)],
    usage: [],
    outcome: { kind: 'ready' },
    ...over,
  };
}

export function banner(atNs: number): Boot['probes'][number] {
  return { atNs, probe: 'ssh-banner', outcome: 'banner', detail: 'SSH-2.0-dropbear', startedNs: atNs - 20_000_000 };
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function evenReads(bytes: Uint8Array): ConsoleRead[] {
  const text = new TextDecoder('latin1').decode(bytes);
  const ends = [0, ...[...text.matchAll(/\.\.\.|\n/g)].map((match) => match.index + match[0].length)];
  return ends
    .filter((offset) => offset < bytes.length)
    .map((offset, position) => ({ offset, atNs: 500_000_000 + position * readEveryNs }));
}
