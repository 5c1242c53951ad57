// npm run bench:launcher -- [--pairs n] [--json]: whether a launcher's boots can be compared with built-in ones. Pairs of real boots of
// the reference guest, in turn: one started by a script written like the fork's, one by the built-in launch.
// Promise: the same phases, and the same time to SSH within 2 %: the interval of the ratio does not lie outside 0.98 to 1.02.
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Side } from '../../src/model/scenario.ts';
import { median } from '../../src/stats/quantiles.ts';
import { contrastsOf, lowerBound, upperBound } from '../../src/stats/rank-interval.ts';
import { commonPhases, launcherPair } from '../real/launcher-pair.ts';
import { finishBench } from './table.ts';

const nearest = [0.98, 1.02] as const;

interface Measured {
  readonly sshMs: number;
  readonly phases: ReadonlyMap<string, number>;
}

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const wanted = Number(values.pairs);
if (!Number.isInteger(wanted) || wanted < 1)
  throw new Error(`--pairs takes a whole number above 0, not ${values.pairs}`);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort(new Error(name)));
const loadBefore = loadavg()[0] ?? 0;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

await using pair = await launcherPair(interrupted.signal, (event) => {
  if (event.kind === 'note') say(event.text);
});
const script: Measured[] = [];
const builtIn: Measured[] = [];
// One of each that is not counted: files come into the page cache, code is compiled.
await measure('base', 0);
await measure('head', 0);
for (let round = 1; round <= wanted && !interrupted.signal.aborted; round += 1) {
  const order: readonly [Side, Side] = round % 2 === 0 ? ['head', 'base'] : ['base', 'head'];
  try {
    const [first, second] = [await measure(order[0], round), await measure(order[1], round)];
    script.push(order[0] === 'head' ? first : second);
    builtIn.push(order[0] === 'head' ? second : first);
  } catch (error) {
    // What was measured before an interruption is shown.
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- the signal may come while it boots
    if (interrupted.signal.aborted) break;
    throw error;
  }
  const [one, other] = [script, builtIn].map((list) => list.at(-1)?.sshMs.toFixed(0));
  say(`pair ${round} of ${wanted}: ${one} ms by the script, ${other} ms built-in`);
}
if (script.length === 0) throw new Error('no pair was measured');

const logs = (list: readonly Measured[]): number[] => list.map(({ sshMs }) => Math.log(sshMs));
const contrasts = contrastsOf(logs(script), logs(builtIn), 'rounds');
const [low, ratio, high] = [lowerBound(contrasts, 0.025), contrasts.estimate, upperBound(contrasts, 0.025)].map(
  Math.exp,
) as [number, number, number];
const namesOf = ({ phases }: Measured): string => [...phases.keys()].join(' ');
const kinds = [...new Set([...script, ...builtIn].map(namesOf))];
const medianOf = (list: readonly Measured[], name: string): number =>
  Math.round(median(list.map(({ phases }) => phases.get(name) ?? 0)));

finishBench(
  {
    name: 'The reference guest started by a script and by the built-in launch, medians in ms',
    columns: ['what', 'script', 'built-in'],
    rows: [
      ['time to SSH', ...[script, builtIn].map((list) => Math.round(median(list.map(({ sshMs }) => sshMs))))],
      ...(kinds[0] ?? '').split(' ').map((name) => [name, medianOf(script, name), medianOf(builtIn, name)]),
    ],
    promises: [
      {
        what: `the interval of the ratio script / built-in does not lie outside ${nearest.join(' to ')}`,
        measured: `${ratio.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)} over ${script.length} pairs`,
        met: low <= nearest[1] && high >= nearest[0],
      },
      { what: 'all boots go through the same phases', measured: kinds.join('; '), met: kinds.length === 1 },
    ],
    notes: [
      ...(script.length < 6 ? ['fewer than 6 pairs have no 95 % interval'] : []),
      ...(loadBefore > availableParallelism() / 4
        ? [`the load average was ${loadBefore.toFixed(1)} before: a busy machine makes boots uneven`]
        : []),
    ],
    data: { script: script.map(plain), builtIn: builtIn.map(plain) },
  },
  values.json ? 'json' : 'table',
);

async function measure(side: Side, round: number): Promise<Measured> {
  const { boot, timeline } = await pair.boot(side, round);
  interrupted.signal.throwIfAborted();
  if (boot.outcome.kind !== 'ready') throw new Error(`a boot (${side}) was ${JSON.stringify(boot.outcome)}`);
  return { sshMs: timeline.endNs / 1e6, phases: commonPhases(timeline) };
}

function plain({ sshMs, phases }: Measured): object {
  return { sshMs, phases: Object.fromEntries(phases) };
}
