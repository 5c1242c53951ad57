// All metrics of a scenario -> comparisons, with one false-alarm promise shared by those that gate.
import type { BaselineSession } from '../model/baseline.ts';
import type { Comparison, Summary, Warning } from '../model/comparison.ts';
import { isExplaining } from '../model/metric.ts';
import { defaultSampling, earliestLook, type MetricRule } from '../model/scenario.ts';
import type { Series } from '../model/series.ts';
import { formatCount } from '../model/units.ts';
import { metricDefinitions } from '../probe/probes.ts';
import { cautiousCorrelations, levelPerTest } from '../stats/multiplicity.ts';
import { lowerMedian, median } from '../stats/quantiles.ts';
import { compareMetric } from './compare-metric.ts';
import { slowerError } from './error-rates.ts';
import type { Evidence } from './evidence.ts';
import type { JudgeInput } from './judge-input.ts';
import { alikeSessions, spreadFor } from './known-spread.ts';
import { lateWarnings } from './lateness.ts';
import { alignSessions, bootsOf, roundsOf, sessionsOf } from './match-series.ts';
import { pairedEvidence } from './paired.ts';
import { type seriesWarnings, unusableReason } from './series-warnings.ts';
import { type Shape, shapeOf } from './shape.ts';
import { sessionPlaces, storedEvidence } from './stored.ts';
import { badness, summarize, worseBy } from './summarize.ts';

/** Finds what to warn of; the stop rule, which nobody reads, leaves it out. */
export type Describe = typeof seriesWarnings;

/** One metric of both sides, ready to be judged. */
interface Candidate {
  readonly rule: MetricRule;
  readonly head: Summary;
  readonly base: Summary;
  readonly headValues: readonly (number | null)[];
  /** What moves together with other metrics: residuals by boot (paired) or places of sessions (stored). */
  readonly course: readonly number[];
  readonly warnings: readonly Warning[];
  readonly unusable: string;
  /** Of all boots, late ones too; given this metric's share of the report's error. */
  readonly shape: (share: number) => Shape;
  readonly evidence: (error: number) => Evidence | null;
}

/** Comparisons of the metrics that both sides have, gating ones first, in the order of head's series. */
export function compareAll(input: JudgeInput, onlyHeadFails: boolean, describe: Describe): Comparison[] {
  const mode = input.base === null ? 'stored' : 'paired';
  const candidates = input.head.flatMap((series) => candidateOf(series, input, describe));
  const gating = candidates.filter(({ rule, unusable }) => rule.gate && unusable === '');
  const shared = levelPerTest(cautiousCorrelations(gating.map(({ course }) => course)), slowerError);
  return candidates
    .toSorted((one, other) => Number(other.rule.gate) - Number(one.rule.gate))
    .map((candidate) => {
      const error = candidate.rule.gate ? shared : slowerError;
      const [shape, evidence] = [candidate.shape(error / slowerError), candidate.evidence(error)];
      return compareMetric({ ...candidate, mode, onlyHeadFails, shape, evidence });
    });
}

/** The rule that a metric is judged by: the scenario's own, else the default; null for what only explains. */
export function ruleOf(metric: string, rules: Readonly<Record<string, MetricRule>>): MetricRule | null {
  const own = Object.hasOwn(rules, metric) ? rules[metric] : undefined;
  if (own !== undefined) return own;
  if (isExplaining(metric)) return null;
  return metricDefinitions.find(({ name }) => name === metric)?.rule ?? { ...ungated };
}

/** Whether a metric decides: what it says becomes the verdict, and a boot without a value for it has failed. */
export const gates = (metric: string, { scenario }: Pick<JudgeInput, 'scenario'>): boolean =>
  ruleOf(metric, scenario.metrics)?.gate === true;

/** Rounds before the first look: fewer where a metric that gates has a known spread, unless more boots than usual were asked for. */
export function firstLook(input: JudgeInput, comparable: readonly BaselineSession[]): number {
  const { boots } = input.scenario.sampling;
  if (input.base === null || boots > defaultSampling.boots) return boots;
  const alike = alikeSessions(comparable, input);
  const isKnown = input.head.some(({ metric }) => gates(metric, input) && spreadFor(metric, alike, input) !== null);
  return isKnown ? Math.min(boots, earliestLook) : boots;
}

const ungated: MetricRule = { gate: false, tolerate: 0, limit: 0.05, floor: 0, max: null };

function candidateOf(series: Series, input: JudgeInput, describe: Describe): Candidate[] {
  const rule = ruleOf(series.metric, input.scenario.metrics);
  if (rule === null) return [];
  if (input.base === null) return storedCandidate(series, rule, input, describe);
  const base = input.base.find(({ metric }) => metric === series.metric);
  return base === undefined ? [] : [pairedCandidate(series, base, rule, input, describe)];
}

function pairedCandidate(
  head: Series,
  base: Series,
  rule: MetricRule,
  input: JudgeInput,
  describe: Describe,
): Candidate {
  const rounds = roundsOf(head, base);
  const { better } = head;
  const ranked = (value: number | null): number => badness(value, better);
  const aligned = alignSessions(
    { head: rounds.head.map(ranked), base: rounds.base.map(ranked), numbers: rounds.numbers },
    input.sessionStarts ?? [],
  );
  const { boots, maxBoots } = input.scenario.sampling;
  const known = spreadFor(head.metric, input.history ?? [], input);
  const fewest = known === null ? fewestRounds : fewestRoundsKnown;
  const plan = { first: Math.max(fewest, boots), most: maxBoots };
  const sides = [
    { name: 'head', values: rounds.head },
    { name: 'base', values: rounds.base },
  ];
  const facts = factsOf(head);
  return {
    rule,
    head: summarize({ ...facts, resolution: head.resolution, values: rounds.head }),
    base: summarize({ ...facts, resolution: base.resolution, values: rounds.base }),
    headValues: rounds.head,
    course: [...residuals(aligned.head), ...residuals(aligned.base)],
    warnings: [
      ...unpairedWarnings(rounds.unpaired),
      ...lateWarnings(rounds.late.boots, head.unit, rounds.late.rounds > 0),
      ...describe(
        sides.map(({ name, values }) => ({ name, values: values.map(ranked) })),
        head,
      ),
    ],
    shape: (share) =>
      shapeOf(rounds.all.head.map(ranked), rounds.all.base.map(ranked), {
        ...{ plan, share, better },
        least: leastSlow(rule, head, base, rounds.all.base),
      }),
    unusable: better === undefined ? unusableReason(sides) : '',
    evidence: (error) =>
      aligned.head.length < fewest
        ? null
        : pairedEvidence({
            ...{ known, plan, error, head: aligned.head, base: aligned.base },
            ...{ tolerate: worseBy(rule.tolerate, better), limit: worseBy(rule.limit, better) },
          }),
  };
}

const unpairedWarnings = (boots: number): Warning[] =>
  boots === 0
    ? []
    : [{ code: 'unpaired', text: `${formatCount(boots, 'boot')} without a partner in the round left out` }];

function storedCandidate(head: Series, rule: MetricRule, { sessions }: JudgeInput, describe: Describe): Candidate[] {
  const stored = sessionsOf(head.metric, sessions);
  if (stored.length === 0) return [];
  const { values: headValues, late } = bootsOf(head);
  const { better } = head;
  const ranked = (value: number | null): number => badness(value, better);
  const headLogs = headValues.map(ranked);
  const history = stored.map(({ values, newEpoch }) => ({ values: values.map(ranked), newEpoch }));
  const epoch = stored.slice(lastEpochStart(stored));
  // The same probe watched all of them: one session that was stamped late widens the floor for none.
  const resolution = lowerMedian([...stored.map((entry) => entry.resolution), head.resolution]);
  const facts = factsOf(head);
  return [
    {
      rule,
      head: summarize({ ...facts, resolution: head.resolution, values: headValues }),
      base: summarize({ ...facts, resolution, values: epoch.flatMap(({ values }) => values) }),
      headValues,
      course: sessionPlaces(history).map(({ place }) => place),
      warnings: [
        ...lateWarnings(late.boots, head.unit, late.rounds > 0),
        ...describe([{ name: 'head', values: headLogs }], head),
      ],
      shape: (share) =>
        storedShape(head, history.slice(-epoch.length), {
          ...{ plan: null, share, better },
          least: leastSlow(rule, head, { resolution }, headValues),
        }),
      unusable: better === undefined ? unusableReason([{ name: 'head', values: headValues }]) : '',
      evidence: (error) =>
        headLogs.length < fewestStoredBoots
          ? null
          : storedEvidence({
              head: headLogs,
              sessions: history,
              error,
              tolerate: worseBy(rule.tolerate, better),
              limit: worseBy(rule.limit, better),
            }),
    },
  ];
}

const factsOf = ({ metric, unit, better }: Series) => ({ metric, unit, ...(better === undefined ? {} : { better }) });

/** Sessions lie apart: each is moved to where head lies, so that only shapes are compared. */
function storedShape(
  head: Series,
  sessions: readonly { readonly values: readonly number[] }[],
  rule: Parameters<typeof shapeOf>[2],
): Shape {
  const own = aroundMedian(head.samples.map(({ value }) => badness(value, head.better)));
  return shapeOf(
    own,
    sessions.flatMap(({ values }) => aroundMedian(values)),
    rule,
  );
}

/** A slow boot is slower than the others by more than the limit and the floor, too. */
function leastSlow(
  { limit, floor }: MetricRule,
  head: Pick<Series, 'resolution' | 'better'>,
  base: Pick<Series, 'resolution'>,
  values: readonly (number | null)[],
): number {
  const typical = median(values.filter((value) => value !== null));
  const least = Math.max(floor, 2 * Math.max(head.resolution, base.resolution));
  return Math.max(worseBy(limit, head.better), worseBy(least / typical, head.better) || 0);
}

/** Failed boots stay failed boots, however many there are. */
function aroundMedian(values: readonly number[]): number[] {
  const middle = median(values.filter(Number.isFinite));
  return values.map((value) => value - middle).map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value));
}

const fewestRounds = 4;
const fewestRoundsKnown = 3;
const fewestStoredBoots = 3;

const lastEpochStart = (stored: readonly { readonly newEpoch: boolean }[]): number =>
  Math.max(
    0,
    stored.findLastIndex(({ newEpoch }) => newEpoch),
  );

function residuals(values: readonly number[]): number[] {
  const middle = median(values);
  return values.map((value) => (value === middle ? 0 : value - middle));
}
