// Evidence about one metric -> the word for it, the reason, and what would decide it. The precedence of words is here.

import type { Comparison, Interval, Summary, Warning, Word } from '../model/comparison.ts';
import type { MetricRule } from '../model/scenario.ts';
import { formatCount } from '../model/units.ts';
import { aboveCeiling } from './ceiling.ts';
import { sameError, storedSameError } from './error-rates.ts';
import type { Evidence } from './evidence.ts';
import { amount, fraction, tellerOf } from './phrases.ts';
import type { Shape } from './shape.ts';
import { leastValue, worseBy } from './summarize.ts';

export interface MetricFacts {
  readonly rule: MetricRule;
  readonly base: Summary;
  readonly head: Summary;
  readonly headValues: readonly (number | null)[];
  readonly evidence: Evidence | null;
  readonly mode: 'paired' | 'stored';
  /** Head has failed boots and base has none: neither same nor faster can be said. */
  readonly onlyHeadFails: boolean;
  readonly shape: Shape;
  readonly warnings: readonly Warning[];
  /** Why nothing may be concluded from these samples; empty when something may. */
  readonly unusable: string;
}

export function compareMetric(facts: MetricFacts): Comparison {
  const { rule, base, head, evidence } = facts;
  const floor = Math.max(rule.floor, 2 * Math.max(base.resolution, head.resolution));
  const said = wordOf(facts, floor);
  const blunt = facts.unusable === '' ? bluntFloor(floor, facts, said.word) : '';
  return {
    metric: head.metric,
    unit: head.unit,
    gate: rule.gate,
    mode: facts.mode,
    base,
    head,
    ratio: evidence === null || !Number.isFinite(evidence.estimate) ? null : ratioOf(evidence.estimate, head),
    interval: evidence === null ? null : intervalOf(evidence, said, facts),
    limit: rule.limit,
    floor,
    detectable: evidence?.detectable == null ? null : shareOf(evidence.detectable, head),
    ...(said.word === 'undecided' && evidence !== null ? { more: evidence.more } : {}),
    ...(evidence === null ? {} : { spent: evidence.spent }),
    ...(said.slowBoots === true ? { slowBoots: true } : {}),
    word: said.word,
    because: blunt === '' ? said.because : `${said.because}; ${blunt}`,
    wouldDecide: said.word === 'undecided' ? (said.wouldDecide ?? '') : '',
    warnings: [
      ...facts.warnings,
      ...facts.shape.warnings,
      ...(blunt === '' ? [] : [{ code: 'floor-above-limit', text: blunt }]),
    ],
  };
}

/** A floor that is wider than the limit lets a slowdown of the limit pass, whatever the tests say. */
function bluntFloor(floor: number, { rule, base, head }: MetricFacts, word: Word): string {
  const smaller = Math.min(base.median ?? Number.POSITIVE_INFINITY, head.median ?? Number.POSITIVE_INFINITY);
  if (!rule.gate || word === 'slower' || word === 'failed' || floor <= rule.limit * smaller) return '';
  const why = floor > rule.floor ? 'stamps are that coarse' : 'as configured';
  return `the floor of ${amount(floor, head.unit)} (${why}) is above the limit of ${fraction(rule.limit)}: less is not called slower`;
}

interface Said {
  readonly word: Word;
  readonly because: string;
  readonly wouldDecide?: string;
  readonly slowBoots?: boolean;
}

function wordOf(facts: MetricFacts, floor: number): Said {
  const { rule, base, head, evidence, mode, shape } = facts;
  const ceiling = aboveCeiling(facts.headValues, rule, head.unit);
  if (ceiling !== '') return { word: 'failed', because: ceiling };
  if (facts.unusable !== '') return { word: 'undecided', because: facts.unusable };
  if (evidence === null) return unmeasured(base, mode);
  const difference = differenceOf(evidence.estimate, base, head);
  // Where a share of the boots became far slower, that is what happened, and no shift of all of them.
  if (shape.slower !== '') return { word: 'slower', because: shape.slower, slowBoots: true };
  const [least, most] = [worseBy(rule.tolerate, head.better), worseBy(rule.limit, head.better)];
  if (evidence.slower && difference > floor && evidence.estimate > least)
    return { word: 'slower', because: slowerText(evidence, difference, facts) };
  if (evidence.faster && difference > floor && evidence.estimate < -least && !facts.onlyHeadFails && !shape.isWider) {
    const { change, atMost, less } = tellerOf(head.better);
    const bound = evidence.atMost < 0 ? `${atMost} ${change(evidence.atMost)}` : `surely ${less}`;
    return {
      word: 'faster',
      because: `${change(evidence.estimate)} (${amount(difference, head.unit)} ${less}), ${bound} after correction`,
    };
  }
  const hidden = coarseness(evidence, base, head);
  const isHidden = evidence.estimate >= most || (hidden > 0 && evidence.below + hidden > most);
  if (evidence.withinLimit && !isHidden && !facts.onlyHeadFails && shape.notSame === '')
    return { word: 'same', because: sameText(facts, evidence, difference) };
  return undecided(facts, evidence, difference, floor);
}

function unmeasured(base: Summary, mode: MetricFacts['mode']): Said {
  if (base.median !== null || base.count === 0)
    return { word: 'undecided', because: 'too few boots that got this far', wouldDecide: 'more boots would decide it' };
  const because = `most boots of ${mode === 'stored' ? 'the baseline' : 'base'} did not get this far`;
  return { word: 'undecided', because, wouldDecide: 'a base that gets this far would decide it' };
}

/** What is excluded, by the one-sided bound of the test that excludes it. */
function sameText({ rule, head, mode, shape }: MetricFacts, evidence: Evidence, difference: number): string {
  const { change, atMost, ...said } = tellerOf(head.better);
  const sure = fraction(1 - (mode === 'stored' ? storedSameError : sameError));
  const bound = evidence.below < worseBy(rule.limit, head.better) ? `: ${atMost} ${change(evidence.below)}` : '';
  const slower = evidence.slower
    ? `surely ${said.slower} by ${amount(difference, head.unit)}, which the floor lets pass; `
    : '';
  return `${slower}${said.slowdown} of ${fraction(rule.limit)} is excluded (${sure} sure${bound}, estimate ${change(evidence.estimate)}), and so are ${shape.excludes}; this does not say that both are equal`;
}

function slowerText(evidence: Evidence, difference: number, { head, rule }: MetricFacts): string {
  if (!Number.isFinite(evidence.estimate)) return 'most boots of head did not get this far';
  const { change, atLeast, more } = tellerOf(head.better);
  const least = rule.tolerate > 0 ? ` (tolerated: ${fraction(rule.tolerate)})` : '';
  // The bound sets outliers aside around the estimate, the test around nothing: few boots can leave the test alone with an answer.
  const bound =
    evidence.atLeast > worseBy(rule.tolerate, head.better)
      ? `${atLeast} ${change(evidence.atLeast)}`
      : `surely ${more}`;
  const small = evidence.withinLimit ? `, though less than the limit of ${fraction(rule.limit)}` : '';
  return `${change(evidence.estimate)} (${amount(difference, head.unit)} ${more}), ${bound} after correction${least}${small}`;
}

function undecided(facts: MetricFacts, evidence: Evidence, difference: number, floor: number): Said {
  const { rule, head, shape } = facts;
  const { change, slowdown, slower } = tellerOf(head.better);
  if (facts.onlyHeadFails && (evidence.withinLimit || evidence.faster)) {
    return {
      word: 'undecided',
      because: 'head has failures that base has not',
      wouldDecide: 'more pairs would show whether head fails more often',
    };
  }
  if (evidence.withinLimit && shape.notSame !== '') {
    const because = `${slowdown} of ${fraction(rule.limit)} is excluded, but ${shape.notSame}`;
    return { word: 'undecided', because, wouldDecide: shape.wouldDecide };
  }
  if (evidence.slower) {
    return {
      word: 'undecided',
      because: `${change(evidence.estimate)}, but the difference of ${amount(difference, head.unit)} is within the floor of ${amount(floor, head.unit)}`,
      wouldDecide: 'a lower floor, or a probe with a finer resolution, would decide it',
    };
  }
  const range =
    Number.isFinite(evidence.low) && Number.isFinite(evidence.high)
      ? `, ${change(evidence.low)} to ${change(evidence.high)}`
      : '';
  const open =
    evidence.estimate > worseBy(rule.limit, head.better)
      ? `it looks ${slower}, but chance alone may do that`
      : `${slowdown} of ${fraction(rule.limit)} is neither shown nor excluded`;
  return {
    word: 'undecided',
    because: `${change(evidence.estimate)}${range}: ${open}`,
    wouldDecide: whatWouldDecide(evidence, rule),
  };
}

function whatWouldDecide(evidence: Evidence, rule: MetricRule): string {
  const limit = `${fraction(rule.limit)} limit`;
  if (evidence.mode === 'stored') {
    const paired = 'base and head in one session (paired)';
    if (evidence.more === null) return `${paired} would settle a ${limit}; sessions differ too much among themselves`;
    return `${formatCount(evidence.more, 'more baseline session')}, or ${paired}, would settle a ${limit}`;
  }
  if (evidence.more === null) return `a quieter machine, or a limit wider than ${fraction(rule.limit)}`;
  return `${formatCount(evidence.more, 'more pair')} would settle a ${limit}`;
}

/** head / base, of a shift for the worse. */
const ratioOf = (shift: number, { better }: Summary): number => Math.exp(better === 'higher' ? -shift : shift);

/** A growth for the worse as the share of the metric itself. */
const shareOf = (growth: number, { better }: Summary): number => (better === 'higher' ? growth / (1 + growth) : growth);

/** Size of the change in the metric's unit, counted from the smaller side so that swapping the sides mirrors it. */
function differenceOf(estimate: number, base: Summary, head: Summary): number {
  const isHeadLarger = head.better === 'higher' ? estimate < 0 : estimate >= 0;
  const smaller = isHeadLarger ? base.median : head.median;
  return smaller === null ? Number.POSITIVE_INFINITY : Math.max(smaller, leastValue) * Math.expm1(Math.abs(estimate));
}

/**
 * Widened by what coarse stamps hide. Where a test has spoken its end stays where the test puts it: stamps of equal boots are equal however
 * coarse they are, and the test sets far boots aside around the shift that it excludes, not around the estimate.
 */
function intervalOf(evidence: Evidence, said: Said, { rule, base, head, mode }: MetricFacts): Interval | null {
  const coarse = coarseness(evidence, base, head);
  const [least, most] = [worseBy(rule.tolerate, head.better), worseBy(rule.limit, head.better)];
  let [low, high] = [evidence.low - coarse, evidence.high + coarse];
  if (said.word === 'slower' && said.slowBoots !== true) low = Math.max(low, least);
  if (said.word === 'faster') high = Math.min(high, -least);
  // Against stored sessions `same` is less sure than the interval is.
  if (said.word === 'same' && mode === 'paired') high = Math.min(high, most);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
  const ends = [ratioOf(low, head), ratioOf(high, head)];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** What stamps hide that are coarser than boots differ: where boots spread as widely as that, the errors of stamps even out. */
function coarseness({ boot }: Evidence, base: Summary, head: Summary): number {
  const smaller = Math.min(base.median ?? Number.POSITIVE_INFINITY, head.median ?? Number.POSITIVE_INFINITY);
  const resolution = Math.max(base.resolution, head.resolution);
  if (resolution === 0) return 0;
  const coarse = resolution / smaller - (Number.isFinite(boot) ? boot : 0);
  return Math.log1p(Math.max(0, coarse));
}
