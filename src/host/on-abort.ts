// Acts on an interruption, also on one that came before anybody listened: while a process was being started, for example.

/** Calls `act` once, at once if `signal` is aborted already. Disposing of the result ends the listening. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): Disposable {
  if (signal?.aborted) act();
  else signal?.addEventListener('abort', act, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', act) };
}
