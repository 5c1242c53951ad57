// What example reports are made of: where and how a boot was, what its phases took, what was found in it.
import type { Conditions } from '../../src/model/conditions.ts';
import type { Finding, ScenarioReport } from '../../src/model/report.ts';
import type { ServiceSpan, Timeline } from '../../src/model/timeline.ts';

export const basePhases = [
  ['qemu-start', 212],
  ['before-openrc', 1240],
  ['openrc', 310],
  ['mdev', 402],
  ['hwdrivers', 96],
  ['networking', 118],
  ['sshd', 34.4],
] as const;

export function timeline(factor: number): Timeline {
  const change = 2412.4 * (factor - 1);
  let atNs = 0;
  const phases = basePhases.map(([name, length]) => {
    const extra = name === 'mdev' ? change * 0.91 : name === 'before-openrc' ? change * 0.09 : 0;
    const startNs = atNs;
    atNs = startNs + Math.round((length + extra) * 1e6);
    return { name: name, spans: [{ startNs, endNs: atNs }], durationNs: atNs - startNs };
  });
  const services: ServiceSpan[] = phases
    .filter((phase) => ['mdev', 'hwdrivers', 'networking', 'sshd'].includes(phase.name))
    .map((phase) => ({
      name: phase.name,
      startNs: (phase.spans[0]?.startNs ?? 0) + 5e6,
      endNs: phase.spans[0]?.endNs ?? 0,
      outcome: phase.name === 'networking' ? 'failed' : 'ok',
    }));
  return {
    phases,
    endNs: atNs,
    complete: true,
    services,
    initcalls: [{ name: 'virtio_pci_init', startNs: 300e6, endNs: 340e6, durationNs: 39e6 }],
    marks: [
      { name: 'guest-started', atNs: 212e6 },
      { name: 'ssh-banner', atNs },
    ],
    clockFit: { offsetNs: 180e6, driftPpm: 12, lines: 240, silentNs: 90e6 },
  };
}

export function findings(): readonly Finding[] {
  return [
    {
      id: 'swap-page-size',
      severity: 'warning',
      cause: 'The swap area was made for another page size, so that swapon fails',
      advice: 'Run mkswap again in the guest',
      evidence: ['swapon: /dev/vda2: swapon failed: Invalid argument'],
      boots: [2, 3, 4],
    },
  ];
}

export function conditions(): Conditions {
  return {
    host: {
      os: 'macos',
      osMajor: 'macOS 15',
      osVersion: '15.5 (24F74)',
      chip: 'Apple M2 Pro',
      architecture: 'arm64',
      cpus: 10,
      memoryMiB: 32768,
      runner: 'mac-mini-1',
    },
    accelerator: 'hvf',
    emulator: { origin: 'kit', version: 'QEMU emulator version 10.0.13', digest: '0f'.repeat(32) },
    guest: { name: 'reference-arm64-dropbear', digest: '1a2b3c4d'.repeat(8), packages: { linux: '6.12.38' } },
  };
}

export function hostState(loadAverage: number): ScenarioReport['hostState']['before'] {
  return { loadAverage, freeMemoryMiB: 20480, freeDiskMiB: 90000, power: 'on mains', busy: ['mds_stores 14 %'] };
}
