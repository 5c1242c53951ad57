// Baseline sessions -> their history: medians in order, and the sessions at which the level changed.
import type { BaselineSession } from '../model/baseline.ts';
import { keyDifferences } from '../model/conditions.ts';
import type { History, HistorySession } from '../model/trend.ts';
import { changePoints } from '../stats/change-points.ts';
import { levelPlaces, sinceAnchor } from '../verdict/anchor.ts';
import { logarithm, summarize } from '../verdict/summarize.ts';

export interface HistoryInput {
  readonly file: string;
  readonly metric: string;
  readonly sessions: readonly BaselineSession[];
}

/** Levels are compared as ratios, and only among sessions that may be compared with the newest one. */
export function historyOf({ file, metric, sessions }: HistoryInput): History {
  const shown = sessions.map((session) => sessionOf(session, metric));
  const comparableFrom = firstComparable(sessions);
  const leveled = shown.flatMap(({ summary }, index) =>
    index < comparableFrom || summary?.median == null ? [] : [{ index, value: logarithm(summary.median) }],
  );
  const changes = changePoints(leveled.map(({ value }) => value)).map(({ index, before, after }) => ({
    session: leveled[index]?.index ?? comparableFrom,
    before: Math.exp(before),
    after: Math.exp(after),
  }));
  return { file, metric, sessions: shown, changes, comparableFrom };
}

/** What made the guest of the newest session ready: it stands first among its metrics. */
export const mainMetric = (sessions: readonly BaselineSession[]): string =>
  Object.keys(sessions.at(-1)?.metrics ?? {}).find((name) => name.startsWith('time-to-')) ?? 'time-to-ssh';

/**
 * How far the last three sessions lie from the first five of the same level, as a ratio: steps that are accepted one by one add up. null
 * with fewer than eight sessions since the level began, or where the metric is missing.
 */
export function movedSinceAnchor(sessions: readonly BaselineSession[], metric: string): number | null {
  const since = sinceAnchor(levelPlaces(metric, sessions.slice(firstComparable(sessions))));
  return since === null ? null : Math.exp(since.moved);
}

function firstComparable(sessions: readonly BaselineSession[]): number {
  const newest = sessions.at(-1);
  if (newest === undefined) return 0;
  return sessions.findLastIndex(({ key }) => keyDifferences(key, newest.key).length > 0) + 1;
}

function sessionOf(session: BaselineSession, metric: string): HistorySession {
  const { run, recordedAt, commit, intended } = session;
  const found = session.metrics[metric];
  const summary = found === undefined ? null : summarize({ metric, ...found, values: found.samples });
  return { run, recordedAt, commit, emulator: session.facts.emulator, intended, summary };
}
