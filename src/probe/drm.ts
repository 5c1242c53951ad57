// When the guest's DRM render node is there and opens. With a plain virtio-gpu it is there too: alone it proves nothing about Venus.
import type { ProbeEvent } from '../model/boot.ts';
import type { ProbeSpec } from '../model/scenario.ts';
import { requiredDriver, type VulkanFacts } from '../model/vulkan.ts';
import { askCommand } from './command.ts';
import { type FailedProbe, type GuestWithShell, informing, moment, type Probe, passed } from './probe.ts';

const metric = 'time-to-drm';
const renderNode = '/dev/dri/renderD128';
/** After the login the device has had its time: what is not there by then rarely comes. */
const timeoutMs = 10_000;

export const drm: Probe = {
  name: 'drm',
  metrics: [
    {
      name: metric,
      unit: 'ms',
      meaning: `spawn to the making of ${renderNode}, once it was seen to open`,
      rule: informing,
      mark: 'drm-opened',
    },
  ],
  asked: ({ machine }) => machine.gpu !== 'none',
  async run(guest) {
    const failed = await watchDrm(guest, timeoutMs);
    const required = requiredDriver(guest.gpu);
    if (failed !== null && required !== null) guest.facts.vulkan = withoutNode(required, failed.detail);
    return failed;
  },
  measure: (boot) => moment(passed(boot, metric)),
};

/** Passes when the node is a character device that opens for reading and writing; no process but the shell is needed. */
export function drmProbe(limitMs: number): ProbeSpec {
  return { name: 'drm', run: `test -c ${renderNode} && : <> ${renderNode}`, expect: null, timeoutMs: limitMs, metric };
}

/**
 * Waits for the node. It is mostly older than the login, so the guest is asked for its age, and the event says when it was made.
 * Where the guest cannot tell (no `stat`, a clock that was set meanwhile) the event says when it was found.
 */
export async function watchDrm(guest: GuestWithShell, limitMs: number): Promise<FailedProbe | null> {
  let found = null as ProbeEvent | null;
  const onEvent = (event: ProbeEvent): void => {
    if (event.outcome === 'ok') found = event;
    else guest.onEvent(event);
  };
  const failed = await askCommand(drmProbe(limitMs), { ...guest, onEvent });
  if (found === null) return failed;
  const { stdout, startedNs, endedNs } = await guest.session.run(ageCommand, { timeoutMs: limitMs });
  const ageNs = nodeAgeNs(stdout);
  // Older than the machine: its clock was set in between.
  const isTold = ageNs !== null && ageNs <= startedNs;
  if (isTold) guest.onEvent({ ...found, atNs: endedNs - ageNs, startedNs: startedNs - ageNs, detail: 'by its age' });
  else guest.onEvent(found);
  return null;
}

/** The clock of a file system, twice: of a file that is made now, and of the node. Modes may be changed later, this stamp is not. */
const ageCommand = `export LC_ALL=C; now=$(mktemp /tmp/bg-vk-XXXXXX) && stat -c %y "$now" ${renderNode}; rm -f "$now"`;

/** Nanoseconds between the two moments that `stat -c %y` printed; null when they are not there or in the wrong order. Pure. */
export function nodeAgeNs(stdout: string): number | null {
  const moments = [...stdout.slice(0, 500).matchAll(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.(\d{9}) ([+-]\d{4})$/gm)];
  const [now, made] = moments.map(([, second = '', fraction, zone = '']) => ({
    wholeMs: Date.parse(`${second.replace(' ', 'T')}${zone.replace(/(\d\d)$/, ':$1')}`),
    restNs: Number(fraction),
  }));
  if (now === undefined || made === undefined || moments.length !== 2) return null;
  // The difference of the whole seconds first: nanoseconds since 1970 do not fit into a number.
  const ageNs = (now.wholeMs - made.wholeMs) * 1e6 + now.restNs - made.restNs;
  return Number.isFinite(ageNs) && ageNs >= 0 ? ageNs : null;
}

/** Without a render node there is nothing that vulkaninfo could be asked, and Vulkan is lost all the same. */
const withoutNode = (required: string, why: string): VulkanFacts => ({
  ...{ required, outcome: 'no-device', detail: `no render node: ${why}`, icd: '', instanceVersion: '', devices: [] },
  ...{ stderr: '', dispatch: null, profile: null },
});
