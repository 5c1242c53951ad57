// npm run bench:responses -- [--pairs n] [--json]: what asking a guest how it responds costs its boot. Pairs of boots of the reference
// guest in turn, asked and not asked; the questions come when all of the boot is on record.
// Promise: the interval of the ratio of the times to SSH does not lie above 1.01, and every asked guest answered.
import { parseArgs } from 'node:util';
import type { Boot } from '../../src/model/boot.ts';
import { measureMetric } from '../../src/probe/probes.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { median } from '../../src/stats/quantiles.ts';
import { contrastsOf, lowerBound, upperBound } from '../../src/stats/rank-interval.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { exampleScenario } from '../examples/run.ts';
import { prepare } from './overhead-pairs.ts';
import { finishBench } from './table.ts';

const promisedRatio = 1.01;
const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs takes a whole number above 0, not ${values.pairs}`);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort(new Error(name)));
const plan = await prepare(interrupted.signal);

const asked: Boot[] = [];
const left: Boot[] = [];
// Not counted: files come into the page cache, code is compiled.
await boot(true);
for (let pair = 1; pair <= pairs; pair += 1) {
  for (const isAsked of pair % 2 === 0 ? [true, false] : [false, true])
    (isAsked ? asked : left).push(await boot(isAsked));
  process.stderr.write(`pair ${pair} of ${pairs}: ${ssh(asked.at(-1))} ms asked, ${ssh(left.at(-1))} ms left alone\n`);
}
const times = (boots: readonly Boot[]): number[] =>
  boots.map((one) => measureMetric(one, 'time-to-ssh').value as number);
const contrasts = contrastsOf(times(asked).map(Math.log), times(left).map(Math.log), 'rounds');
const [low, ratio, high] = [lowerBound(contrasts, 0.025), contrasts.estimate, upperBound(contrasts, 0.025)].map(
  Math.exp,
) as [number, number, number];
const answered = asked.filter(({ responsiveness }) => Object.keys(responsiveness?.samples ?? {}).length > 0).length;
finishBench(
  {
    name: 'What asking a guest how it responds costs its boot, to SSH',
    columns: ['boots', 'count', 'median ms'],
    rows: [
      ['asked', asked.length, Math.round(median(times(asked)))],
      ['left alone', left.length, Math.round(median(times(left)))],
    ],
    promises: [
      {
        what: `the interval of the ratio does not lie above ${promisedRatio}`,
        measured: `${ratio.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)} over ${pairs} pairs`,
        // Too few pairs have an interval without ends, which promises nothing.
        met: Number.isFinite(high) && low <= promisedRatio,
      },
      {
        what: 'every asked guest answered',
        measured: `${answered} of ${asked.length}`,
        met: answered === asked.length,
      },
    ],
    notes: pairs < 6 ? ['fewer than 6 pairs have no 95 % interval'] : [],
    data: { asked: asked.map(({ responsiveness }) => responsiveness), times: [times(asked), times(left)] },
  },
  values.json ? 'json' : 'table',
);

function ssh(one: Boot | undefined): string {
  return (one === undefined ? Number.NaN : (measureMetric(one, 'time-to-ssh').value ?? Number.NaN)).toFixed(0);
}

async function boot(isAsked: boolean): Promise<Boot> {
  const one = await bootOnce({
    plan,
    scenario: { ...exampleScenario, ...(isAsked ? { responsiveness: { withinMs: 20_000 } } : {}) },
    markers: markerProfiles.alpine,
    slot: { side: 'head', round: 2, warmup: false },
    number: 2,
    onPhase: () => {},
    signal: interrupted.signal,
  });
  if (one.outcome.kind !== 'ready') throw new Error(`a boot was ${JSON.stringify(one.outcome)}`);
  return one;
}
