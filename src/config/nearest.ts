// The known word that a misspelt one was meant to be.

/** The nearest of `known` by edit distance, or null when none is near enough to be worth naming. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '');
  const scored = known
    .map((candidate) => ({ candidate, distance: editDistance(plain(word), plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.floor(plain(candidate).length / 3))
    .sort((a, b) => a.distance - b.distance);
  return scored[0]?.candidate ?? null;
}

/** `; did you mean 'x'?`, or the known words when none is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  if (nearest !== null) return `; did you mean '${nearest}'?`;
  return known.length > 0 ? `; known are ${known.join(', ')}` : '';
}

/** Levenshtein's distance with neighbours swapped at cost one (optimal string alignment). Bounded: long words are cut. */
function editDistance(left: string, right: string): number {
  const a = left.slice(0, 64);
  const b = right.slice(0, 64);
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (r: number, c: number): number => (r === i ? row : rows[r])?.[c] ?? 0;
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
