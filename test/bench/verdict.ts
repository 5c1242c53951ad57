// npm run bench:verdict: what the decision rule promises, by simulation, and the rules of other tools on the same boots.
// Usage: node test/bench/verdict.ts [--quick] [--trials 20000] [--from 0] [--threads 2] [--json | --markdown]
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { slowerError } from '../../src/verdict/error-rates.ts';
import { type Duel, type DuelTally, duels, fight } from './peers/duel.ts';
import { peers } from './peers/rules.ts';
import { finishBench } from './table.ts';
import {
  type Case,
  changedCases,
  curveCases,
  fixedCases,
  gridCases,
  knownCases,
  periodicCases,
  phaseCases,
  shapeCases,
  unchangedCases,
  waldBound,
} from './verdict-cases.ts';
import { verdictMarkdown } from './verdict-markdown.ts';
import { simulate, type Tally } from './verdict-simulate.ts';
import { verdictSpeed } from './verdict-speed.ts';

interface Job {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

const cases = [
  ...unchangedCases,
  ...knownCases,
  ...periodicCases,
  ...shapeCases,
  ...phaseCases,
  ...gridCases,
  ...changedCases,
  ...fixedCases,
  ...curveCases,
];

if (isMainThread) {
  await main();
} else {
  parentPort?.on('message', (job: Job) => parentPort?.postMessage({ job, tally: run(job) }));
}

function run({ id, from, to }: Job): Tally | DuelTally {
  const entry = cases.find((candidate) => candidate.id === id);
  return entry ? simulate(entry, from, to) : fight(duels.find((duel) => duel.id === id) as Duel, from, to);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      /** A thousand reports of each case: minutes. */
      quick: { type: 'boolean', default: false },
      trials: { type: 'string' },
      /** First trial: other seeds. */
      from: { type: 'string', default: '0' },
      threads: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
    },
  });
  const trials = Number(values.trials ?? (values.quick ? 1000 : 20_000));
  const found = await runAll([...cases, ...duels], trials, {
    threads: Number(values.threads),
    first: Number(values.from),
  });
  const tallies = new Map(cases.map(({ id }) => [id, sumTallies(found.get(id) as Tally[])]));
  const fights = new Map(duels.map(({ id }) => [id, sumTallies(found.get(id) as DuelTally[])]));
  const tallyOf = (id: string): Tally => tallies.get(id) as Tally;
  const promises = [...promisesOf(tallyOf), ...(await verdictSpeed())];
  if (values.markdown) {
    process.stdout.write(verdictMarkdown({ trials, tallyOf, fightOf: (id) => fights.get(id) as DuelTally }));
    if (promises.some(({ met }) => !met)) process.exitCode = 1;
    return;
  }
  finishBench(
    {
      name: `The decision rule in ${trials} simulated reports per case (percent)`,
      columns: ['case', 'slower', 'failed', 'undecided', 'faster', 'same', 'pairs', 'coverage', 'of the median'],
      rows: [
        ...cases.map((entry) => caseRow(entry, tallyOf(entry.id))),
        ['', '', '', '', '', '', '', '', ''],
        ['flagged by others', ...duels.map(({ title }) => title), '', '', ''],
        ...[...peers.map(({ name }) => name), 'Bootgauge'].map((name) => [
          name,
          ...duels.map(({ id }) => percent(fights.get(id)?.flags[name] ?? 0, fights.get(id)?.reports ?? 0)),
          '',
          '',
          '',
        ]),
      ],
      promises,
      notes: [`peers: ${peers.map(({ name, rule }) => `${name}: ${rule}`).join('; ')}`],
      data: { trials, cases: Object.fromEntries(tallies), peers: Object.fromEntries(fights) },
    },
    values.json ? 'json' : 'table',
  );
}

function promisesOf(tallyOf: (id: string) => Tally) {
  const flagged = (id: string): number => share(tallyOf(id), ['slower', 'failed']);
  const pairs = (id: string): number => tallyOf(id).rounds / tallyOf(id).reports;
  const placed = (id: string): number => tallyOf(id).placed / tallyOf(id).reports;
  const coverage = (id: string): number => tallyOf(id).covering / tallyOf(id).intervals;
  const bound = waldBound(0.05, 0.03, slowerError, 0.05);
  const promise = (what: string, measured: string, met: boolean) => ({ what, measured, met });
  return [
    ...unchangedCases.map(({ id, title }) =>
      promise(`nothing changed, ${title}: at most 1.0 % flagged`, asPercent(flagged(id)), flagged(id) <= 0.01),
    ),
    ...periodicCases.map(({ id, title }) =>
      promise(`nothing changed, ${title}: at most 3.5 % flagged`, asPercent(flagged(id)), flagged(id) <= 0.035),
    ),
    ...shapeCases.map(({ id, title }) => {
      const same = share(tallyOf(id), ['same', 'faster']);
      return promise(`${title}: called the same or faster in at most 1 %`, asPercent(same), same <= 0.01);
    }),
    ...knownCases
      .filter(({ effect }) => effect === 0)
      .map(({ id, title }) =>
        promise(`nothing changed, ${title}: at most 1.0 % flagged`, asPercent(flagged(id)), flagged(id) <= 0.01),
      ),
    promise('+5 %, spread known: found in 95 %', asPercent(flagged('up5-known')), flagged('up5-known') >= 0.95),
    promise('+5 %, spread known: in 8.5 pairs', pairs('up5-known').toFixed(2), pairs('up5-known') <= 8.5),
    ...phaseCases.map(({ id, title }) =>
      promise(`${title}: found in 95 %`, asPercent(flagged(id)), flagged(id) >= 0.95),
    ),
    promise('+300 ms in one phase: in 8 pairs', pairs('phase-24').toFixed(2), pairs('phase-24') <= 8),
    promise(
      'nothing changed, on a grid of 1 s: at most 1.0 % flagged',
      asPercent(flagged('grid-0')),
      flagged('grid-0') <= 0.01,
    ),
    promise(
      '+5 % on a grid of 1 s: coverage at least 95 %',
      asPercent(coverage('grid-0.05')),
      coverage('grid-0.05') >= 0.95,
    ),
    promise(
      '+12 %, spread known: found by at most four pairs in 80 %',
      asPercent(flagged('up12-known-four')),
      flagged('up12-known-four') >= 0.8,
    ),
    promise(
      '+5 % with the tail found in 95 % within 24 pairs',
      asPercent(flagged('up5-tail')),
      flagged('up5-tail') >= 0.95,
    ),
    promise('+10 % found in 99 %', asPercent(flagged('up10-tail')), flagged('up10-tail') >= 0.99),
    promise('+10 % within 12 pairs on average', pairs('up10-tail').toFixed(2), pairs('up10-tail') <= 12),
    promise(
      `+5 %, log-normal: within 1.5 times Wald’s bound of ${bound.changed.toFixed(2)} pairs`,
      (pairs('up5-normal') / bound.changed).toFixed(3),
      pairs('up5-normal') <= 1.5 * bound.changed,
    ),
    promise(
      `nothing changed, log-normal: the limit excluded within 2 times Wald’s bound of ${bound.unchanged.toFixed(2)} pairs`,
      (placed('aa-normal') / bound.unchanged).toFixed(3),
      placed('aa-normal') <= 2 * bound.unchanged,
    ),
    ...fixedCases.flatMap(({ id, title }) => {
      const tally = tallyOf(id);
      const ofMedian = tally.coveringMedians / tally.medians;
      return [
        promise(`ratio, ${title}: coverage 94 to 96 %`, asPercent(coverage(id)), within(coverage(id))),
        promise(`median, ${title}: coverage 94 to 96 %`, asPercent(ofMedian), within(ofMedian)),
      ];
    }),
    ...['aa-normal', 'aa-tail', 'up5-normal', 'up5-tail', 'up10-tail'].map((id) =>
      promise(`ratio after stopping, ${id}: coverage at least 94 %`, asPercent(coverage(id)), coverage(id) >= 0.94),
    ),
  ];
}

function caseRow({ title }: Case, tally: Tally): string[] {
  const words = ['slower', 'failed', 'undecided', 'faster', 'same'].map((word) =>
    percent(tally.words[word] ?? 0, tally.reports),
  );
  return [
    title,
    ...words,
    (tally.rounds / tally.reports).toFixed(2),
    percent(tally.covering, tally.intervals),
    percent(tally.coveringMedians, tally.medians),
  ];
}

/** Spreads chunks over worker threads; the seeds hang on case and trial, so the result does not depend on the threads. */
async function runAll(
  entries: readonly { readonly id: string }[],
  trials: number,
  { threads, first }: { readonly threads: number; readonly first: number },
) {
  const chunk = 500;
  const jobs: Job[] = entries.flatMap(({ id }) =>
    Array.from({ length: Math.ceil(trials / chunk) }, (_, part) => ({
      id,
      from: first + part * chunk,
      to: first + Math.min(trials, (part + 1) * chunk),
    })),
  );
  const found = new Map<string, (Tally | DuelTally)[]>(entries.map(({ id }) => [id, []]));
  const total = jobs.length;
  let done = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.url));
    try {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        worker.postMessage(job);
        const { promise, resolve, reject } = Promise.withResolvers<{ tally: Tally | DuelTally }>();
        worker.once('message', resolve).once('error', reject);
        const { tally } = await promise;
        worker.removeListener('error', reject);
        found.get(job.id)?.push(tally);
        done += 1;
        if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total} chunks`);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  if (process.stderr.isTTY) process.stderr.write('\n');
  return found;
}

/** Adds numbers, and records of numbers, member by member. */
function sumTallies<T extends Tally | DuelTally>(parts: readonly T[]): T {
  const sum: Record<string, number | Record<string, number>> = {};
  for (const part of parts) {
    for (const [name, value] of Object.entries(part) as [string, number | Record<string, number>][]) {
      if (typeof value === 'number') sum[name] = ((sum[name] as number | undefined) ?? 0) + value;
      else {
        const inner = (sum[name] ?? {}) as Record<string, number>;
        for (const [key, count] of Object.entries(value)) inner[key] = (inner[key] ?? 0) + count;
        sum[name] = inner;
      }
    }
  }
  return sum as unknown as T;
}

function share({ words, reports }: Tally, which: readonly string[]): number {
  return which.reduce((sum, word) => sum + (words[word] ?? 0), 0) / reports;
}

function within(coverage: number): boolean {
  return coverage >= 0.94 && coverage <= 0.96;
}

function asPercent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function percent(count: number, of: number): string {
  return of === 0 ? '' : ((100 * count) / of).toFixed(2);
}
