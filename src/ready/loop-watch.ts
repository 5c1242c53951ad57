// How late a stamp may be that is read when this process gets to it: since when the event loop has not looked.

export interface LoopWatch extends Disposable {
  /** What is seen just now cannot have been there before this moment. */
  sinceNs(): number;
}

const periodMs = 5;

/** A moment counts once the loop has polled after it: what was there before was then read. 0 until the first such moment. */
export function watchLoop(nowNs: () => number): LoopWatch {
  let since = 0;
  const timer = setInterval(() => {
    const atNs = nowNs();
    setImmediate(() => {
      since = atNs;
    });
  }, periodMs);
  return { sinceNs: () => since, [Symbol.dispose]: () => clearInterval(timer) };
}
