// What every kind of readiness is given, and what it answers.
import type { WatchedGuest } from '../probe/probe.ts';
import type { RunningVm } from '../qemu/running-vm.ts';

/** When it was seen, and the earliest moment at which it can have been so. */
export interface Seen {
  readonly atNs: number;
  readonly startedNs: number;
  readonly detail: string;
}

export interface AwaitedGuest extends WatchedGuest {
  readonly vm: RunningVm;
}

/** What `subscribe` tells first; null when the signal is aborted before. */
export function firstSeen(
  signal: AbortSignal,
  subscribe: (tell: (seen: Seen) => void) => () => void,
): Promise<Seen | null> {
  const { promise, resolve } = Promise.withResolvers<Seen | null>();
  if (signal.aborted) return Promise.resolve(null);
  const stop = subscribe(resolve);
  const onAbort = (): void => resolve(null);
  signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort);
    stop();
  });
}
