// Phases that may speak: one that surely grew by more than its limit makes a scenario slower, though the sum may hide it. Services are
// told only, since one that starts beside others may grow and delay nobody.
import type { Verdict, Warning } from '../model/comparison.ts';
import { phaseMetric, serviceMetric } from '../model/metric.ts';
import type { Series } from '../model/series.ts';
import { median } from '../stats/quantiles.ts';
import { shiftTest } from '../stats/shift-test.ts';
import { phasesError, servicesError } from './error-rates.ts';
import type { JudgeInput } from './judge-input.ts';
import { bootsOf, roundsOf, sessionsOf } from './match-series.ts';
import { pairedEvidence } from './paired.ts';
import { amount, change, fraction } from './phrases.ts';
import { storedEvidence } from './stored.ts';
import { logarithm } from './summarize.ts';

/** How a phase is judged that has no rule of its own. */
const phaseRule = { limit: 0.25, floorMs: 50 };
const logLimit = Math.log1p(phaseRule.limit);
/** A phase has moved where others surely shrank by this share of its growth. */
const movedShare = 0.8;
/** One-sided, at the last look, of one phase that went up or down; of work that moved, of all phases together. */
const wentError = 0.05;
const fewestBoots = 5;

type Way = 'up' | 'down';

/** One phase or service of both sides. */
interface Part {
  readonly name: string;
  readonly differenceMs: number;
  /** Of the longer side. */
  readonly longestMs: number;
  readonly resolution: number;
  /** Surely grew by more than the limit, at an error; the estimate of its growth. */
  readonly grew: (error: number) => { readonly surely: boolean; readonly estimate: number };
  /** Surely longer, or shorter, than it was: noise of a long phase is no work that left it. */
  readonly went: (way: Way, error: number) => boolean;
}

/** Which phases surely grew. Each has its own part of the error, whatever the others do. `sessions` of the input are comparable ones. */
export function judgePhases(input: JudgeInput): { readonly verdict: Verdict | null; readonly warnings: Warning[] } {
  const choice = input.scenario.phases ?? 'gate';
  if (choice === 'off' || isUpdated(input)) return { verdict: null, warnings: [] };
  const phases = partsOf(phaseMetric, input);
  const services = grownOf(partsOf(serviceMetric, input), 'service', servicesError);
  const told = services.map(({ text }) => ({ code: 'service-grew', text }));
  const grown = grownOf(phases, 'phase', phasesError);
  if (grown.length === 0) return { verdict: null, warnings: told };
  const because = grown.map(({ text }) => text).join('; ');
  const growth = grown.reduce((sum, { differenceMs }) => sum + differenceMs, 0);
  // Of a thousand phases fifty shrink by chance: together they would hide any growth.
  const shrank = phases.filter((part) => part.went('down', wentError / phases.length));
  const shrunk = shrank.reduce((sum, { differenceMs }) => sum + Math.max(0, -differenceMs), 0);
  if (shrunk >= movedShare * growth) {
    const text = `${because}; other phases shrank by ${amount(shrunk, 'ms')}: the work has moved`;
    return { verdict: null, warnings: [{ code: 'phase-moved', text }, ...told] };
  }
  const warnings = [{ code: 'phase-grew', text: because }, ...told];
  if (choice === 'tell') return { verdict: null, warnings };
  return { verdict: { word: 'slower', rule: 'phase', because, wouldDecide: '' }, warnings };
}

/** Whether a phase surely became longer, or shorter, by its own noise. `sessions` of the input are comparable ones. */
export function surelyWent(name: string, way: Way, input: JudgeInput): boolean {
  const head = input.head.find(({ metric }) => metric === phaseMetric(name));
  return head !== undefined && (partOf(name, head, input)?.went(way, wentError) ?? false);
}

/** Against sessions of another system nothing that grew is known to be head's doing. */
function isUpdated({ base, sessions, headFacts }: JudgeInput): boolean {
  const before = sessions.at(-1)?.facts.osVersion;
  return base === null && headFacts !== undefined && before !== undefined && before !== headFacts.osVersion;
}

function grownOf(parts: readonly Part[], kind: string, error: number) {
  return parts.flatMap((part) => {
    const { name, differenceMs, resolution } = part;
    if (differenceMs <= Math.max(phaseRule.floorMs, 2 * resolution)) return [];
    const { surely, estimate } = part.grew(error / parts.length);
    if (!surely) return [];
    const text = `the ${kind} ${name} grew by ${amount(differenceMs, 'ms')} (${change(estimate)}), surely more than its limit of ${fraction(phaseRule.limit)}`;
    return [{ differenceMs, text }];
  });
}

/** Parts that both sides have and that no rule of their own judges. One that is shorter than the floor did not grow by it: it takes no part of the error. */
function partsOf(metricOf: (name: string) => string, input: JudgeInput): Part[] {
  return input.head.flatMap((head) => {
    const name = head.metric.slice(metricOf('').length);
    if (head.metric !== metricOf(name) || Object.hasOwn(input.scenario.metrics, head.metric)) return [];
    const part = partOf(name, head, input);
    return part !== null && part.longestMs > phaseRule.floorMs ? [part] : [];
  });
}

const partOf = (name: string, head: Series, input: JudgeInput): Part | null =>
  input.base === null ? storedPart(name, head, input) : pairedPart(name, head, input.base, input);

function pairedPart(
  name: string,
  head: Series,
  bases: readonly Series[],
  { scenario: { sampling } }: JudgeInput,
): Part | null {
  const base = bases.find(({ metric }) => metric === head.metric);
  if (base === undefined) return null;
  const rounds = roundsOf(head, base);
  // A boot that failed has no phases to compare; its round is left out on both sides.
  const whole = rounds.head.flatMap((own, index) => {
    const other = rounds.base[index] ?? null;
    return own === null || other === null ? [] : [{ own: logarithm(own), other: logarithm(other) }];
  });
  const [own, other] = [whole.map((round) => round.own), whole.map((round) => round.other)];
  const plan = { first: Math.max(fewestBoots, sampling.boots), most: sampling.maxBoots };
  return {
    name,
    ...mediansOf(rounds.all.head.filter(isNumber), rounds.all.base.filter(isNumber)),
    resolution: Math.min(head.resolution, base.resolution),
    grew: (error) => {
      if (whole.length < fewestBoots) return { surely: false, estimate: 0 };
      const { slower, estimate } = pairedEvidence({
        ...{ head: own, base: other, plan, error },
        ...{ tolerate: logLimit, limit: logLimit },
      });
      return { surely: slower, estimate };
    },
    went: (way, error) => {
      const isThere = way === 'up' ? median(own) > median(other) : median(own) < median(other);
      const { above, below } = shiftTest(own, other, 0, 'pooled');
      return isThere && (way === 'up' ? above : below) <= error * (1 + 1e-9);
    },
  };
}

function storedPart(name: string, head: Series, { sessions: all }: JudgeInput): Part | null {
  const stored = sessionsOf(head.metric, all);
  if (stored.length === 0) return null;
  const own = bootsOf(head).values.filter(isNumber);
  const sessions = stored.map(({ values, newEpoch }) => ({ values: values.filter(isNumber).map(logarithm), newEpoch }));
  const evidence = (error: number) =>
    storedEvidence({ head: own.map(logarithm), sessions, error, tolerate: logLimit, limit: logLimit });
  const middle = Math.exp(median(own.map(logarithm)) - (evidence(wentError)?.estimate ?? Number.NaN));
  return {
    name,
    ...mediansOf(own, [middle]),
    resolution: head.resolution,
    grew: (error) => {
      const found = own.length < fewestBoots ? null : evidence(error);
      return { surely: found?.slower ?? false, estimate: found?.estimate ?? 0 };
    },
    went: (way, error) => {
      const { atLeast, atMost } = evidence(error) ?? { atLeast: 0, atMost: 0 };
      return way === 'up' ? atLeast > 0 : atMost < 0;
    },
  };
}

function mediansOf(head: readonly number[], base: readonly number[]): Pick<Part, 'longestMs' | 'differenceMs'> {
  const [own, other] = [median(head), median(base)];
  return { longestMs: Math.max(own, other), differenceMs: Number.isFinite(own - other) ? own - other : 0 };
}

const isNumber = (value: number | null): value is number => value !== null;
