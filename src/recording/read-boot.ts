// Reads a boot while others may be running: a guest that is booted meanwhile must have its console stamped in time.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Boot } from '../model/boot.ts';
import type { ReadBoot } from '../model/timeline.ts';
import type { MarkerProfile } from '../timeline/marker.ts';
import { readTimelineInSteps } from '../timeline/read-timeline.ts';

/** Gives others their turn after every few kilobytes of the console. */
export async function readBoot(boot: Boot, markers: MarkerProfile): Promise<ReadBoot> {
  const steps = readTimelineInSteps({ boot, markers });
  for (;;) {
    const step = steps.next();
    if (step.done) return { boot, timeline: step.value };
    await nextTurn();
  }
}
