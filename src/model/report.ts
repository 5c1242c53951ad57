// Everything that is shown of a run. Exporters turn it into text and compute nothing.

import type { SideBlame } from './blame.ts';
import type { Outcome } from './boot.ts';
import type { Comparison, Summary, Verdict, Warning } from './comparison.ts';
import type { Conditions, HostState } from './conditions.ts';
import type { Scenario, Side } from './scenario.ts';
import type { Timeline } from './timeline.ts';
import type { VulkanReport } from './vulkan.ts';

export interface Finding {
  readonly id: string;
  readonly severity: 'note' | 'warning' | 'error';
  readonly cause: string;
  readonly advice: string;
  readonly evidence: readonly string[];
  /** Numbers of the boots that show it. */
  readonly boots: readonly number[];
  /** What it costs one boot, where that can be measured; the median over the boots, over head's where both sides have it. */
  readonly costMs?: number;
  /** The same over base's boots, where both sides have it. */
  readonly baseCostMs?: number;
  /** Which side has it, where both were booted: head alone is new, base alone is gone. Not there where no boot of the other came up. */
  readonly sides?: Side | 'both';
}

export interface PhaseRow {
  readonly name: string;
  readonly base: Summary | null;
  readonly head: Summary | null;
  /** Head's median minus base's, in ms; null without a base. */
  readonly differenceMs: number | null;
}

export interface BootRow {
  readonly number: number;
  readonly side: Side;
  readonly round: number;
  readonly warmup: boolean;
  readonly outcome: Outcome;
  readonly outcomeText: string;
  readonly values: Readonly<Record<string, number | null>>;
}

/** The boot nearest to the median time-to-ssh of a side, drawn as the waterfall. */
export interface TypicalBoot {
  readonly side: Side;
  readonly number: number;
  readonly timeline: Timeline;
}

/** Where a change of time-to-ssh lies: the phases that carry it, largest first. Chosen by analysis, only named by exporters. */
export interface ChangeLocation {
  /** Head's median time-to-ssh minus base's. */
  readonly differenceMs: number;
  readonly phases: readonly { readonly name: string; readonly differenceMs: number }[];
}

export interface ScenarioReport {
  readonly scenario: Scenario;
  readonly conditions: { readonly head: Conditions; readonly base: Conditions | null };
  readonly hostState: { readonly before: HostState; readonly after: HostState | null };
  readonly verdict: Verdict;
  readonly summaries: { readonly head: readonly Summary[]; readonly base: readonly Summary[] };
  readonly comparisons: readonly Comparison[];
  readonly phases: readonly PhaseRow[];
  readonly services: readonly PhaseRow[];
  /** null when nothing changed, or when the phases do not tell. */
  readonly where: ChangeLocation | null;
  readonly boots: readonly BootRow[];
  readonly typical: readonly TypicalBoot[];
  readonly findings: readonly Finding[];
  /** null where nothing was asked about Vulkan. */
  readonly vulkan?: VulkanReport | null;
  /** Head first; a side without a complete boot is not there. */
  readonly blame?: readonly SideBlame[];
  readonly warnings: readonly Warning[];
  /** `lastCommit` is the newest session's, or empty. */
  readonly baseline: { readonly path: string; readonly sessions: number; readonly lastCommit: string };
}

export const reportSchemaVersion = 1;

export interface Report {
  readonly schema: typeof reportSchemaVersion;
  readonly run: string;
  readonly startedAt: string;
  readonly tool: string;
  readonly commit: string;
  /** The words of the command line that made the run, where it is known. */
  readonly command?: readonly string[];
  /** False when the run was interrupted: it is shown as far as it came, and is no baseline. */
  readonly finished: boolean;
  readonly onUndecided: 'pass' | 'fail';
  readonly verdict: Verdict;
  readonly scenarios: readonly ScenarioReport[];
}
