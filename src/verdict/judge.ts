// The judge: series and boots of a scenario -> verdict, comparisons, summaries and warnings. Pure; the same rule speaks while
// boots are still being taken (stop-rule.ts) and in the report.

import type { BaselineSession } from '../model/baseline.ts';
import { type Comparison, severity, type Verdict, type Warning } from '../model/comparison.ts';
import { comparableWith, keyDifferences, sameBytes } from '../model/conditions.ts';
import type { Series } from '../model/series.ts';
import { formatCount } from '../model/units.ts';
import { anchorWarnings } from './anchor.ts';
import { aboveCeiling } from './ceiling.ts';
import { checkInput } from './check-input.ts';
import { compareAll, type Describe, firstLook, gates, ruleOf } from './comparisons.ts';
import { failureError } from './error-rates.ts';
import {
  countSeries,
  crashText,
  type FailureCounts,
  failureCounts,
  failureText,
  failureVerdict,
  failureWarnings,
} from './failures.ts';
import type { JudgeInput, Judgement } from './judge-input.ts';
import { alikeSessions } from './known-spread.ts';
import { sessionsOf, unitDifference } from './match-series.ts';
import { judgePhases } from './phases.ts';
import { fraction } from './phrases.ts';
import { seriesWarnings } from './series-warnings.ts';
import { summarizeSeries } from './summarize.ts';
import { worstVerdict } from './worst.ts';

/** Throws a BootgaugeError for samples that no correct recording can hold. */
export function judge(input: JudgeInput): Judgement {
  checkInput(input);
  const summaries = { head: input.head.map(summarizeSeries), base: (input.base ?? []).map(summarizeSeries) };
  return { ...decide(input, { describe: seriesWarnings, failureError }), summaries };
}

/** The judgement without summaries: what the stop rule needs after every round. */
export function decide(
  input: JudgeInput,
  options: { readonly describe: Describe; readonly failureError: number },
): Omit<Judgement, 'summaries'> {
  if (input.identical) return { verdict: input.lost ?? identicalVerdict, comparisons: [], warnings: [] };
  const paired = input.base === null ? null : countSeries(input.base, input);
  if (input.scenario.profile === 'attribution') return explained(input, paired, options.describe);
  const comparable = comparableWith(input.sessions, input.headKey);
  const sessions = input.base === null ? comparable : [];
  const history = input.base === null ? [] : alikeSessions(comparable, input);
  const sampling = { ...input.scenario.sampling, boots: firstLook(input, comparable) };
  const usable: JudgeInput = { ...input, scenario: { ...input.scenario, sampling }, sessions, history };
  const warnings = [...sessionWarnings(input, comparable), ...anchorWarnings(input, comparable)];
  const counts = failureCounts({ ...input, sessions: comparable });
  const most = input.scenario.sampling.maxBoots;
  const hangs = Object.values(input.scenario.metrics).some(({ gate }) => gate) ? input.hangs : undefined;
  const early =
    obstacle(input, comparable) ??
    failureVerdict(counts, paired, { error: options.failureError, most, hangs }) ??
    crashVerdict(input);
  if (early?.word === 'incomparable') {
    // Both sides fail, and head for something that base could do.
    const isLost = early.rule === 'base-never-booted' && input.lost?.rule === 'vulkan-lost';
    return { verdict: isLost ? input.lost : early, comparisons: [], warnings };
  }
  const comparisons = compareAll(usable, counts.onlyHead || lacks(input), options.describe);
  const all = [
    ...warnings,
    ...failureWarnings(counts),
    ...missingWarnings(usable, comparisons),
    ...storedPowerWarnings(comparisons),
  ];
  const phases = judgePhases(usable);
  const summed = unlessUpdated(combine(usable, comparisons, early), input, comparable);
  const verdict = withFailures(overruled(summed, phases.verdict), counts, input);
  return { verdict, comparisons, warnings: [...all, ...phases.warnings] };
}

/**
 * Boots with a verbose console are slower by themselves: they explain, nothing stored is compared with them, and no metric, ceiling
 * or lost driver of theirs decides. That not one of them got ready is told all the same, where the scenario's metrics gate.
 */
function explained(
  input: JudgeInput,
  paired: ReturnType<typeof countSeries> | null,
  describe: Describe,
): Omit<Judgement, 'summaries'> {
  const { head, scenario } = input;
  const counts = failureCounts({ ...input, sessions: [] });
  const silenced = head.flatMap(({ metric }) => {
    const rule = ruleOf(metric, scenario.metrics);
    if (rule === null) return [];
    const { min: _, ...rest } = rule;
    return [[metric, { ...rest, gate: false, max: null }] as const];
  });
  const quiet = { ...input, sessions: [], scenario: { ...scenario, metrics: Object.fromEntries(silenced) } };
  const because = 'boots with a verbose console explain and judge nothing';
  const isTwin = !Object.values(scenario.metrics).some(({ gate }) => gate);
  const failed = isTwin ? null : failureVerdict(counts, paired, { error: 0, most: 0, hangs: input.hangs });
  return {
    verdict: failed ?? { word: 'recorded', rule: 'explains-only', because, wouldDecide: '' },
    comparisons: compareAll(quiet, counts.onlyHead, describe),
    warnings: failureWarnings(counts),
  };
}

const identicalVerdict: Verdict = { word: 'same', rule: 'identical-sides', because: sameBytes, wouldDecide: '' };

function crashVerdict(input: JudgeInput): Verdict | null {
  const because = crashText(input);
  if (because === '' || input.scenario.crashes === 'tell') return null;
  return { word: 'failed', rule: 'emulator-crashes', because, wouldDecide: '' };
}

/** A phase that surely grew makes slower what the sum calls the same, faster or undecided. */
const overruled = (verdict: Verdict, phase: Verdict | null): Verdict =>
  phase !== null && ['same', 'faster', 'undecided'].includes(verdict.word) ? phase : verdict;

/** A new version of the system moves all boots, as a slowdown does: only boots of one session tell them apart. */
function unlessUpdated(verdict: Verdict, { headFacts }: JudgeInput, comparable: readonly BaselineSession[]): Verdict {
  const before = comparable.at(-1)?.facts.osVersion ?? '';
  const now = headFacts?.osVersion ?? '';
  if (verdict.rule !== 'stored-sessions' || (verdict.word !== 'slower' && verdict.word !== 'faster')) return verdict;
  if (now === '' || before === '' || now === before) return verdict;
  return {
    ...verdict,
    word: 'undecided',
    because: `${verdict.because}; but the system is ${now} and was ${before} in the baseline, which may be why`,
    wouldDecide: 'base and head in one session (paired) would tell',
  };
}

/** What failed stands in the sentence, whatever else it says. */
function withFailures(verdict: Verdict, counts: FailureCounts, input: JudgeInput): Verdict {
  if (verdict.rule === 'boot-failures' || verdict.rule === 'head-never-booted' || verdict.rule === 'emulator-crashes')
    return verdict;
  const crashed = crashText(input);
  const said = crashed === '' ? failureText(counts) : `; ${crashed}`;
  return said === '' ? verdict : { ...verdict, because: `${verdict.because}${said}` };
}

/** A head that lacks what it must have is neither as good as base nor better. */
const lacks = ({ lost }: JudgeInput): boolean => lost !== undefined && lost !== null;

function combine(input: JudgeInput, comparisons: readonly Comparison[], failed: Verdict | null): Verdict {
  const lost = input.lost ?? failed;
  if (lost !== null) return lost;
  const ceiling = ceilingVerdict(input, comparisons);
  if (ceiling !== null) return ceiling;
  if (input.base === null && input.sessions.length === 0) {
    return {
      word: 'recorded',
      rule: 'nothing-to-compare',
      because: 'there is no base side and no baseline to compare with',
      wouldDecide: '',
    };
  }
  const gating = comparisons.filter(({ gate }) => gate);
  if (comparisons.length === 0) {
    return {
      word: 'incomparable',
      rule: 'no-shared-metric',
      because: 'head and base share no metric with valid samples',
      wouldDecide: '',
    };
  }
  if (gating.length === 0) {
    return { word: 'recorded', rule: 'nothing-gates', because: 'none of the shared metrics gates', wouldDecide: '' };
  }
  const worst = worstVerdict(gating.map(verdictOf));
  const others = gating.filter(({ word }) => severity(word) === severity(worst.word)).length - 1;
  return others === 0 ? worst : { ...worst, because: `${worst.because} (and ${formatCount(others, 'more metric')})` };
}

/** A ceiling holds without anything to compare with, too. */
function ceilingVerdict({ head, scenario }: JudgeInput, comparisons: readonly Comparison[]): Verdict | null {
  const compared = new Set(comparisons.map(({ metric }) => metric));
  for (const { metric, unit, samples } of head) {
    const rule = ruleOf(metric, scenario.metrics);
    if (rule?.gate !== true || compared.has(metric)) continue;
    const values = samples.map(({ value }) => value);
    const because = aboveCeiling(values, rule, unit);
    if (because !== '') return { word: 'failed', rule: 'ceiling', because: `${metric}: ${because}`, wouldDecide: '' };
  }
  return null;
}

function verdictOf({ word, metric, mode, because, wouldDecide }: Comparison): Verdict {
  return {
    word,
    rule: word === 'failed' ? 'ceiling' : mode === 'paired' ? 'paired-sequential' : 'stored-sessions',
    because: `${metric}: ${because}`,
    wouldDecide,
  };
}

/** What makes the two sides incomparable, named; null when nothing does. */
function obstacle({ base, head, sessions, headKey, scenario }: JudgeInput, comparable: readonly BaselineSession[]) {
  const say = (rule: string, because: string): Verdict => ({ word: 'incomparable', rule, because, wouldDecide: '' });
  // The key holds the id, and behind it all that changes what is measured.
  if (headKey.scenario !== scenario.id && !headKey.scenario.startsWith(`${scenario.id} (`)) {
    return say('key-differs', `the samples belong to scenario ${headKey.scenario}, not to ${scenario.id}`);
  }
  const last = sessions.at(-1);
  if (base === null && last !== undefined && comparable.length === 0) {
    const fields = keyDifferences(last.key, headKey).map(
      (field) => `${field} (${last.key[field]} / ${headKey[field]})`,
    );
    return say('key-differs', `the baseline was recorded under another ${fields.join(', ')}`);
  }
  for (const series of head) {
    const others = base === null ? sessionsOf(series.metric, comparable) : sameMetric(base, series);
    const difference = unitDifference(
      series.metric,
      series.unit,
      others.map(({ unit }) => unit),
    );
    if (difference !== '') return say('unit-differs', difference);
  }
  return null;
}

const sameMetric = (all: readonly Series[], { metric }: Series): Series[] => all.filter((one) => one.metric === metric);

function sessionWarnings({ base, sessions, headFacts }: JudgeInput, comparable: readonly BaselineSession[]): Warning[] {
  if (base !== null || comparable.length === 0) return [];
  const left = sessions.length - comparable.length;
  const warnings: Warning[] = [];
  if (left > 0) {
    const text = `${formatCount(left, 'baseline session')} recorded under other conditions left out`;
    warnings.push({ code: 'sessions-left-out', text });
  }
  const runs = new Set(comparable.map(({ run }) => run));
  if (runs.size < comparable.length) {
    warnings.push({ code: 'duplicate-sessions', text: 'a run is in the baseline more than once: it counts once' });
  }
  const last = comparable.at(-1);
  if (headFacts === undefined || last === undefined) return warnings;
  for (const fact of ['osVersion', 'emulator', 'runner'] as const) {
    const [own, other] = [headFacts[fact], last.facts[fact]];
    if (own !== other) {
      warnings.push({
        code: `${fact}-differs`,
        text: `${factNames[fact]} is ${own || 'unknown'}, in the baseline ${other || 'unknown'}`,
      });
    }
  }
  return warnings;
}

const factNames = { osVersion: 'the system version', emulator: 'the emulator', runner: 'the runner' };

/** What a stored comparison could have seen: the spread between sessions hides what boots in turn would show. */
function storedPowerWarnings(comparisons: readonly Comparison[]): Warning[] {
  const blunt = comparisons.filter(({ gate, mode, detectable }) => gate && mode === 'stored' && detectable != null);
  const [worst] = blunt.toSorted((one, other) => (other.detectable ?? 0) - (one.detectable ?? 0));
  if (worst?.detectable == null) return [];
  const seen = `against stored sessions a slowdown of ${worst.metric} is found with 95 % power from ${fraction(worst.detectable)} on`;
  const tight =
    worst.detectable <= worst.limit
      ? ''
      : `: a gate of ${fraction(worst.limit)} needs base and head in one session (paired)`;
  return [{ code: 'stored-power', text: `${seen}${tight}` }];
}

/** Metrics that gate but are on one side only. */
function missingWarnings(input: JudgeInput, comparisons: readonly Comparison[]): Warning[] {
  if (input.base === null && input.sessions.length === 0) return [];
  const known = new Set(comparisons.map(({ metric }) => metric));
  const names = new Set([
    ...input.head.map(({ metric }) => metric),
    ...(input.base ?? []).map(({ metric }) => metric),
    ...input.sessions.flatMap(({ metrics }) => Object.keys(metrics)),
  ]);
  const missing = [...names].filter((metric) => gates(metric, input) && !known.has(metric));
  if (missing.length === 0) return [];
  return [{ code: 'metric-missing', text: `on one side only, not compared: ${missing.join(', ')}` }];
}
