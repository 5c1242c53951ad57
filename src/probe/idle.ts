// What an idle guest costs its host: a broken wait for interrupts shows here and not in any time.
import type { Boot } from '../model/boot.ts';
import type { Measurement } from '../model/metric.ts';
import type { Scenario, SideSpec } from '../model/scenario.ts';
import { gating, type Probe, passed } from './probe.ts';
import { cpuTickMs, usageNear } from './usage.ts';

const metric = 'idle-cpu';
/** Services that start late are not idleness. */
const quietFromMs = 15_000;
const idleWindowMs = 20_000;

export const idle: Probe = {
  name: 'idle',
  metrics: [
    {
      name: metric,
      unit: 'ms',
      meaning:
        "CPU time of the emulator's processes per second of a 20 s window in which the ready guest is left alone",
      rule: gating,
      onlyWhenNamed: true,
    },
  ],
  asked: (_, { metrics }) => Object.hasOwn(metrics, metric),
  async afterwards(guest) {
    await guest.pause(Math.max(0, quietFromMs - guest.nowNs() / 1e6));
    await guest.usageNow();
    const startedNs = guest.nowNs();
    await guest.pause(idleWindowMs);
    await guest.usageNow();
    const outcome = guest.hasEnded() ? 'exited' : 'ok';
    guest.onEvent({ atNs: guest.nowNs(), probe: metric, outcome, detail: '', startedNs });
  },
  measure,
};

/** What has to be said where a fork's sleep in WFI is varied: in a VM's first 15 s nothing sleeps. null: some guest took longer. */
export function sleepNeverBegan(values: readonly (string | undefined)[], readyMs: readonly number[]): string | null {
  if (new Set(values).size < 2 || readyMs.some((ms) => ms > quietFromMs)) return null;
  return 'HVF_WFI_SLEEP does nothing in the first 15 s of a VM, and all guests were ready by then: no time until then can differ by it; compare idle-cpu, which has to be named under metrics';
}

/** The values of that switch on the sides of a scenario. */
export function sleepSwitches({ head, base }: Scenario): readonly (string | undefined)[] {
  const switchOf = ({ guest, qemu }: SideSpec): string | undefined =>
    (guest.kind === 'launcher' ? guest.environment : {})[sleepSwitch] ??
    (qemu.from === 'build' ? qemu.build.environment : {})[sleepSwitch];
  return base === null ? [] : [switchOf(base), switchOf(head)];
}

const sleepSwitch = 'HVF_WFI_SLEEP';

/** CPU ms per second between the samples nearest to the window's ends. */
function measure(boot: Boot): Measurement {
  const window = passed(boot, metric);
  const [from, to] = window === undefined ? [] : [usageNear(boot, window.startedNs), usageNear(boot, window.atNs)];
  if (from === undefined || to === undefined || to.atNs <= from.atNs) return { value: null, resolution: 0 };
  const seconds = (to.atNs - from.atNs) / 1e9;
  return { value: (to.cpuNs - from.cpuNs) / 1e6 / seconds, resolution: cpuTickMs / seconds };
}
