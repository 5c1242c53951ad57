// A service that takes far longer than its neighbours: no text names it, only its time.
import type { Boot } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Finding } from '../model/report.ts';
import type { Timeline } from '../model/timeline.ts';

const slowMs = 900;
const timesTypical = 5;
const fewestServices = 5;
/** These do real work in every boot, and have phases and rules of their own. */
const laborious =
  /^(?:mdev|hwdrivers|networking|sshd|dropbear|udev\S*|modloop|root|localmount|fsck|openrc-cache|initramfs: .*|runit: .*|procd: .*)(?:\/|$)/;

/**
 * One warning per service that lasted at least 0.9 s and five times the typical service of the same boot. Its cost is what it took
 * beyond that. What slow services inside it cost is told by those and left out of its own time.
 */
export function slowServices(boot: Boot, timeline: Timeline): Finding[] {
  const ended = timeline.services.filter(({ outcome }) => outcome !== 'unfinished');
  const durations = ended.map(lengthMs).sort((a, b) => a - b);
  if (durations.length < fewestServices) return [];
  const typical = durations[durations.length >> 1] as number;
  const slowest = Math.max(slowMs, timesTypical * typical);
  const costs = new Map<Service, number>();
  // What is inside comes first: its name is that of the outer one and more.
  for (const service of ended.toSorted((a, b) => b.name.length - a.name.length)) {
    const ms = ownMs(service, costs);
    if (!laborious.test(service.name) && ms >= slowest) costs.set(service, ms - typical);
  }
  return ended.flatMap((service) => {
    const costMs = costs.get(service);
    return costMs === undefined ? [] : [findingOf(boot, service, { costMs, typical })];
  });
}

type Service = Timeline['services'][number];

const lengthMs = ({ startNs, endNs }: Service): number => (endNs - startNs) / 1e6;

/** Without what is known of services inside it. */
function ownMs(service: Service, costs: ReadonlyMap<Service, number>): number {
  const inside = [...costs].filter(
    ([{ name, startNs, endNs }]) =>
      name.startsWith(`${service.name}/`) && startNs >= service.startNs && endNs <= service.endNs,
  );
  return inside.reduce((ms, [, costMs]) => ms - costMs, lengthMs(service));
}

function findingOf(
  boot: Boot,
  service: Service,
  times: { readonly costMs: number; readonly typical: number },
): Finding {
  const shown = plainLine(service.name, 60);
  const { costMs, typical } = times;
  return {
    id: `slow-service:${shown}`,
    severity: 'warning',
    cause: `The service ${shown} takes far longer to start than the others.`,
    advice: 'Look at what its start function waits for, or start it after sshd.',
    evidence: [
      `${shown} took ${(lengthMs(service) / 1000).toFixed(2)} s, a typical service ${(typical / 1000).toFixed(2)} s`,
    ],
    boots: [boot.number],
    costMs,
  };
}
