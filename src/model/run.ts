// A recorded run: what `record` writes to disk and `analyze` reads. Facts only.
import type { BaselineSession } from './baseline.ts';
import type { Boot } from './boot.ts';
import type { Warning } from './comparison.ts';
import type { Conditions, HostState } from './conditions.ts';
import type { Scenario } from './scenario.ts';
import type { Series } from './series.ts';

/** An earlier run of the very same two sides. Its rounds are judged together with those of the run that names it. */
export interface EarlierRun {
  readonly run: string;
  /** Of the emulators; only equal ones pool. */
  readonly digests: { readonly head: string; readonly base: string };
  readonly head: readonly Series[];
  readonly base: readonly Series[];
}

export interface RecordedScenario {
  readonly scenario: Scenario;
  readonly conditions: { readonly head: Conditions; readonly base: Conditions | null };
  readonly hostState: { readonly before: HostState; readonly after: HostState | null };
  /** The sessions this run is judged against, as they stood when it was recorded. */
  readonly baseline: readonly BaselineSession[];
  /** Earlier runs of the same two sides, oldest first, as they stood when it was recorded; absent when there are none. */
  readonly earlier?: readonly EarlierRun[];
  /** Where the baseline was looked for, relative to the repository. */
  readonly baselinePath: string;
  /** Things noticed while recording that the report must show. */
  readonly warnings: readonly Warning[];
  readonly boots: readonly Boot[];
}

export interface RecordedRun {
  readonly schema: 1;
  readonly id: string;
  readonly startedAt: string;
  /** Version of Bootgauge. */
  readonly tool: string;
  /** True once the run came to its planned end. */
  readonly finished: boolean;
  readonly onUndecided: 'pass' | 'fail';
  /** Commit of the repository the run was made in, or empty. */
  readonly commit: string;
  /** The words of the command line that made it, after the program's name; absent where there was none, as in the Action. */
  readonly command?: readonly string[];
  readonly scenarios: readonly RecordedScenario[];
}
