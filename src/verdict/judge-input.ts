// What the judge is given: series of both sides or baseline sessions, and how the boots ended.
import type { BaselineSession } from '../model/baseline.ts';
import type { Comparison, Summary, Verdict, Warning } from '../model/comparison.ts';
import type { ComparableKey } from '../model/conditions.ts';
import type { OtherSpread } from '../model/run.ts';
import type { Scenario, Side } from '../model/scenario.ts';
import type { Series } from '../model/series.ts';

/** Measured boots of one side, and how many of them did not get ready. */
export interface BootCounts {
  readonly boots: number;
  readonly failures: number;
}

export interface JudgeInput {
  readonly scenario: Scenario;
  readonly head: readonly Series[];
  /** Boots of the same session, interleaved with head's; null: judged against `sessions`. */
  readonly base: readonly Series[] | null;
  /** Rounds at which the boots of another session begin, where runs were joined. */
  readonly sessionStarts?: readonly number[];
  /** The stored baseline, oldest first; ignored when there is a base. */
  readonly sessions: readonly BaselineSession[];
  /** Sessions that tell the spread of boots of both sides; found by the judge. */
  readonly history?: readonly BaselineSession[];
  /** Of the machine's other scenarios, for a scenario whose own sessions do not tell. */
  readonly otherSpreads?: readonly OtherSpread[];
  /** Of head; compared with the sessions' keys. */
  readonly headKey: ComparableKey;
  /** Facts of head that may differ from a session's with a warning; left out: not checked. */
  readonly headFacts?: BaselineSession['facts'];
  /** Boots that ended because the emulator died by a signal of its own fault, and boots that there were. */
  readonly crashes?: {
    readonly head: number;
    readonly ofHead: number;
    readonly base: number;
    readonly ofBase: number;
    readonly signal: string;
  };
  /** Boots that got ready in rounds of which times are not judged: for the rate of failures they count as any other. */
  readonly setAside?: Readonly<Record<Side, number>>;
  /** Both sides are the same, and nothing was booted for that. */
  readonly identical?: boolean;
  /** How many boots of each side there were, warm-ups too, where every one of them hung; else 0. */
  readonly hangs?: Readonly<Record<Side, number>>;
  /** Something that head must have and lost: it decides before times do. */
  readonly lost?: Verdict | null;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly comparisons: readonly Comparison[];
  readonly summaries: { readonly head: readonly Summary[]; readonly base: readonly Summary[] };
  readonly warnings: readonly Warning[];
}
