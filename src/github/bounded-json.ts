// JSON that somebody else's program wrote: bounded in one pass over all of it, before a schema says what it means.

export interface Bounds {
  /** Levels of lists and mappings inside each other. */
  readonly depth: number;
  /** Values in all. */
  readonly values: number;
  /** Entries of one list or mapping. */
  readonly entries: number;
  /** Characters of a key. */
  readonly key: number;
  /** Characters of a text. */
  readonly text: number;
  /** The same for texts under these keys. */
  readonly textOf: Readonly<Record<string, number>>;
}

/** Parses JSON. Throws an error that says what breaks a bound, and where. */
export function parseBounded(json: string, bounds: Bounds): unknown {
  const whole: unknown = JSON.parse(json);
  let values = 0;
  const visit = (value: unknown, place: readonly string[]): void => {
    values += 1;
    if (values > bounds.values) throw new Error(`it holds more than ${bounds.values} values`);
    const problem = problemOf(value, place, bounds);
    if (problem !== null) throw new Error(`it holds ${problem}${place.length > 0 ? ` at ${place.join('.')}` : ''}`);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, entry] of Object.entries(value)) visit(entry, [...place, key]);
  };
  visit(whole, []);
  return whole;
}

function problemOf(value: unknown, place: readonly string[], bounds: Bounds): string | null {
  if (typeof value === 'string') {
    const key = place.at(-1) ?? '';
    const longest = (Object.hasOwn(bounds.textOf, key) ? bounds.textOf[key] : undefined) ?? bounds.text;
    return value.length > longest ? `a text of more than ${longest} characters` : null;
  }
  // 1e999 is fine JSON.
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'a number that is too large';
  if (typeof value !== 'object' || value === null) return null;
  if (place.length >= bounds.depth) return `more than ${bounds.depth} levels`;
  const keys = Array.isArray(value) ? [] : Object.keys(value);
  const entries = Array.isArray(value) ? value.length : keys.length;
  if (entries > bounds.entries) return `more than ${bounds.entries} entries`;
  if (keys.includes('__proto__')) return 'the key __proto__';
  return keys.some((key) => key.length > bounds.key) ? `a key of more than ${bounds.key} characters` : null;
}
