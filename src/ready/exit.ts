// Ready when the started command has ended with a status: for commands that return once their guest is up.
import type { ReadinessOf } from '../model/readiness.ts';
import type { LoopWatch } from './loop-watch.ts';
import { type AwaitedGuest, firstSeen, type Seen } from './seen.ts';

export function seeExit(
  { status }: ReadinessOf<'exit'>,
  { vm, signal }: AwaitedGuest,
  loop: LoopWatch,
): Promise<Seen | null> {
  return firstSeen(signal, (tell) =>
    vm.onEvent(({ name, atNs, detail }) => {
      if (name === 'exited' && detail === `code ${status}`)
        tell({ atNs, startedNs: Math.min(atNs, loop.sinceNs()), detail: `status ${status}` });
    }),
  );
}
