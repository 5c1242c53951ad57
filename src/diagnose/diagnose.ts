// Known causes: one boot's facts and timeline -> named findings, by a table of rules. Pure.
import type { Boot } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Finding } from '../model/report.ts';
import type { Side } from '../model/scenario.ts';
import type { SerialLine, Timeline } from '../model/timeline.ts';
import { emulatorRules } from './emulator-rules.ts';
import { graphicsRules } from './graphics-rules.ts';
import { guestAnswers, type Hit, longestSearched, unknownGraphics } from './guest-answers.ts';
import { guestRules } from './guest-rules.ts';
import { idleNs } from './idle.ts';
import { kernelRules } from './kernel-rules.ts';
import { networkRules } from './network-rules.ts';
import type { Cost, Evidence, Rule } from './rule.ts';
import { slowServices } from './slow-services.ts';

/** All rules, the most telling family first. */
export const rules: readonly Rule[] = [
  ...emulatorRules,
  ...graphicsRules,
  ...kernelRules,
  ...networkRules,
  ...guestRules,
];

export interface Diagnosed {
  readonly boot: Boot;
  readonly timeline: Timeline;
  /** The boot's console, as the timeline room reads it. */
  readonly lines: readonly SerialLine[];
}

const mostEvidence = 3;
/** Of a console longer than this only its beginning and its end are searched. */
const mostLines = 20_000;

/** What is known to be wrong with this boot, errors first. Evidence is plain text of one line each. */
export function diagnose({ boot, timeline, lines }: Diagnosed): Finding[] {
  const searched =
    lines.length <= mostLines ? lines : [...lines.slice(0, mostLines / 2), ...lines.slice(-mostLines / 2)];
  const context: Context = {
    boot,
    timeline,
    console: searched.map(({ text, firstNs, lastNs }) => ({
      text: text.slice(0, longestSearched),
      startNs: firstNs,
      endNs: lastNs,
    })),
    stderr: boot.stderr.split('\n').map((text) => ({ text: text.slice(0, longestSearched), startNs: 0, endNs: 0 })),
    probes: guestAnswers(boot),
  };
  const hits = new Map<Rule, readonly Hit[]>();
  for (const rule of rules) {
    // Two patterns of a rule may be like the same line, which took its time once.
    const found = [...new Set(rule.evidence.flatMap((evidence) => search(evidence, context)))];
    if (found.length > 0) hits.set(rule, found);
  }
  const spoken = new Set([...hits.keys()].map((rule) => rule.id));
  const findings = [...hits]
    .filter(([rule]) => !rule.unless?.some((id) => spoken.has(id)))
    .map(([rule, found]) => findingOf(rule, found, context));
  const unknown = unknownGraphics(boot, lines, findings);
  return [...findings, ...unknown, ...slowServices(boot, timeline)].sort((a, b) => rank(a) - rank(b));
}

/** What is known of the boots of two sides. */
export interface BootedSides {
  sideOf(boot: number): Side;
  /** The sides of which at least one boot came to its SSH banner. */
  readonly cameUp: ReadonlySet<Side>;
}

/**
 * The findings of several boots, one for each cause: whose boots, first evidence, median cost. With both sides booted each finding says
 * which side has it; where both have it, each has its own cost. Where one side alone has it and no boot of the other came up, nobody
 * knows whether that one would have shown it, and nothing is said.
 */
export function mergeFindings(findings: readonly Finding[], booted?: BootedSides): Finding[] {
  const byId = Map.groupBy(findings, (finding) => finding.id);
  const merged = [...byId.values()].map((same): Finding => {
    const { costMs: _, ...first } = same[0] as Finding;
    const boots = [...new Set(same.flatMap((finding) => finding.boots))].sort((a, b) => a - b);
    const sides = new Set(booted === undefined ? [] : boots.map(booted.sideOf));
    const isOnBase = ({ boots: [boot = 0] }: Finding): boolean => sides.size > 1 && booted?.sideOf(boot) === 'base';
    const costMs = medianCost(same.filter((finding) => !isOnBase(finding)));
    const baseCostMs = medianCost(same.filter(isOnBase));
    return {
      ...first,
      boots,
      ...sidesWord(sides, booted),
      evidence: [...new Set(same.flatMap((finding) => finding.evidence))].slice(0, mostEvidence),
      ...(costMs === null ? {} : { costMs }),
      ...(baseCostMs === null ? {} : { baseCostMs }),
    };
  });
  return merged.sort((a, b) => rank(a) - rank(b));
}

function sidesWord(sides: ReadonlySet<Side>, booted: BootedSides | undefined): Pick<Finding, 'sides'> {
  const [side] = sides;
  if (side === undefined) return {};
  if (sides.size > 1) return { sides: 'both' };
  return booted?.cameUp.has(side === 'head' ? 'base' : 'head') ? { sides: side } : {};
}

interface Context {
  readonly boot: Boot;
  readonly timeline: Timeline;
  readonly console: readonly Hit[];
  readonly stderr: readonly Hit[];
  readonly probes: readonly Hit[];
}

function search(evidence: Evidence, context: Context): readonly Hit[] {
  if ('all' in evidence) {
    const found = evidence.all.map((part) => search(part, context));
    return found.some((hits) => hits.length === 0) ? [] : found.flat();
  }
  if ('lacks' in evidence) return lacks(evidence.lacks, context.boot.command);
  if (evidence.where === 'command') {
    const text = context.boot.command.join(' ');
    const found = evidence.pattern.exec(text);
    return found === null ? [] : [{ text: found[0], startNs: 0, endNs: 0 }];
  }
  if ('idleOverMs' in evidence) {
    const ns = idleOf(context.timeline, context.boot, evidence.name) ?? 0;
    const text = `in ${evidence.name} nothing happened for ${(ns / 1e9).toFixed(1)} s`;
    return ns >= evidence.idleOverMs * 1e6 ? [{ text, startNs: 0, endNs: 0 }] : [];
  }
  if ('overMs' in evidence) {
    const ns = durationNs(context.timeline, evidence.where === 'phases' ? 'phase' : 'service', evidence.name);
    const text = `${evidence.name} took ${(ns / 1e9).toFixed(1)} s`;
    const needed = Math.max(evidence.overMs * 1e6, (evidence.overShare ?? 0) * context.timeline.endNs);
    return ns >= needed ? [{ text, startNs: 0, endNs: 0 }] : [];
  }
  const lines = context[evidence.where];
  if ('times' in evidence) return repeated(lines, { ...evidence, times: evidence.times });
  const found = lines.filter(({ text }) => evidence.pattern.test(text));
  if (!('different' in evidence)) return found;
  const names = new Set(found.map(({ text }) => evidence.pattern.exec(text)?.[1]));
  return names.size >= evidence.different ? found : [];
}

interface Repetition {
  readonly pattern: RegExp;
  readonly times: number;
  readonly anew?: RegExp;
}

/** The lines of those counts that came so far. */
function repeated(lines: readonly Hit[], { pattern, times, anew }: Repetition): readonly Hit[] {
  const enough: Hit[] = [];
  const counts = new Map<string, Hit[]>();
  for (const line of lines) {
    if (anew?.test(line.text)) counts.clear();
    const match = pattern.exec(line.text);
    if (match === null) continue;
    const own = counts.get(match[1] ?? '') ?? [];
    own.push(line);
    counts.set(match[1] ?? '', own);
    if (own.length === times) enough.push(...own);
    else if (own.length > times) enough.push(line);
  }
  return enough;
}

/** Only where the command is QEMU's own: what a launcher script gives to QEMU is not known. */
function lacks(pattern: RegExp, command: readonly string[]): readonly Hit[] {
  if (!command.includes('-kernel') || command.some((argument) => pattern.test(argument))) return [];
  return [{ text: 'the command line of QEMU names no such device', startNs: 0, endNs: 0 }];
}

/** null where there is no such phase, or where the emulator's CPU use in it is not known. */
function idleOf(timeline: Timeline, boot: Boot, name: string): number | null {
  const phase = timeline.phases.find((one) => one.name === name);
  return phase === undefined ? null : idleNs(boot.usage, phase.spans);
}

function findingOf(rule: Rule, hits: readonly Hit[], context: Context): Finding {
  const { id, severity, cause, advice, cost } = rule;
  const costMs = cost ? costOf(cost, hits, context) : 0;
  return {
    id,
    severity,
    cause,
    advice,
    evidence: [...new Set(hits.map(({ text }) => plainLine(text)))].slice(0, mostEvidence),
    boots: [context.boot.number],
    ...(costMs > 0 ? { costMs } : {}),
  };
}

function costOf(cost: Cost, hits: readonly Hit[], { boot, timeline, console }: Context): number {
  if (cost.of === 'idle') return (idleOf(timeline, boot, cost.name) ?? 0) / 1e6;
  if (cost.of === 'timeouts') {
    const { when } = cost;
    if (when !== undefined && !hits.some(({ text }) => when.test(text))) return 0;
    const whole = Math.floor(durationNs(timeline, 'phase', cost.phase) / (cost.eachMs * 1e6));
    return Math.min(whole, cost.most) * cost.eachMs;
  }
  if (cost.of === 'lines') return hits.reduce((sum, { startNs, endNs }) => sum + (endNs - startNs), 0) / 1e6;
  if (cost.of === 'evidence') return evidenceNs(cost.still, hits, console) / 1e6;
  return durationNs(timeline, cost.of, cost.name) / 1e6;
}

/** 0 where nothing came behind the evidence, so that nobody knows how long it went on. */
function evidenceNs(still: RegExp, hits: readonly Hit[], console: readonly Hit[]): number {
  const evidence = new Set(hits);
  const first = console.find((line) => evidence.has(line));
  const last = console.findLastIndex((line) => evidence.has(line));
  const next = console.slice(last + 1).find(({ text }) => !still.test(text));
  return first === undefined || next === undefined ? 0 : next.startNs - first.startNs;
}

function durationNs(timeline: Timeline, of: 'phase' | 'service', name: string): number {
  if (of === 'phase') return timeline.phases.find((phase) => phase.name === name)?.durationNs ?? 0;
  return timeline.services
    .filter((service) => service.name === name)
    .reduce((sum, { startNs, endNs }) => sum + (endNs - startNs), 0);
}

const rank = ({ severity }: Finding): number => ['error', 'warning', 'note'].indexOf(severity);

/** null where no boot's cost is known. */
function medianCost(findings: readonly Finding[]): number | null {
  const costs = findings.flatMap(({ costMs }) => (costMs === undefined ? [] : [costMs])).sort((a, b) => a - b);
  if (costs.length === 0) return null;
  const middle = costs.length >> 1;
  const upper = costs[middle] as number;
  return costs.length % 2 === 1 ? upper : (upper + (costs[middle - 1] as number)) / 2;
}
