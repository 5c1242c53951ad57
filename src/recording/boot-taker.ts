// The boots of one scenario, one after the other: numbered, told where they hang, and read once.
import type { LaunchPlan } from '../model/launch-plan.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { Scenario, Side } from '../model/scenario.ts';
import type { ReadBoot } from '../model/timeline.ts';
import { markerProfileOf } from '../timeline/custom-markers.ts';
import { readyNs } from '../timeline/read-timeline.ts';
import { readBoot } from './read-boot.ts';
import type { Slot } from './schedule.ts';
import type { WatchedBoots } from './session.ts';
import { hungText } from './told.ts';

interface Taking {
  readonly plans: Readonly<Record<Side, LaunchPlan | null>>;
  readonly scenario: Scenario;
  readonly progress: ProgressSink;
  readonly watched: WatchedBoots;
  /** Gets each boot, in the order of their numbers. */
  readonly read: ReadBoot[];
  /** Boots of the scenarios before this one. */
  readonly before: number;
  /** What the last boot will be numbered, once there is one of this round. */
  readonly lastOf: (round: number) => number;
}

/** Takes one boot and says how long it took, in ms. */
export function bootTaker({ plans, scenario, watched, read, before, lastOf, progress }: Taking) {
  const markers = markerProfileOf(scenario);
  let begun = read.at(-1)?.boot.number ?? before;
  return async (slot: Slot): Promise<number> => {
    // Its slots come from the sides that have a plan.
    const plan = plans[slot.side] as LaunchPlan;
    begun += 1;
    const number = begun;
    const takesStock = !read.some(({ boot: { side, inventory } }) => side === slot.side && inventory !== undefined);
    const ended = await watched.boot({ plan, scenario, slot, number, of: lastOf(slot.round), takesStock });
    const isFirstHang = !read.some(({ boot: { side, outcome } }) => side === slot.side && outcome.kind === 'hung');
    if (isFirstHang) for (const text of hungText(ended)) progress({ kind: 'note', text });
    read.push(await readBoot(ended, markers));
    // Of two at the same time the second may end first.
    read.sort((one, other) => one.boot.number - other.boot.number);
    // A failed boot ranks as the slowest.
    return (readyNs(ended) ?? scenario.deadlines.totalMs * 1e6) / 1e6;
  };
}
