// Waits until a guest is ready in a way that its scenario names. One file per kind; SSH has a room of its own.
import { type Readiness, readyMetric } from '../model/readiness.ts';
import { seeAgent } from './agent.ts';
import { seeExit } from './exit.ts';
import { seeLine } from './line.ts';
import { type LoopWatch, watchLoop } from './loop-watch.ts';
import type { AwaitedGuest, Seen } from './seen.ts';
import { seeServer } from './server.ts';

export type NotSsh = Exclude<Readiness, { readonly kind: 'ssh' }>;

/** True when it came, as an event `time-to-NAME` with the outcome `ok`; false: the guest's signal was aborted first. */
export async function awaitReadiness(readiness: NotSsh, guest: AwaitedGuest): Promise<boolean> {
  using loop = watchLoop(guest.nowNs);
  const seen = await see(readiness, guest, loop);
  if (seen === null || guest.signal.aborted) return false;
  guest.onEvent({ ...seen, probe: readyMetric(readiness), outcome: 'ok' });
  return true;
}

function see(readiness: NotSsh, guest: AwaitedGuest, loop: LoopWatch): Promise<Seen | null> {
  switch (readiness.kind) {
    case 'line':
      return seeLine(readiness, guest, loop);
    case 'exit':
      return seeExit(readiness, guest, loop);
    case 'tcp':
    case 'http':
    case 'vsock':
      return seeServer(readiness, guest);
    case 'agent':
      return seeAgent(readiness, guest, loop);
  }
}
