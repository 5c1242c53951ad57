// The known word that a misspelt one was meant to be.
import { distance } from 'fastest-levenshtein';

/** The nearest of `known` by edit distance, or null when none is near enough to be worth naming. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '');
  const scored = known
    .map((candidate) => ({ candidate, slip: slips(plain(word), plain(candidate)) }))
    .filter(({ candidate, slip }) => slip <= Math.floor(plain(candidate).length / 3))
    .sort((a, b) => a.slip - b.slip);
  return scored[0]?.candidate ?? null;
}

/** `; did you mean 'x'?`, or the known words when none is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  if (nearest !== null) return `; did you mean '${nearest}'?`;
  return known.length > 0 ? `; known are ${known.join(', ')}` : '';
}

/** Levenshtein's distance, but two neighbours that were swapped are one slip and not two. Bounded: long words are cut. */
function slips(written: string, meant: string): number {
  const [word, known] = [written.slice(0, 64), meant.slice(0, 64)];
  const swapped = Array.from({ length: Math.max(0, word.length - 1) }, (_, at) =>
    [word.slice(0, at), word[at + 1], word[at], word.slice(at + 2)].join(''),
  );
  return Math.min(distance(word, known), ...swapped.map((other) => 1 + distance(other, known)));
}
