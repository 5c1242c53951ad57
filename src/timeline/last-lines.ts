// The last words of a console: what a person looks at first when a boot did not come up.
import { plainLine } from '../model/plain-text.ts';
import type { SerialLine } from '../model/timeline.ts';
import { mendLines } from './mend.ts';

/** So many lines of the end are looked at: behind a long run of empty ones there is nothing to see. */
const looked = 100;

/** At most `most` lines with something in them, in their order, safe to show; the tail without its newline is one of them. */
export function lastLines(lines: readonly SerialLine[], most: number, longest = 200): string[] {
  const texts = mendLines(lines.slice(-looked)).map(({ text }) => plainLine(text, longest));
  return texts.filter((text) => text !== '').slice(-most);
}
