// Values of options: text -> number, or commander's own error with what is accepted.
import { InvalidArgumentError } from 'commander';
import { type Parsed, parseSize } from '../model/units.ts';

/** Digits only: `1e3` and ` 5` are mistakes, not numbers. */
export function wholeNumber(minimum: number, maximum: number) {
  return (text: string): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= minimum && number <= maximum) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`);
  };
}

/** MiB. */
export function memorySize(text: string): number {
  const mebibytes = quantity(parseSize)(text);
  if (Number.isInteger(mebibytes) && mebibytes >= 16) return mebibytes;
  throw new InvalidArgumentError('Expected whole MiB, at least 16 MiB.');
}

/** A number with its unit, in the unit that `parse` gives. */
export function quantity(parse: (text: string) => Parsed) {
  return (text: string): number => {
    const parsed = parse(text);
    if ('value' in parsed) return parsed.value;
    throw new InvalidArgumentError(`${parsed.problem}.`);
  };
}
