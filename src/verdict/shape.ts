// Not place but shape: a share of boots that became far slower, and a wider spread. A shift of most boots shows neither.
import type { Warning } from '../model/comparison.ts';
import { binomialUpper } from '../stats/binomial-interval.ts';
import { fisherUpper } from '../stats/fisher.ts';
import { median, scaledMad } from '../stats/quantiles.ts';
import { shiftTest } from '../stats/shift-test.ts';
import { sameShapeError, sameSpreadError, slowBootsError, slowerSpending } from './error-rates.ts';
import { type LookPlan, levelAt } from './look-levels.ts';
import { fraction } from './phrases.ts';

export interface Shape {
  /** Why head surely has more far slower boots than base; empty when it may not. */
  readonly slower: string;
  /** Why nobody may say that both are the same; empty when somebody may. */
  readonly notSame: string;
  /** Share of head's boots above which far slower ones are excluded, a fraction. */
  readonly excludedShare: number;
  readonly warnings: readonly Warning[];
}

/** `head` and `base` are logarithms of all boots; a failed boot is Infinity and is not counted here. `plan` is null for a single look. */
export function shapeOf(
  head: readonly number[],
  base: readonly number[],
  { plan, limit }: { readonly plan: LookPlan | null; readonly limit: number },
): Shape {
  const [own, other] = [head.filter(Number.isFinite), base.filter(Number.isFinite)];
  const reach = Math.max(slowReach * Math.min(scaledMad(own), scaledMad(other)), limit);
  const [ownSlow, otherSlow] = [slowBoots(own, reach), slowBoots(other, reach)];
  const p = fisherUpper(ownSlow, own.length, otherSlow, other.length);
  const level = plan === null ? slowBootsError : levelAt(own.length, plan, slowBootsError, slowerSpending, 'pooled');
  const counts = `${ownSlow} of ${own.length} boots of head are far slower than its others, ${otherSlow} of ${other.length} of base`;
  const excluded = otherSlow / Math.max(1, other.length) + slowShare;
  const isExcluded = own.length > 0 && 1 - binomialUpper(ownSlow + 1, own.length, excluded) <= sameShapeError;
  const wider = spreadTest(own, other);
  return {
    slower: level > 0 && p <= level && Number.isFinite(p) ? counts : '',
    notSame: notSameText(isExcluded, ownSlow > otherSlow ? counts : '', wider),
    excludedShare: excluded,
    warnings: wider <= toldSpread ? [{ code: 'wider-spread', text: spreadText(own, other) }] : [],
  };
}

function notSameText(isExcluded: boolean, counts: string, wider: number): string {
  if (wider <= sameSpreadError) return 'the boots of head may spread more widely than those of base';
  if (isExcluded) return '';
  return counts === '' ? `too few boots to exclude that a share of ${fraction(slowShare)} became far slower` : counts;
}

function spreadText(own: readonly number[], other: readonly number[]): string {
  const [wide, narrow] = [scaledMad(own), scaledMad(other)];
  return `the boots of head spread more widely (${fraction(wide)}) than those of base (${fraction(narrow)})`;
}

function slowBoots(values: readonly number[], reach: number): number {
  const middle = lowerMiddle(values);
  return values.filter((value) => value - middle > reach).length;
}

/** A third from below: a slow mode of up to half of the boots does not move it as it moves the median. */
const lowerMiddle = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 3)] ?? Number.NaN;

/** One-sided: the distances from the own median, ranked. */
function spreadTest(own: readonly number[], other: readonly number[]): number {
  if (Math.min(own.length, other.length) < fewestForSpread) return 1;
  const distances = (values: readonly number[]): number[] => {
    const middle = median(values);
    return values.map((value) => Math.abs(value - middle));
  };
  const size = Math.min(own.length, other.length);
  return shiftTest(distances(own.slice(0, size)), distances(other.slice(0, size)), 0, 'pooled').above;
}

/** In robust standard deviations of the quieter side. */
const slowReach = 5;
/** Additional slow boots that `same` excludes. */
const slowShare = 0.3;
const fewestForSpread = 6;
/** Below this p a wider spread is told, whatever the verdict. */
const toldSpread = 0.01;
