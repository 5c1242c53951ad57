// Small complete examples of recorded data, for tests that need a run but do not care which.
import type { Boot } from '../../src/model/boot.ts';
import type { Conditions, HostState } from '../../src/model/conditions.ts';
import type { RecordedRun, RecordedScenario } from '../../src/model/run.ts';
import type { Scenario, SideSpec } from '../../src/model/scenario.ts';

export const exampleSide: SideSpec = {
  guest: { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' },
  machine: { accel: 'tcg', cpus: 2, memoryMiB: 1024, gpu: 'none', append: '', qemuArguments: [] },
  qemu: { from: 'kit' },
};

export const exampleScenario: Scenario = {
  id: 'default',
  description: '',
  profile: 'timing',
  markers: 'alpine',
  head: exampleSide,
  base: null,
  probes: [],
  deadlines: { totalMs: 120_000, phasesMs: {} },
  metrics: {
    'time-to-ssh': { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: null },
    'time-to-login': { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: null },
  },
  sampling: { warmup: 1, boots: 3, maxBoots: 3, timeBudgetMs: 600_000 },
};

export const exampleConditions: Conditions = {
  host: {
    os: 'linux',
    osMajor: 'Debian GNU/Linux 12',
    osVersion: '12.11',
    chip: 'Example CPU 9000',
    architecture: 'x86_64',
    cpus: 2,
    memoryMiB: 8192,
    runner: '',
  },
  accelerator: 'tcg',
  emulator: { origin: 'kit', version: 'QEMU emulator version 10.0.0', digest: 'ab'.repeat(32) },
  guest: { name: 'reference-arm64-dropbear', digest: 'cd'.repeat(32), packages: { openrc: '0.56-1' } },
};

export const exampleHostState: HostState = {
  loadAverage: 0.2,
  freeMemoryMiB: 4096,
  freeDiskMiB: 10_000,
  power: '',
  busy: [],
};

const milliseconds = 1_000_000;

/** A boot whose console is a short OpenRC transcript, ready with its banner at `bannerMs`. */
export function exampleBoot(number: number, bannerMs: number, overrides: Partial<Boot> = {}): Boot {
  const lines: [number, string][] = [
    [0.1, '\r\n   OpenRC 0.56 is starting up Linux 6.12 (aarch64)\r\n\r\n'],
    [0.2, ' * Mounting /proc ... [ ok ]\r\n'],
    [0.3, ' * Scanning hardware for mdev ...'],
    [0.5, ' [ ok ]\r\n'],
    [0.8, ' * Starting dropbear ...'],
    [0.95, ' [ ok ]\r\n'],
  ];
  const bytes: number[] = [];
  const reads = lines.map(([share, text]) => {
    const offset = bytes.length;
    bytes.push(...new TextEncoder().encode(text));
    return { offset, atNs: Math.round(share * bannerMs * milliseconds) };
  });
  const bannerNs = Math.round(bannerMs * milliseconds);
  return {
    schema: 1,
    number,
    scenario: 'default',
    side: 'head',
    profile: 'timing',
    round: number,
    warmup: false,
    startedAt: '2026-01-02T03:04:05.000Z',
    command: ['qemu-system-aarch64', '-M', 'virt'],
    console: { bytes: new Uint8Array(bytes), reads, droppedBytes: 0 },
    stderr: '',
    events: [
      { atNs: 1 * milliseconds, name: 'spawned', detail: '' },
      { atNs: 80 * milliseconds, name: 'guest-started', detail: '' },
    ],
    probes: [
      {
        atNs: bannerNs,
        probe: 'ssh-banner',
        outcome: 'banner',
        detail: 'SSH-2.0-dropbear',
        startedNs: bannerNs - 20 * milliseconds,
      },
      { atNs: bannerNs + 600 * milliseconds, probe: 'login', outcome: 'ok', detail: '', startedNs: bannerNs },
    ],
    usage: [{ atNs: bannerNs, cpuNs: bannerNs, rssBytes: 512 * 1024 * 1024 }],
    outcome: { kind: 'ready' },
    ...overrides,
  };
}

export function exampleRecordedScenario(
  boots: readonly Boot[],
  overrides: Partial<RecordedScenario> = {},
): RecordedScenario {
  return {
    scenario: exampleScenario,
    conditions: { head: exampleConditions, base: null },
    hostState: { before: exampleHostState, after: exampleHostState },
    baseline: [],
    baselinePath: 'baselines/example-cpu-9000-debian-12-tcg/default.jsonl',
    warnings: [],
    boots,
    ...overrides,
  };
}

export function exampleRun(scenarios: readonly RecordedScenario[]): RecordedRun {
  return {
    schema: 1,
    id: '20260102T030405-abcd',
    startedAt: '2026-01-02T03:04:05.000Z',
    tool: '0.1.0',
    finished: true,
    onUndecided: 'pass',
    commit: '',
    scenarios,
  };
}
