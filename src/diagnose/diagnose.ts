// Known causes: one boot's facts and timeline -> named findings, by a table of rules. Pure.
import type { Boot } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Finding } from '../model/report.ts';
import type { Side } from '../model/scenario.ts';
import type { ReadBoot, SerialLine, Timeline } from '../model/timeline.ts';
import { median } from '../stats/quantiles.ts';
import { readAutopsy } from './autopsy.ts';
import { costOf } from './cost.ts';
import { drawingRules } from './drawing-rules.ts';
import { emulatorRules } from './emulator-rules.ts';
import { firmwareRules } from './firmware-rules.ts';
import { consoleFlood } from './flood.ts';
import { graphicsRules } from './graphics-rules.ts';
import { type Hit, unknownGraphics } from './guest-answers.ts';
import { guestRules } from './guest-rules.ts';
import { hvfRules } from './hvf-rules.ts';
import { initRules } from './init-rules.ts';
import { kernelRules } from './kernel-rules.ts';
import { networkRules } from './network-rules.ts';
import { rendererRules } from './renderer-rules.ts';
import type { Rule } from './rule.ts';
import { type Context, contextOf, search } from './search.ts';
import { slowServices } from './slow-services.ts';
import { stoppedBoot } from './stopped.ts';

/** All rules, the most telling family first. Two rules may share an id: the same cause in words that differ with the evidence. */
export const rules: readonly Rule[] = [
  ...hvfRules,
  ...emulatorRules,
  ...rendererRules,
  ...graphicsRules,
  ...drawingRules,
  ...firmwareRules,
  ...kernelRules,
  ...initRules,
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

/** What is known to be wrong with this boot, errors first. Evidence is plain text of one line each. */
export function diagnose({ boot, timeline, lines }: Diagnosed): Finding[] {
  const context = contextOf(boot, timeline, lines);
  const hits = new Map<Rule, readonly Hit[]>();
  for (const rule of rules) {
    // Two patterns of a rule may be like the same line, which took its time once.
    const found = [...new Set(rule.evidence.flatMap((evidence) => search(evidence, context)))];
    if (found.length > 0) hits.set(rule, found);
  }
  const spoken = new Set([...hits.keys()].map((rule) => rule.id));
  const told = [...hits]
    .filter(([rule]) => !rule.unless?.some((id) => spoken.has(id)))
    .map(([rule, found]) => findingOf(rule, found, context));
  const known = withAutopsy(told, boot);
  const unknown = [...unknownGraphics(boot, lines, known), ...stoppedBoot(context, known), ...consoleFlood(boot)];
  return [...known, ...unknown, ...slowServices(boot, timeline)].sort((a, b) => rank(a) - rank(b));
}

/** A probe that never ended has a finding of its own; what the examination saw is its first evidence. */
function withAutopsy(findings: readonly Finding[], { outcome, autopsy }: Boot): readonly Finding[] {
  if (outcome.kind !== 'failed' || autopsy === undefined) return findings;
  const { story, evidence } = readAutopsy(autopsy, false);
  const first = findings.findIndex(({ severity }) => severity === 'error');
  if (story === null) return findings;
  return findings.map((finding, at) =>
    at === first ? { ...finding, evidence: [...evidence, ...finding.evidence].slice(0, mostEvidence) } : finding,
  );
}

/** These are told by durations alone: on a busy machine anything may take long once. */
const isByDuration = ({ id }: Finding): boolean =>
  id.startsWith('slow-service:') ||
  rules.some((rule) => rule.id === id && rule.evidence.every((evidence) => 'overMs' in evidence));

interface WithSide {
  readonly boot: Pick<Boot, 'number' | 'side'>;
}

/** Without what only took long, and not in at least half of the boots that the side of the boot has. */
export function withoutRare(findings: readonly Finding[], boots: readonly WithSide[]): Finding[] {
  const sides = new Map(boots.map(({ boot: { number, side } }) => [number, side]));
  const sideOf = ({ boots: [boot = 0] }: Finding): Side | undefined => sides.get(boot);
  return findings.filter((finding) => {
    if (!isByDuration(finding)) return true;
    const alike = findings.filter((other) => other.id === finding.id && sideOf(other) === sideOf(finding));
    return 2 * alike.length >= boots.filter(({ boot }) => boot.side === sideOf(finding)).length;
  });
}

/** What is known of the boots of two sides. */
export interface BootedSides {
  sideOf(boot: number): Side;
  /** The sides of which at least one boot got ready. */
  readonly cameUp: ReadonlySet<Side>;
}

export function bootedSides(read: readonly ReadBoot[]): BootedSides {
  const heads = new Set(read.filter(({ boot }) => boot.side === 'head').map(({ boot }) => boot.number));
  const cameUp = new Set(read.filter(({ timeline }) => timeline.complete).map(({ boot }) => boot.side));
  return { sideOf: (number) => (heads.has(number) ? 'head' : 'base'), cameUp };
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

const rank = ({ severity }: Finding): number => ['error', 'warning', 'note'].indexOf(severity);

/** null where no boot's cost is known. */
function medianCost(findings: readonly Finding[]): number | null {
  const costs = findings.flatMap(({ costMs }) => costMs ?? []);
  return costs.length === 0 ? null : median(costs);
}
