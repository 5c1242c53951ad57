// Ready when a line matches: on the console, or on what a launcher prints.
import { plainLine } from '../model/plain-text.ts';
import type { ReadinessOf } from '../model/readiness.ts';
import { userPattern } from '../model/user-pattern.ts';
import { LineReader } from '../timeline/lines.ts';
import type { LoopWatch } from './loop-watch.ts';
import { type AwaitedGuest, firstSeen, type Seen } from './seen.ts';

/** A prompt ends with no newline. What is longer waits for one: each read of it would be searched again. */
const longestPrompt = 256;

export function seeLine(
  { pattern, on }: ReadinessOf<'line'>,
  { vm, signal }: AwaitedGuest,
  loop: LoopWatch,
): Promise<Seen | null> {
  const wanted = userPattern(pattern);
  const reader = new LineReader();
  const watchedFromNs = vm.nowNs();
  return firstSeen(signal, (tell) =>
    vm.onOutput(on, (bytes, atNs) => {
      const lines = reader.feed(bytes, atNs);
      const tail = reader.tailLength() <= longestPrompt ? reader.tail() : null;
      const found = [...lines, ...(tail === null ? [] : [tail])].find(({ text }) => wanted.test(text));
      // What came before anybody watched may have been there at any time.
      const startedNs = atNs < watchedFromNs ? 0 : Math.min(atNs, loop.sinceNs());
      if (found) tell({ atNs, startedNs, detail: plainLine(found.text) });
    }),
  );
}
