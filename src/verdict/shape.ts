// Not place but shape: a share of boots that became far slower, or fail, and a wider spread. A shift of most boots shows none of them.
import type { Warning } from '../model/comparison.ts';
import type { Better } from '../model/scenario.ts';
import { binomialUpper } from '../stats/binomial-interval.ts';
import { excludesRate } from '../stats/binomial-looks.ts';
import { fisherUpper } from '../stats/fisher.ts';
import { median, scaledMad } from '../stats/quantiles.ts';
import { shiftTest } from '../stats/shift-test.ts';
import { sameShapeError, sameSpreadError, slowBootsError, slowerSpending, storedSameError } from './error-rates.ts';
import { type LookPlan, levelAt } from './look-levels.ts';
import { fraction, tellerOf } from './phrases.ts';

export interface Shape {
  /** Why head surely has more far slower boots than base; empty when it may not. */
  readonly slower: string;
  /** Why nobody may say that both are the same; empty when somebody may. */
  readonly notSame: string;
  /** What would show it; empty where nothing stands against `same`. */
  readonly wouldDecide: string;
  /** Head may spread more widely, or too few boots tell: a median that is lower by chance makes it no faster. */
  readonly isWider: boolean;
  /** What is excluded, and how surely, when nothing stands against `same`. */
  readonly excludes: string;
  readonly warnings: readonly Warning[];
}

interface ShapeRule {
  /** null for a single look. */
  readonly plan: LookPlan | null;
  /** What lies less above the other boots is no slow boot: the limit, and what stamps can tell, as logarithms. */
  readonly least: number;
  /** Of the error of a report, what this metric has. */
  readonly share: number;
  readonly better: Better | undefined;
}

/** `head` and `base` are logarithms of how bad all boots are; a failed boot is Infinity. */
export function shapeOf(head: readonly number[], base: readonly number[], rule: ShapeRule): Shape {
  const [own, other] = [head.filter(Number.isFinite), base.filter(Number.isFinite)];
  const reach = Math.max(slowReach * Math.min(scaledMad(own), scaledMad(other)), rule.least);
  const slow = { head: slowBoots(own, reach), base: slowBoots(other, reach) };
  const failed = { head: failedBoots(head), base: failedBoots(base) };
  const wider = spreadTest(own, other);
  const { farSlower } = tellerOf(rule.better);
  const open = against(slow, failed, wider, rule);
  const p = fisherUpper(slow.head.hits, slow.head.of, slow.base.hits, slow.base.of);
  const error = rule.share * slowBootsError;
  const level = rule.plan === null ? error : levelAt(own.length, rule.plan, error, slowerSpending, 'pooled');
  return {
    slower: level > 0 && p <= level && Number.isFinite(p) ? countsText(slow, farSlower) : '',
    ...open,
    isWider: wider <= sameSpreadError || own.length < Math.min(fewestForSpread, rule.plan?.most ?? 0),
    excludes: open.notSame === '' ? excludedText(head.length, rule) : '',
    warnings: wider <= toldSpread ? [{ code: 'wider-spread', text: spreadText(own, other) }] : [],
  };
}

interface Count {
  readonly hits: number;
  readonly of: number;
}

interface Counts {
  readonly head: Count;
  readonly base: Count;
}

/** What stands against `same`: the first of a wider spread, slow boots and failures that the boots so far do not exclude. */
function against(slow: Counts, failed: Counts, wider: number, { plan, better }: ShapeRule) {
  const { farSlower } = tellerOf(better);
  const more = 'more boots would show whether that is chance';
  if (wider <= sameSpreadError)
    return { notSame: 'the boots of head may spread more widely than those of base', wouldDecide: more };
  for (const [counts, share, what] of [
    [slow, slowShare, `became ${farSlower}`],
    [failed, failedShare, 'fail'],
  ] as const) {
    if (excludes(counts, share, plan)) continue;
    if (counts === slow && counts.head.hits > counts.base.hits)
      return { notSame: countsText(counts, farSlower), wouldDecide: more };
    return {
      notSame: `${counts.head.of} boots are too few to exclude that ${fraction(share)} of head's ${what}`,
      wouldDecide: `${fewestThatExclude(share, plan)} boots of head in which that never happens`,
    };
  }
  return { notSame: '', wouldDecide: '' };
}

/** Whether a share of boots that is so much above base's is excluded. */
function excludes({ head, base }: Counts, share: number, plan: LookPlan | null): boolean {
  if (head.of < fewestBoots) return false;
  const rate = Math.min(0.99, share + base.hits / Math.max(1, base.of));
  const error = exclusionError(share, head.of, plan);
  if (plan === null || plan.first >= plan.most)
    return 1 - binomialUpper(head.hits + 1, head.of, rate) <= error * (1 + 1e-9);
  return excludesRate(head, { rate, most: Math.max(plan.most, head.of), error });
}

/** A plan of few boots excludes what it can: so much remains when not one of its boots is bad. */
function exclusionError(share: number, of: number, plan: LookPlan | null): number {
  const [promised, most] = plan === null ? [storedSameError, of] : [sameShapeError, Math.max(plan.most, of)];
  return Math.max(promised, (1 - share) ** most);
}

/** Rounds before `same` can be said, when nothing stands against it; against stored sessions (null) head's boots. */
export const fewestForSame = (plan: LookPlan | null): number => fewestThatExclude(failedShare, plan);

function fewestThatExclude(share: number, plan: LookPlan | null): number {
  const none = { hits: 0, of: 0 };
  let of = fewestBoots;
  while (!excludes({ head: { hits: 0, of }, base: none }, share, plan)) of += 1;
  return of;
}

function excludedText(boots: number, { plan, better }: ShapeRule): string {
  const surely = (share: number): string => fraction(1 - exclusionError(share, boots, plan));
  return `${tellerOf(better).farSlower} boots in ${fraction(slowShare)} of head's (${surely(slowShare)} sure) and failures in ${fraction(failedShare)} (${surely(failedShare)} sure)`;
}

const countsText = ({ head, base }: Counts, farSlower: string): string =>
  `${head.hits} of ${head.of} boots of head are ${farSlower} than its others, ${base.hits} of ${base.of} of base`;

function spreadText(own: readonly number[], other: readonly number[]): string {
  const [wide, narrow] = [scaledMad(own), scaledMad(other)];
  return `the boots of head spread more widely (${fraction(wide)}) than those of base (${fraction(narrow)})`;
}

const failedBoots = (values: readonly number[]): Count => ({
  hits: values.filter((value) => value === Number.POSITIVE_INFINITY).length,
  of: values.length,
});

/** Boots that lie farther than `reach` above the lower third. */
export function slowBoots(values: readonly number[], reach: number): Count {
  const middle = lowerMiddle(values);
  return { hits: values.filter((value) => value - middle > reach).length, of: values.length };
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
export const slowReach = 5;
/** Additional slow boots, and failures, that `same` excludes. */
const slowShare = 0.3;
const failedShare = 0.2;
/** With fewer, a share of slow boots that `same` excludes would be missed in more than 5 % of runs. */
const fewestBoots = 9;
const fewestForSpread = 6;
/** Below this p a wider spread is told, whatever the verdict. */
const toldSpread = 0.01;
