// Sessions and runs of one scenario on one machine -> its history for the trend site: points in the order of time, and levels.
import type { BaselineSession } from '../model/baseline.ts';
import type { Summary } from '../model/comparison.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import type { SiteChange, SiteHistory, SiteMetric, SitePoint, SiteValue } from '../model/site.ts';
import { summarize } from '../verdict/summarize.ts';
import { historyOf, mainMetric } from './levels.ts';

export interface SiteSource {
  readonly machine: string;
  readonly scenario: string;
  readonly page: string;
  /** Oldest first. */
  readonly sessions: readonly BaselineSession[];
  /** Who accepted a session, by its run. */
  readonly acceptedBy: ReadonlyMap<string, string>;
  /** Kept runs of the scenario on this machine. */
  readonly runs: readonly { readonly report: Report; readonly scenario: ScenarioReport }[];
  /** Pages of kept runs within the site, by run. */
  readonly pages: ReadonlyMap<string, string>;
}

interface Entry {
  readonly point: SitePoint;
  readonly session: BaselineSession | null;
  readonly summary: (metric: string) => Summary | null;
}

/** `commits` of its changes are still null: only git knows them. */
export function siteHistory(source: SiteSource): SiteHistory {
  const { machine, scenario, page, sessions, runs, pages } = source;
  const accepted = new Set(sessions.map(({ run }) => run));
  const entries = [
    ...sessions.map((session) => sessionEntry(session, source)),
    ...runs.filter(({ report }) => !accepted.has(report.run)).map((run) => runEntry(run, pages)),
  ].sort((one, other) => (one.point.recordedAt < other.point.recordedAt ? -1 : 1));
  const places = entries.flatMap(({ session }, index) => (session === null ? [] : [index]));
  const main = sessions.length > 0 ? mainMetric(sessions) : mainOfRuns(runs);
  const { comparableFrom } = historyOf({ file: '', metric: main, sessions });
  return {
    machine,
    scenario,
    page,
    points: entries.map(({ point }) => point),
    comparableFrom: places[comparableFrom] ?? 0,
    metrics: metricNames(main, source).map((name) => metricOf(name, entries, { sessions, places })),
  };
}

/** Of the newest one. */
function mainOfRuns(runs: SiteSource['runs']): string {
  const newest = runs.toSorted((one, other) => (one.report.startedAt < other.report.startedAt ? 1 : -1))[0];
  return newest?.scenario.summaries.head[0]?.metric ?? '';
}

function metricNames(main: string, { sessions, runs }: SiteSource): readonly string[] {
  const newest = sessions.at(-1)?.metrics ?? {};
  const ofRuns = runs.flatMap(({ scenario }) => scenario.summaries.head.map(({ metric }) => metric));
  return [...new Set([main, ...Object.keys(newest), ...ofRuns])].filter((name) => name !== '');
}

function metricOf(
  name: string,
  entries: readonly Entry[],
  { sessions, places }: { readonly sessions: readonly BaselineSession[]; readonly places: readonly number[] },
): SiteMetric {
  const summaries = entries.map(({ summary }) => summary(name));
  const newest = summaries.findLast((summary) => summary !== null);
  const changes = historyOf({ file: '', metric: name, sessions }).changes.map(
    ({ session, before, after }): SiteChange => ({
      from: places[session] ?? 0,
      last: places[Math.max(0, session - 1)] ?? 0,
      before,
      after,
      commits: null,
    }),
  );
  return {
    name,
    unit: newest?.unit ?? 'ms',
    better: newest?.better ?? 'lower',
    values: summaries.map(figuresOf),
    changes,
  };
}

function figuresOf(summary: Summary | null): SiteValue {
  if (summary === null) return null;
  const { median, interval, count, failures } = summary;
  return [rounded(median), rounded(interval?.low ?? null), rounded(interval?.high ?? null), count, failures];
}

/** Six digits: more than any boot repeats, and half the bytes. */
const rounded = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(6)));

function sessionEntry(session: BaselineSession, { acceptedBy, pages }: SiteSource): Entry {
  const { run, recordedAt, commit, intended, facts, vulkan, metrics } = session;
  const driver = vulkan === undefined ? {} : { Vulkan: `${vulkan.driverName} ${vulkan.driverInfo}`.trim() };
  return {
    point: {
      ...{ run, recordedAt, commit, word: 'accepted', intended, acceptedBy: acceptedBy.get(run) ?? '' },
      stands: { QEMU: facts.emulator, ...driver, system: facts.osVersion },
      page: pages.get(run) ?? '',
    },
    session,
    summary(metric) {
      const found = metrics[metric];
      return found === undefined ? null : summarize({ metric, ...found, values: found.samples });
    },
  };
}

function runEntry({ report, scenario }: SiteSource['runs'][number], pages: SiteSource['pages']): Entry {
  const { head } = scenario.conditions;
  const identity = scenario.vulkan?.head.identity;
  const driver = identity === undefined ? {} : { Vulkan: `${identity.driverName} ${identity.driverInfo}`.trim() };
  return {
    point: {
      ...{ run: report.run, recordedAt: report.startedAt, commit: report.commit, word: scenario.verdict.word },
      ...{ intended: '', acceptedBy: '' },
      stands: { QEMU: head.emulator.version, ...driver, system: head.host.osVersion },
      page: pages.get(report.run) ?? '',
    },
    session: null,
    summary: (metric) => scenario.summaries.head.find((one) => one.metric === metric) ?? null,
  };
}
