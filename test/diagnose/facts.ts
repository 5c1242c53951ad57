// Facts of a boot in short, for the tests of the diagnosis, and what is found in them.
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Boot, Outcome } from '../../src/model/boot.ts';
import type { Finding } from '../../src/model/report.ts';
import type { Timeline } from '../../src/model/timeline.ts';
import type { VulkanFacts } from '../../src/model/vulkan.ts';

const emptyTimeline: Timeline = {
  phases: [],
  endNs: 1e9,
  complete: true,
  services: [],
  initcalls: [],
  marks: [],
  clockFit: null,
};

export interface Facts {
  readonly console?: string;
  readonly stderr?: string;
  readonly probe?: readonly [string, string, string];
  readonly timeline?: Partial<Timeline>;
  readonly command?: readonly string[];
  readonly usage?: Boot['usage'];
  readonly failedBy?: readonly [string, string];
  readonly vulkan?: Partial<VulkanFacts>;
  readonly outcome?: Outcome;
}

const venusFacts: VulkanFacts = {
  required: 'DRIVER_ID_MESA_VENUS',
  outcome: 'no-device',
  detail: '',
  icd: '/usr/share/vulkan/icd.d/virtio_icd.json',
  instanceVersion: '1.4.309',
  devices: [],
  stderr: '',
  dispatch: null,
  profile: null,
};

export function found(facts: Facts): Finding[] {
  const { console = '', stderr = '', probe, timeline = {}, command = [], usage = [], failedBy } = facts;
  const probes = probe ? [{ probe: probe[0], outcome: probe[1], detail: probe[2], atNs: 2, startedNs: 1 }] : [];
  const outcome: Outcome =
    facts.outcome ??
    (failedBy === undefined ? { kind: 'ready' } : { kind: 'failed', probe: failedBy[0], detail: failedBy[1] });
  const vulkan = facts.vulkan === undefined ? {} : { vulkan: { ...venusFacts, ...facts.vulkan } };
  const silent: Boot['console'] = { bytes: new Uint8Array(), reads: [], droppedBytes: 0 };
  const boot = { number: 7, console: silent, stderr, probes, command, usage, outcome, ...vulkan } as unknown as Boot;
  const lines = console.split('\n').map((text, index) => ({
    text,
    firstNs: index * 1e9,
    lastNs: index * 1e9 + 2e8,
    terminated: true,
  }));
  return diagnose({ boot, timeline: { ...emptyTimeline, ...timeline }, lines });
}

export const ids = (facts: Facts): string[] => found(facts).map((finding) => finding.id);
export const phase = (name: string, seconds: number): Timeline['phases'][number] => ({
  name,
  spans: [{ startNs: 0, endNs: seconds * 1e9 }],
  durationNs: seconds * 1e9,
});
export const service = (name: string, seconds: number): Timeline['services'][number] => ({
  name,
  startNs: 0,
  endNs: seconds * 1e9,
  outcome: 'ok',
});
