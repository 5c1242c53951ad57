// Phases that may speak: one that surely grew by more than its limit makes a scenario slower, though the sum may hide it.
import type { Verdict, Warning } from '../model/comparison.ts';
import { phaseMetric } from '../model/metric.ts';
import type { Series } from '../model/series.ts';
import { median } from '../stats/quantiles.ts';
import { phasesError } from './error-rates.ts';
import type { JudgeInput } from './judge-input.ts';
import { roundsOf } from './match-series.ts';
import { pairedEvidence } from './paired.ts';
import { amount, change, fraction } from './phrases.ts';
import { logarithm } from './summarize.ts';

/** How a phase is judged that has no rule of its own. */
const phaseRule = { limit: 0.25, floorMs: 50 };
/** A phase has moved where others shrank by this share of its growth. */
const movedShare = 0.8;
const fewestRounds = 5;

interface Growth {
  readonly name: string;
  readonly differenceMs: number;
  readonly text: string;
}

/** Which phases surely grew, in paired runs. Each has its own part of the error, whatever the others do. */
export function judgePhases(input: JudgeInput): { readonly verdict: Verdict | null; readonly warnings: Warning[] } {
  const { scenario, base } = input;
  const choice = scenario.phases ?? 'gate';
  if (base === null || choice === 'off' || scenario.profile === 'attribution') return { verdict: null, warnings: [] };
  const pairs = input.head.flatMap((head) => {
    const name = head.metric.slice(phaseMetric('').length);
    const partner = base.find(({ metric }) => metric === head.metric);
    const isOwn = Object.hasOwn(scenario.metrics, head.metric);
    return head.metric !== phaseMetric(name) || partner === undefined || isOwn ? [] : [{ name, head, base: partner }];
  });
  const measured = pairs.map((pair) => ({ ...pair, differenceMs: differenceOf(pair.head, pair.base) }));
  const grown = measured.flatMap((pair) => growthOf(pair, pairs.length, input));
  const shrunk = measured.reduce((sum, { differenceMs }) => sum + Math.max(0, -differenceMs), 0);
  const growth = grown.reduce((sum, { differenceMs }) => sum + differenceMs, 0);
  if (grown.length === 0) return { verdict: null, warnings: [] };
  const because = grown.map(({ text }) => text).join('; ');
  if (shrunk >= movedShare * growth) {
    const text = `${because}; other phases shrank by ${amount(shrunk, 'ms')}: the work has moved`;
    return { verdict: null, warnings: [{ code: 'phase-moved', text }] };
  }
  const warnings = [{ code: 'phase-grew', text: because }];
  if (choice === 'tell') return { verdict: null, warnings };
  return { verdict: { word: 'slower', rule: 'phase', because, wouldDecide: '' }, warnings };
}

function differenceOf(head: Series, base: Series): number {
  const { all } = roundsOf(head, base);
  const difference = median(all.head.filter(isNumber)) - median(all.base.filter(isNumber));
  return Number.isFinite(difference) ? difference : 0;
}

function growthOf(
  { name, head, base, differenceMs }: { name: string; head: Series; base: Series; differenceMs: number },
  phases: number,
  { scenario }: JudgeInput,
): Growth[] {
  if (differenceMs <= Math.max(phaseRule.floorMs, 2 * Math.min(head.resolution, base.resolution))) return [];
  const rounds = roundsOf(head, base);
  // A boot that failed has no phases to compare; its round is left out on both sides.
  const whole = rounds.head.flatMap((own, index) => {
    const other = rounds.base[index] ?? null;
    return own === null || other === null ? [] : [{ own: logarithm(own), other: logarithm(other) }];
  });
  if (whole.length < fewestRounds) return [];
  const { boots, maxBoots } = scenario.sampling;
  const limit = Math.log1p(phaseRule.limit);
  const evidence = pairedEvidence({
    head: whole.map(({ own }) => own),
    base: whole.map(({ other }) => other),
    plan: { first: Math.max(fewestRounds, boots), most: maxBoots },
    error: phasesError / phases,
    tolerate: limit,
    limit,
  });
  if (!evidence.slower) return [];
  const text = `the phase ${name} grew by ${amount(differenceMs, 'ms')} (${change(evidence.estimate)}), surely more than its limit of ${fraction(phaseRule.limit)}`;
  return [{ name, differenceMs, text }];
}

const isNumber = (value: number | null): value is number => value !== null;
