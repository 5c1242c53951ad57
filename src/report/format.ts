// Numbers as people read them: always a unit, three digits that mean something. Formatting only, no statistics.
import type { Comparison, Interval, Summary } from '../model/comparison.ts';
import type { Unit } from '../model/metric.ts';
import { plainLine } from '../model/plain-text.ts';

export const missing = 'n/a';

/** `2.41 s`, `812 ms`, `240 s`, `512 MiB`; `n/a` for null and for what is not a number. */
export function formatValue(value: number | null, unit: Unit): string {
  if (value === null || !Number.isFinite(value)) return missing;
  const scale = scaleOf(Math.abs(value), unit);
  return `${(value / scale.divisor).toFixed(scale.decimals)} ${scale.unit}`.trimEnd();
}

/** As `formatValue`, with a sign: `+0.24 s`, `-12 ms`. */
export function formatDifference(value: number | null, unit: Unit): string {
  if (value === null || !Number.isFinite(value)) return missing;
  const text = formatValue(Math.abs(value), unit);
  if (!/[1-9]/.test(text)) return text;
  return `${value < 0 ? '-' : '+'}${text}`;
}

/** `[2.38, 2.45] s`, both ends in the unit and the digits of the larger. */
export function formatInterval(interval: Interval | null, unit: Unit): string {
  if (interval === null || !Number.isFinite(interval.low) || !Number.isFinite(interval.high)) return missing;
  const scale = scaleOf(Math.max(Math.abs(interval.low), Math.abs(interval.high)), unit);
  const end = (value: number): string => (value / scale.divisor).toFixed(scale.decimals);
  return `[${end(interval.low)}, ${end(interval.high)}] ${scale.unit}`.trimEnd();
}

/** A ratio as a change: `+11 % [+8, +14]`; without an interval only `+11 %`. */
export function formatChange(ratio: number | null, interval: Interval | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return missing;
  const known = interval !== null && Number.isFinite(interval.low) && Number.isFinite(interval.high);
  const percents = [ratio, ...(known ? [interval.low, interval.high] : [])].map((value) => (value - 1) * 100);
  const decimals = percents.every((percent) => Math.abs(percent) < 9.95) ? 1 : 0;
  const [change, low, high] = percents.map((percent) => signed(percent, decimals));
  return known ? `${change} % [${low}, ${high}]` : `${change} %`;
}

/** Between which changes the true one lies: `+8 to +14 %`; `n/a` where it is not known. */
export function formatChangeInterval(interval: Interval | null): string {
  if (interval === null || !Number.isFinite(interval.low) || !Number.isFinite(interval.high)) return missing;
  const percents = [interval.low, interval.high].map((value) => (value - 1) * 100);
  const decimals = percents.every((percent) => Math.abs(percent) < 9.95) ? 1 : 0;
  return `${percents.map((percent) => signed(percent, decimals)).join(' to ')} %`;
}

/** A change without its sign: `11 %`, `4.8 %`. */
export function formatPercent(fraction: number): string {
  const percent = fraction * 100;
  return `${percent.toFixed(percent < 9.95 ? 1 : 0)} %`;
}

/** A fraction as percent: `3 %`, `0.4 %`. */
export function formatFraction(fraction: number | null): string {
  if (fraction === null || !Number.isFinite(fraction)) return missing;
  const percent = fraction * 100;
  return `${percent.toFixed(Math.abs(percent) < 0.95 && percent !== 0 ? 1 : 0)} %`;
}

/** What a comparison is held against: `5 % & 50 ms`. */
export function formatLimit(comparison: Comparison): string {
  const limit = formatFraction(comparison.limit);
  return comparison.floor > 0 ? `${limit} & ${formatValue(comparison.floor, comparison.unit)}` : limit;
}

/** The larger noise of the two sides: the one that limits what can be seen. */
export function formatNoise(...summaries: readonly Summary[]): string {
  const known = summaries.map((summary) => summary.noise).filter((noise) => noise !== null);
  return formatFraction(known.length === 0 ? null : Math.max(...known));
}

/** Nanoseconds of a timeline as milliseconds, the unit of everything shown. */
export const nsToMs = (nanoseconds: number): number => nanoseconds / 1e6;

interface Scale {
  readonly divisor: number;
  readonly decimals: number;
  readonly unit: string;
}

/** How values of about this size are shown. */
export function scaleOf(size: number, unit: Unit): Scale {
  if (unit === 'MiB') return { divisor: 1, decimals: size < 99.5 && size !== 0 ? 1 : 0, unit };
  if (unit !== 'ms')
    return {
      divisor: 1,
      decimals: size >= 99.5 || size === 0 ? 0 : size >= 9.95 ? 1 : size >= 0.0995 ? 2 : 4,
      unit: plainLine(unit, 16),
    };
  if (size >= 999.5) return { divisor: 1000, decimals: size < 9995 ? 2 : size < 99950 ? 1 : 0, unit: 's' };
  return { divisor: 1, decimals: size >= 9.95 || size === 0 ? 0 : size >= 0.995 ? 1 : 2, unit };
}

function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return /[1-9]/.test(text) ? `${value < 0 ? '-' : '+'}${text}` : text;
}
