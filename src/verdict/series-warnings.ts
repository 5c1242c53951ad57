// Things about the samples of one metric that a reader must know: drift, two modes, uneven outliers, a stuck clock.
import type { Warning } from '../model/comparison.ts';
import type { Unit } from '../model/metric.ts';
import type { Better } from '../model/scenario.ts';
import { fisherUpper } from '../stats/fisher.ts';
import { twoModes } from '../stats/modes.ts';
import { median, scaledMad } from '../stats/quantiles.ts';
import { theilSenSlope, trendP } from '../stats/trend.ts';
import { amount, fraction, tellerOf } from './phrases.ts';

/** `values` by side are logarithms of how bad they are, in the order taken; a failed boot is Infinity. */
export function seriesWarnings(
  sides: readonly { readonly name: string; readonly values: readonly number[] }[],
  { unit, better }: { readonly unit: Unit; readonly better?: Better },
): Warning[] {
  const [head, base] = sides;
  return [
    ...driftWarning(
      sides.map(({ values }) => values),
      better,
    ),
    ...sides.flatMap(({ name, values }) =>
      modesWarning(name, values, { unit, ...(better === undefined ? {} : { better }) }),
    ),
    ...(head && base ? outlierWarning(head.values, base.values, better) : []),
  ];
}

/** Empty, or why these samples cannot carry a conclusion. */
export function unusableReason(
  sides: readonly { readonly name: string; readonly values: readonly (number | null)[] }[],
): string {
  const stuck = sides.find(({ values }) => values.length >= 5 && new Set(values).size === 1 && values[0] !== null);
  return stuck === undefined
    ? ''
    : `all ${stuck.values.length} values of ${stuck.name} are equal, as no real boots are`;
}

function driftWarning(sides: readonly (readonly number[])[], better: Better | undefined): Warning[] {
  const shifted = sides.map((values) => {
    const middle = median(values);
    return values.map((value) => value - middle);
  });
  const rounds = Math.min(...shifted.map((values) => values.length));
  if (rounds < 8) return [];
  const course = Array.from({ length: rounds }, (_, round) =>
    shifted.reduce((sum, values) => sum + (values[round] as number) / shifted.length, 0),
  ).filter(Number.isFinite);
  const total = Math.expm1(theilSenSlope(course) * (course.length - 1));
  if (trendP(course) > 0.01 || Math.abs(total) < 0.01) return [];
  const { slower, faster } = tellerOf(better);
  const direction = total > 0 ? slower : faster;
  return [{ code: 'drift', text: `drifts ${fraction(Math.abs(total))} ${direction} over the session` }];
}

function modesWarning(
  name: string,
  values: readonly number[],
  { unit, better }: { readonly unit: Unit; readonly better?: Better },
): Warning[] {
  if (values.length < 10) return [];
  const modes = twoModes(values);
  if (modes === null) return [];
  const [low, high] = [modes.low, modes.high].map((at) => amount(Math.exp(better === 'higher' ? -at : at), unit));
  return [
    {
      code: 'two-modes',
      text: `two modes in ${name}, ${low} and ${high} (${fraction(modes.highShare)} ${tellerOf(better).slow})`,
    },
  ];
}

/** Far boots are set aside by the test; when they sit on one side that must be said. */
function outlierWarning(head: readonly number[], base: readonly number[], better: Better | undefined): Warning[] {
  const far = (values: readonly number[]): number => {
    const middle = median(values);
    const reach = 4 * spread;
    return values.filter((value) => value < Number.POSITIVE_INFINITY && value - middle > reach).length;
  };
  const spread = Math.min(scaledMad(head), scaledMad(base));
  if (!(spread > 0)) return [];
  const [own, other] = [far(head), far(base)];
  if (own === other) return [];
  const [more, of, less, otherOf] =
    own > other ? [own, head.length, other, base.length] : [other, base.length, own, head.length];
  if (fisherUpper(more, of, less, otherOf) > 0.05) return [];
  const text = `boots ${tellerOf(better).farSlower} than the rest: ${own} of ${head.length} of head, ${other} of ${base.length} of base`;
  return [{ code: 'uneven-outliers', text }];
}
