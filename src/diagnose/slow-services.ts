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
  /^(?:mdev|hwdrivers|networking|sshd|dropbear|udev\S*|modloop|root|localmount|fsck|openrc-cache|initramfs: .*)(?:\/|$)/;

/** One note per service that lasted at least 0.9 s and five times the typical service of the same boot. Its cost is what it took beyond that. */
export function slowServices(boot: Boot, timeline: Timeline): Finding[] {
  const ended = timeline.services.filter(({ outcome }) => outcome !== 'unfinished');
  const durations = ended.map(({ startNs, endNs }) => (endNs - startNs) / 1e6).sort((a, b) => a - b);
  if (durations.length < fewestServices) return [];
  const typical = durations[durations.length >> 1] as number;
  return ended
    .map(({ name, startNs, endNs }) => ({ name, ms: (endNs - startNs) / 1e6 }))
    .filter(({ name, ms }) => !laborious.test(name) && ms >= Math.max(slowMs, timesTypical * typical))
    .map(({ name, ms }): Finding => {
      const shown = plainLine(name, 60);
      return {
        id: `slow-service:${shown}`,
        severity: 'warning',
        cause: `The service ${shown} takes far longer to start than the others.`,
        advice: 'Look at what its start function waits for, or start it after sshd.',
        evidence: [`${shown} took ${(ms / 1000).toFixed(2)} s, a typical service ${(typical / 1000).toFixed(2)} s`],
        boots: [boot.number],
        costMs: ms - typical,
      };
    });
}
