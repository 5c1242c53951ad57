// npm run bench:verdict: what the decision rule promises, by simulation, and the rules of other tools on the same boots.
// Usage: node test/bench/verdict.ts [--quick] [--trials 20000] [--from 0] [--threads 2] [--only aa-,up5-] [--keep FILE] [--json | --markdown]
// With --keep what was played is kept: a run that was cut goes on where it was, until the rule or the row changes.
import { parseArgs } from 'node:util';
import { isMainThread, parentPort } from 'node:worker_threads';
import { type DuelTally, duels, fight } from './peers/duel.ts';
import { peers } from './peers/rules.ts';
import { finishBench } from './table.ts';
import { cases, groups } from './verdict-cases.ts';
import { type CourseTally, courses, follow } from './verdict-histories.ts';
import { verdictMarkdown } from './verdict-markdown.ts';
import { type Played, promisesOf, sumOf } from './verdict-promises.ts';
import { type AnyTally, type Job, playAll } from './verdict-run.ts';
import { simulate, type Tally } from './verdict-simulate.ts';
import { verdictSpeed } from './verdict-speed.ts';

const quickTrials = 1000;
const fullTrials = 20_000;
const words = ['slower', 'failed', 'undecided', 'faster', 'same'];

if (isMainThread) await main();
else parentPort?.on('message', (job: Job) => parentPort?.postMessage(play(job)));

function play({ id, from, to }: Job): AnyTally {
  const entry = cases.find((candidate) => candidate.id === id);
  if (entry !== undefined) return simulate(entry, from, to);
  const course = courses.find((candidate) => candidate.id === id);
  if (course !== undefined) return follow(course, from, to);
  const duel = duels.find((candidate) => candidate.id === id);
  if (duel !== undefined) return fight(duel, from, to);
  throw new Error(`no row is called ${id}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      /** A thousand reports of each case: minutes. */
      quick: { type: 'boolean', default: false },
      trials: { type: 'string' },
      from: { type: 'string', default: '0' },
      threads: { type: 'string', default: '2' },
      /** Beginnings of names of rows, with commas. */
      only: { type: 'string', default: '' },
      keep: { type: 'string' },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
    },
  });
  const trials = Number(values.trials ?? (values.quick ? quickTrials : fullTrials));
  const wanted = values.only.split(',');
  const ids = [...cases, ...courses, ...duels]
    .map(({ id }) => id)
    .filter((id) => wanted.some((beginning) => id.startsWith(beginning)));
  if (ids.length === 0) throw new Error(`no row begins with ${values.only}`);
  const found = await playAll(ids, new URL(import.meta.url), {
    ...{ trials, first: Number(values.from), threads: Number(values.threads), keep: values.keep ?? null },
    say: (text) => void (process.stderr.isTTY && process.stderr.write(`\r\u001b[K${text}`)),
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  const played: Played = {
    tallyOf: (id) => found.get(id) as Tally | undefined,
    courseOf: (id) => found.get(id) as CourseTally | undefined,
    allowsChance: trials < fullTrials,
  };
  const duelOf = (id: string) => found.get(id) as DuelTally | undefined;
  const promises = [...promisesOf(played), ...(values.only === '' ? await verdictSpeed() : [])];
  if (values.markdown) {
    process.stdout.write(verdictMarkdown({ trials, ...played, duelOf }));
    if (promises.some(({ met }) => !met)) process.exitCode = 1;
    return;
  }
  finishBench(
    {
      name: `The decision rule in ${trials} simulated reports per case (percent)`,
      columns: ['case', ...words, 'pairs', 'coverage', 'of the median', 'bias', 'of slower'],
      rows: [...caseRows(played), ...courseRows(played), ...duelRows(duelOf)],
      promises,
      notes: [`peers: ${peers.map(({ name, rule }) => `${name}: ${rule}`).join('; ')}`],
      data: { trials, rows: Object.fromEntries(found) },
    },
    values.json ? 'json' : 'table',
  );
}

function caseRows({ tallyOf }: Played): string[][] {
  return Object.entries(groups).flatMap(([group, members]) => {
    const rows = members.flatMap(({ id, title }) => {
      const tally = tallyOf(id);
      return tally === undefined ? [] : [caseRow(`${id}: ${title}`, tally, members === groups['one look'])];
    });
    return rows.length === 0 ? [] : [[''], [group], ...rows];
  });
}

/** Where the machine drifts, or the boots have another shape, head's median has no truth to be held against. */
function caseRow(title: string, tally: Tally, hasMedian: boolean): string[] {
  return [
    title,
    ...words.map((word) => percent(sumOf(tally, [word]), tally.reports)),
    (tally.rounds / tally.reports).toFixed(2),
    percent(tally.covering, tally.intervals),
    hasMedian ? percent(tally.coveringMedians, tally.medians) : '',
    percent(tally.errors, tally.ratios),
    percent(tally.slowerErrors, tally.slowerRatios),
  ];
}

function courseRows({ courseOf }: Played): string[][] {
  const rows = courses.flatMap(({ id, title }) => {
    const tally = courseOf(id);
    if (tally === undefined) return [];
    const waited = tally.told === 0 ? '' : (tally.waited / tally.told).toFixed(1);
    return [[`${id}: ${title}`, percent(tally.told, tally.reports), waited]];
  });
  return rows.length === 0 ? [] : [[''], ['baselines over time', 'told', 'after'], ...rows];
}

function duelRows(duelOf: (id: string) => DuelTally | undefined): string[][] {
  const names = [...peers.map(({ name }) => name), 'Bootgauge'];
  const rows = duels.flatMap(({ id, title }) => {
    const duel = duelOf(id);
    return duel === undefined ? [] : [[title, ...names.map((name) => percent(duel.flags[name] ?? 0, duel.reports))]];
  });
  return rows.length === 0 ? [] : [[''], ['flagged by', ...names], ...rows];
}

function percent(count: number, of: number): string {
  return of === 0 ? '' : ((100 * count) / of).toFixed(2);
}
