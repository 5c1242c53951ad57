// The words in which a judgement explains itself: percents and amounts, always with a unit.
import type { Unit } from '../model/metric.ts';
import type { Better } from '../model/scenario.ts';

/** A shift of logarithms as a change: `+4.8 %`, `-11 %`. */
export function change(shift: number): string {
  if (shift === Number.POSITIVE_INFINITY) return 'without bound';
  const text = fraction(Math.abs(Math.expm1(shift)));
  return `${shift < 0 ? '-' : '+'}${text}`;
}

/** How a shift for the worse is told of a metric of which less, or more, is better. */
export function tellerOf(better: Better | undefined) {
  if (better === undefined) return ofTime;
  return better === 'higher' ? ofMore : ofLess;
}

const ofTime = {
  change,
  ...{ slowdown: 'a slowdown', slower: 'slower', more: 'more', less: 'less', atLeast: 'at least', atMost: 'at most' },
  ...{ faster: 'faster', slow: 'slow', farSlower: 'far slower' },
};
/** Of users' numbers. */
const ofLess: typeof ofTime = {
  ...ofTime,
  ...{ slowdown: 'a rise', slower: 'higher', faster: 'lower', slow: 'high', farSlower: 'far higher' },
};
const ofMore: typeof ofTime = {
  change: (shift) => change(-shift),
  ...{ slowdown: 'a drop', slower: 'lower', more: 'less', less: 'more', atLeast: 'at most', atMost: 'at least' },
  ...{ faster: 'higher', slow: 'low', farSlower: 'far lower' },
};

/** A fraction as percent with two digits that count: `0.42 %`, `4.8 %`, `11 %`. */
export function fraction(value: number): string {
  const percent = value * 100;
  if (Math.abs(percent - Math.round(percent)) < 1e-9) return `${Math.round(percent)} %`;
  return `${percent.toFixed(percent >= 9.95 ? 0 : percent >= 0.995 ? 1 : 2)} %`;
}

/** `0.24 s`, `38 ms`, `12 MiB`, `60 fps`. */
export function amount(value: number, unit: Unit): string {
  if (unit === 'ms' && value >= 999.5) return `${(value / 1000).toFixed(2)} s`;
  return `${value.toFixed(value >= 9.95 ? 0 : 1)} ${unit}`.trimEnd();
}
