// npm run bench:overhead -- [--pairs n] [--boots n] [--json]: what measuring costs. Against a program that plays a boot at exact
// times: how late stamps are and how much CPU time we use. On real boots: the time to a marker with us and with a bare shell.
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { median, quantile } from '../../src/stats/quantiles.ts';
import { contrastsOf, lowerBound, upperBound } from '../../src/stats/rank-interval.ts';
import { type BarePair, bootPairs } from './overhead-pairs.ts';
import { type PlayedBoot, playBoots } from './overhead-played.ts';
import { finishBench, type Promised } from './table.ts';

const promisedLateMs = 2;
const promisedCpuShare = 0.02;
const promisedRatio = 1.01;

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '20' },
    boots: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const [pairsWanted, bootsWanted] = [values.pairs, values.boots].map(Number) as [number, number];
if (!Number.isInteger(pairsWanted) || pairsWanted < 0) throw new Error('--pairs takes a whole number');
if (!Number.isInteger(bootsWanted) || bootsWanted < 0) throw new Error('--boots takes a whole number');
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
const loadBefore = loadavg()[0] ?? 0;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const busyNote = `the load average was ${loadBefore.toFixed(1)} before: a busy machine makes stamps late and CPU time dear`;

const played = await playBoots(bootsWanted, interrupted.signal, say);
const pairs = await bootPairs(pairsWanted, interrupted.signal, say);

finishBench(
  {
    name: 'What measuring costs',
    columns: ['boots', 'figure', 'median', 'p95', 'largest'],
    rows: [...playedRows(played), ...pairRows(pairs)],
    promises: [...playedPromises(played), ...pairPromises(pairs)],
    notes: loadBefore > availableParallelism() / 4 ? [busyNote] : [],
    data: { played, pairs },
  },
  values.json ? 'json' : 'table',
);

function playedRows(boots: readonly PlayedBoot[]): (readonly string[])[] {
  if (boots.length === 0) return [];
  const late = boots.flatMap((boot) => boot.lateMs);
  const shares = boots.map((boot) => boot.cpuMs / boot.lengthMs);
  return [
    [
      `${boots.length} played`,
      `lateness of ${late.length} stamps`,
      ...spread(late, (value) => `${value.toFixed(2)} ms`),
    ],
    [`${boots.length} played`, "CPU time, share of the boot's length", ...spread(shares, percent)],
  ];
}

function playedPromises(boots: readonly PlayedBoot[]): Promised[] {
  if (boots.length === 0) return [];
  const late = quantile(
    boots.flatMap((boot) => boot.lateMs),
    0.95,
  );
  // The first boot also compiles the program; a run of one boot pays for that, and so does this figure.
  const share = boots.reduce((sum, boot) => sum + boot.cpuMs, 0) / boots.reduce((sum, boot) => sum + boot.lengthMs, 0);
  return [
    {
      what: `95 % of the stamps are late by at most ${promisedLateMs} ms`,
      measured: `${late.toFixed(2)} ms`,
      met: late <= promisedLateMs,
    },
    {
      what: `CPU time under ${percent(promisedCpuShare)} of the boots' length`,
      measured: percent(share),
      met: share < promisedCpuShare,
    },
  ];
}

function pairRows(list: readonly BarePair[]): (readonly string[])[] {
  if (list.length === 0) return [];
  const shown = (value: number): string => `${value.toFixed(0)} ms`;
  return [
    [
      `${list.length} real`,
      'time to the marker, bare shell',
      ...spread(
        list.map((pair) => pair.bareMs),
        shown,
      ),
    ],
    [
      `${list.length} real`,
      'time to the marker, Bootgauge',
      ...spread(
        list.map((pair) => pair.measuredMs),
        shown,
      ),
    ],
  ];
}

function pairPromises(list: readonly BarePair[]): Promised[] {
  if (list.length === 0) return [];
  const logs = (of: (pair: BarePair) => number): number[] => list.map((pair) => Math.log(of(pair)));
  const contrasts = contrastsOf(
    logs((pair) => pair.measuredMs),
    logs((pair) => pair.bareMs),
    'rounds',
  );
  const [low, ratio, high] = [lowerBound(contrasts, 0.025), contrasts.estimate, upperBound(contrasts, 0.025)].map(
    (value) => Math.exp(value),
  ) as [number, number, number];
  return [
    {
      what: `real boots with Bootgauge against bare ones: the interval of the ratio does not lie above ${promisedRatio}`,
      measured: `${ratio.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)} over ${list.length} pairs`,
      met: low <= promisedRatio,
    },
  ];
}

function spread(list: readonly number[], shown: (value: number) => string): string[] {
  return [median(list), quantile(list, 0.95), quantile(list, 1)].map(shown);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
