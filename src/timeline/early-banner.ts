// A banner that nobody in the guest can have sent yet: the emulator, or something on its way, answers at the port by itself.
import type { Warning } from '../model/comparison.ts';
import type { Side } from '../model/scenario.ts';
import type { ReadBoot } from '../model/timeline.ts';
import { formatCount } from '../model/units.ts';

/** A guest says that it starts its server before it does; a console on a busy machine may tell it so late. */
const mostLateNs = 0.5e9;

/** For each side with boots whose banner came before the guest said that it starts its SSH server. */
export function earlyBannerWarnings(read: readonly ReadBoot[]): Warning[] {
  return (['head', 'base'] as const satisfies readonly Side[]).flatMap((side) => {
    const early = read
      .filter(({ boot, timeline }) => boot.side === side && timeline.complete && boot.ready === undefined)
      .map(({ timeline }) => (timeline.marks.find(({ name }) => name === 'sshd')?.atNs ?? 0) - timeline.endNs)
      .filter((lead) => lead > mostLateNs);
    if (early.length === 0) return [];
    const most = (Math.max(...early) / 1e9).toFixed(1);
    const text = `in ${formatCount(early.length, 'boot')} of ${side} an SSH banner came before the guest said that it starts its SSH server, up to ${most} s before: what answered may not be the guest, so do not trust these times`;
    return [{ code: 'early-banner', text }];
  });
}
