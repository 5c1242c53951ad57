// Numbers with their units, as people write and read them. A wrong or missing unit is never
// guessed: the parsers answer with a sentence that says what is accepted.

/** The value, or what is wrong with the text. */
export type Parsed = { readonly value: number } | { readonly problem: string };

interface Quantity {
  /** How a mistake names it. */
  readonly noun: string;
  readonly accepted: string;
  readonly factors: Readonly<Record<string, number>>;
}

const duration: Quantity = {
  noun: 'duration',
  accepted: 'ms, s, min and h, as in 250 ms, 2.5 s or 4 min',
  factors: { ms: 1, s: 1000, min: 60_000, h: 3_600_000 },
};
const size: Quantity = {
  noun: 'size',
  accepted: 'MiB and GiB, as in 512 MiB or 1 GiB',
  factors: { MiB: 1, GiB: 1024 },
};

/** `250 ms`, `2.5 s`, `4 min`, `1 h` -> milliseconds. */
export function parseDuration(text: string): Parsed {
  return parseQuantity(text, duration);
}

/** `512 MiB`, `1 GiB` -> MiB. */
export function parseSize(text: string): Parsed {
  return parseQuantity(text, size);
}

/** `5 %` -> 0.05, and `0.05` as it is. A bare number above 1 is refused, because it was meant as percent. */
export function parseRatio(text: string): Parsed {
  const accepted = 'accepted are 5 % and 0.05';
  const [, digits, sign] = /^(\d{1,9}(?:\.\d{1,9})?)\s*(%?)$/.exec(text.trim()) ?? [];
  if (digits === undefined) return { problem: `'${text}' is not a percentage: ${accepted}` };
  const number = Number(digits);
  if (sign === '%') return { value: number / 100 };
  if (number > 1)
    return { problem: `'${text}' would be ${number * 100} %; for ${number} % write ${number} % or ${number / 100}` };
  return { value: number };
}

/** For JSON Schema, so that an editor marks what the parsers refuse. */
export const durationPattern = patternOf(duration);
export const sizePattern = patternOf(size);
export const ratioPattern = '^\\s*\\d{1,9}(\\.\\d{1,9})?\\s*%?\\s*$';

function patternOf(quantity: Quantity): string {
  return `^\\s*\\d{1,9}(\\.\\d{1,9})?\\s*(${Object.keys(quantity.factors).join('|')})\\s*$`;
}

function parseQuantity(text: string, quantity: Quantity): Parsed {
  const accepted = `accepted units are ${quantity.accepted}`;
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,9})?)\s*([a-zA-Zµ%]*)$/.exec(text.trim()) ?? [];
  if (digits === undefined || unit === undefined)
    return { problem: `'${text}' is not a ${quantity.noun}: ${accepted}` };
  if (unit === '') return { problem: `'${text}' has no unit: ${accepted}` };
  const factor = Object.hasOwn(quantity.factors, unit) ? quantity.factors[unit] : undefined;
  if (factor === undefined) return { problem: `'${unit}' is not a unit of a ${quantity.noun}: ${accepted}` };
  return { value: Number(digits) * factor };
}

/** `3 boots`, `1 boot`. */
export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
