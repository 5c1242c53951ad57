// npm run bench:real: the verdict on real boots of the reference guest. Runs of twenty pairs of the same guest, on the machine as it is and
// beside a job of the host that comes every minute, must not be flagged; a service that takes a tenth of the boot more must be found.
// Usage: node test/bench/real.ts [--runs 5] [--pairs 20] [--only quiet,disturbed,slowed] [--keep FOLDER] [--now 11] [--json]
// With --keep the runs stay in the folder, and only those that are missing are booted; --now 1 boots at most one of them.
import { mkdir } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { Summary } from '../../src/model/comparison.ts';
import type { ScenarioReport } from '../../src/model/report.ts';
import { changedPhases } from '../../src/report/title.ts';
import { bootRun, type Kind, keptReports, kinds, slowService, timeToSsh } from './real-runs.ts';
import { finishBench, type Promised } from './table.ts';

const { values } = parseArgs({
  options: {
    /** Runs of an unchanged head, of each kind; of a slowed one there is one. */
    runs: { type: 'string', default: '5' },
    pairs: { type: 'string', default: '20' },
    only: { type: 'string', default: kinds.join() },
    keep: { type: 'string' },
    now: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
});
const [runs, pairs, now] = [values.runs, values.pairs, values.now].map(Number) as [number, number, number];
if (!Number.isInteger(pairs) || pairs < 6)
  throw new Error(`--pairs takes a whole number from 6 on, not ${values.pairs}`);
const unknown = values.only.split(',').find((name) => !kinds.some((kind) => kind === name));
if (unknown !== undefined) throw new Error(`--only takes ${kinds.join(', ')}, not ${unknown}`);
const wanted = kinds.filter((kind) => values.only.split(',').includes(kind));
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
await using scratch = await temporaryFolder('bootgauge-real-');
const folder = resolve(values.keep ?? scratch.path);
await mkdir(folder, { recursive: true });

const loadBefore = loadavg()[0] ?? 0;
const booted = await bootMissing();
const reports = await Promise.all(
  wanted.map(async (kind) => ({ kind, found: (await keptReports({ kind, pairs, folder })).slice(0, runsOf(kind)) })),
);

finishBench(
  {
    name: 'The verdict on real boots of the reference guest (time-to-ssh)',
    columns: ['run', 'pairs', 'base', 'CV of base', 'head', 'CV of head', 'change [95 %]', 'verdict', 'carried by'],
    rows: reports.flatMap(({ kind, found }) => found.map((report, at) => rowOf(`${kind} ${at + 1}`, report))),
    promises: reports.flatMap(({ kind, found }) =>
      kind === 'slowed' ? slowedPromises(found) : unchangedPromises(kind, found),
    ),
    notes:
      booted > 0 && loadBefore > availableParallelism() / 4
        ? [`the load average was ${loadBefore.toFixed(1)} before: a busy machine makes boots uneven`]
        : [],
    data: reports.flatMap(({ kind, found }) =>
      found.map(({ verdict, comparisons, phases, where, warnings }) => ({
        ...{ kind, verdict, comparisons, phases, where, warnings },
      })),
    ),
  },
  values.json ? 'json' : 'table',
);

/** How many runs were booted. An interruption ends that; a run that it cut does not count. */
async function bootMissing(): Promise<number> {
  const { signal } = interrupted;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  let count = 0;
  for (const kind of wanted) {
    const missing = runsOf(kind) - (await keptReports({ kind, pairs, folder })).length;
    for (let at = 0; at < missing && count < now; at += 1) {
      try {
        await bootRun({ kind, pairs, folder, signal, say });
      } catch (error) {
        if (!signal.aborted) throw error;
        say('interrupted: whole runs are kept');
        return count;
      }
      count += 1;
    }
  }
  return count;
}

function runsOf(kind: Kind): number {
  return kind === 'slowed' ? 1 : runs;
}

function unchangedPromises(kind: Kind, found: readonly ScenarioReport[]): Promised[] {
  const flagged = found.filter(({ verdict }) => verdict.word !== 'same' && verdict.word !== 'undecided');
  const said = flagged.map(({ verdict }) => `${verdict.word}: ${verdict.because}`).join('; ');
  return [
    {
      what: `${kind}: not one of ${runs} runs of ${pairs} pairs of the same guest is flagged`,
      measured: `${flagged.length} of ${found.length}${said === '' ? '' : ` (${said})`}`,
      met: flagged.length === 0 && found.length >= runs,
    },
  ];
}

function slowedPromises([slowed]: readonly ScenarioReport[]): Promised[] {
  const said = slowed === undefined ? 'not booted yet' : `${slowed.verdict.word}: ${slowed.verdict.because}`;
  return [
    {
      what: `a ${slowService} that takes a tenth of the boot longer is found`,
      measured: said,
      met: slowed?.verdict.word === 'slower',
    },
    {
      what: `the phase that carries it is ${slowService}`,
      measured: (slowed && carriers(slowed)) || 'none named',
      met: slowed !== undefined && [...changedPhases(slowed)][0] === slowService,
    },
  ];
}

function rowOf(name: string, report: ScenarioReport): (string | number)[] {
  const found = timeToSsh(report);
  if (found === undefined) return [name, 0, '', '', '', '', '', report.verdict.word, ''];
  const change = (ratio: number): string => `${ratio < 1 ? '' : '+'}${((ratio - 1) * 100).toFixed(1)}`;
  const { ratio, interval, head, base } = found;
  const range = interval === null ? '' : ` [${change(interval.low)}, ${change(interval.high)}]`;
  const changed = ratio === null ? '' : `${change(ratio)} %${range}`;
  return [name, head.count, ...shown(base), ...shown(head), changed, report.verdict.word, carriers(report)];
}

/** Phases that carry the change of the whole, or that a test of their own calls slower. */
function carriers(report: ScenarioReport): string {
  return [...changedPhases(report)].join(', ');
}

function shown({ median, noise }: Summary): string[] {
  return [
    median === null ? '' : `${(median / 1000).toFixed(2)} s`,
    noise === null ? '' : `${(noise * 100).toFixed(1)} %`,
  ];
}
