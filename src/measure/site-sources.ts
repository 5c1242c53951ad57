// What a repository keeps of its measurements, gathered for the trend site: baselines with what git remembers of them, and kept runs.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { tryGit } from '../build/git.ts';
import { isThere } from '../host/files.ts';
import { type BaselineSession, baselineSessionSchema } from '../model/baseline.ts';
import { type Report, reportSchema } from '../model/report.ts';
import type { SiteChange, SiteHistory } from '../model/site.ts';
import { baselineFiles, baselinePath, readBaseline } from '../store/baseline-file.ts';
import { runsNewestFirst } from '../store/run-folder.ts';
import { type SiteSource, siteHistory } from '../trend/site.ts';

/** Kept runs that are shown, and pages that are copied, newest first: a site stays small enough to publish. */
const mostRuns = 500;
const mostPages = 100;

export interface SiteRequest {
  /** Holds `baselines` and `.bootgauge/runs`. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface SiteSources {
  /** By machine and scenario. */
  readonly histories: readonly SiteHistory[];
  /** Pages of kept runs: where they lie, by their path within the site. */
  readonly pages: ReadonlyMap<string, string>;
}

/** Throws a usage error when a baseline cannot be read. */
export async function siteSources(request: SiteRequest): Promise<SiteSources> {
  const reports = await keptReports(request);
  const pages = await pagesOf(reports);
  const pageOf = new Map([...pages].map(([page, { run }]) => [run, page]));
  const files = new Set([...baselineFiles(request.folder), ...reports.flatMap(({ report }) => filesOf(report))]);
  const histories: SiteHistory[] = [];
  for (const file of [...files].sort()) {
    const { sessions, acceptedBy } = await sessionsOf(file, request);
    const runs = reports.flatMap(({ report }) =>
      report.scenarios.filter((one) => one.baseline.path === file).map((scenario) => ({ report, scenario })),
    );
    if (sessions.length + runs.length === 0) continue;
    const machine = basename(dirname(file));
    const scenario = basename(file, '.jsonl');
    const page = `${machine}.${scenario}.html`;
    const source: SiteSource = { machine, scenario, page, sessions, acceptedBy, runs, pages: pageOf };
    histories.push(await withCommits(siteHistory(source), request));
  }
  return { histories, pages: new Map([...pages].map(([page, { file }]) => [page, file])) };
}

interface KeptReport {
  readonly folder: string;
  readonly report: Report;
}

/** Runs whose report is there and can be read; a study has none, and what another version wrote is passed over. */
async function keptReports({ folder, signal }: SiteRequest): Promise<KeptReport[]> {
  const found: KeptReport[] = [];
  for await (const run of runsNewestFirst(folder)) {
    signal.throwIfAborted();
    if (found.length === mostRuns) break;
    const text = await readFile(join(run, 'report.json'), 'utf8').catch(() => null);
    const parsed = text === null ? null : reportSchema.safeParse(parsedJson(text));
    if (parsed?.success) found.push({ folder: run, report: parsed.data });
  }
  return found;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Only such as a baseline of this repository would have. */
const filesOf = (report: Report): string[] =>
  report.scenarios
    .map(({ baseline }) => baseline.path)
    .filter((path) => path === baselinePath(basename(dirname(path)), basename(path, '.jsonl')));

async function pagesOf(reports: readonly KeptReport[]) {
  const pages = new Map<string, { readonly run: string; readonly file: string }>();
  for (const { folder, report } of reports) {
    const file = join(folder, 'report.html');
    // The name of the folder, not what the report says of itself: it becomes a path.
    if (pages.size < mostPages && (await isThere(file)))
      pages.set(`runs/${basename(folder)}.html`, { run: report.run, file });
  }
  return pages;
}

/**
 * The sessions of a file, and those that it once held: an accepted session drops the oldest one. What was taken out of the middle was taken
 * out on purpose, and stays away.
 */
async function sessionsOf(file: string, { folder, signal }: SiteRequest) {
  const present = await readBaseline(join(folder, file));
  const acceptedBy = new Map<string, string>();
  const older = new Map<string, BaselineSession>();
  const oldest = present[0]?.recordedAt ?? '';
  const words = ['log', '--format=%x00%an', '--no-color', '--no-ext-diff', '--no-textconv', '--reverse', '-p', '-U0'];
  const log = await tryGit(folder, [...words, '--', file], { signal, offline: true, late: 'tell' }).catch(() => null);
  signal.throwIfAborted();
  let author = '';
  for (const line of log?.code === 0 ? log.stdout.split('\n') : []) {
    if (line.startsWith('\0')) author = line.slice(1);
    const session = line.startsWith('+{') ? baselineSessionSchema.safeParse(parsedJson(line.slice(1))).data : undefined;
    if (session === undefined) continue;
    if (!acceptedBy.has(session.run)) acceptedBy.set(session.run, author);
    if (session.recordedAt < oldest) older.set(session.run, session);
  }
  const sessions = [...[...older.values()].filter(({ run }) => !present.some((one) => one.run === run)), ...present];
  sessions.sort((one, other) => (one.recordedAt < other.recordedAt ? -1 : 1));
  return { sessions, acceptedBy };
}

const listedCommits = 20;

async function withCommits(history: SiteHistory, request: SiteRequest): Promise<SiteHistory> {
  const known = new Map<string, SiteChange['commits']>();
  const metrics = [];
  for (const metric of history.metrics) {
    const changes = [];
    for (const change of metric.changes) {
      const [older = '', newer = ''] = [history.points[change.last]?.commit, history.points[change.from]?.commit];
      const range = `${older}..${newer}`;
      if (!known.has(range)) known.set(range, await commitsBetween(older, newer, request));
      changes.push({ ...change, commits: known.get(range) ?? null });
    }
    metrics.push({ ...metric, changes });
  }
  return { ...history, metrics };
}

async function commitsBetween(older: string, newer: string, request: SiteRequest): Promise<SiteChange['commits']> {
  const { folder, signal } = request;
  if (![older, newer].every((commit) => /^[0-9a-f]{7,64}$/.test(commit)) || older === newer) return null;
  const asked = { signal, offline: true, late: 'tell', timeoutMs: 20_000 } as const;
  const log = await tryGit(folder, ['log', '--format=%h %s', '--no-color', `${older}..${newer}`, '--'], asked).catch(
    () => null,
  );
  signal.throwIfAborted();
  if (log?.code !== 0) return null;
  const lines = log.stdout.split('\n').filter((line) => line !== '');
  return { count: lines.length, newest: lines.slice(0, listedCommits).map((line) => line.slice(0, 120)) };
}
