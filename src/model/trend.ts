// The accepted sessions of one scenario on one machine, as they followed each other.
import type { Summary } from './comparison.ts';

export interface HistorySession {
  readonly run: string;
  readonly recordedAt: string;
  readonly commit: string;
  readonly emulator: string;
  readonly intended: string;
  /** null: the session does not have the metric. */
  readonly summary: Summary | null;
}

export interface HistoryChange {
  /** Index of the first session of the new level. */
  readonly session: number;
  /** Typical values before and after, in the metric's unit. */
  readonly before: number;
  readonly after: number;
}

export interface History {
  /** Path of the baseline file, relative to the repository. */
  readonly file: string;
  readonly metric: string;
  readonly sessions: readonly HistorySession[];
  readonly changes: readonly HistoryChange[];
  /** Index of the first session with the newest comparable key; sessions before it are not compared with. */
  readonly comparableFrom: number;
}
