// npm run bench:vulkan-overhead -- [--pairs n] [--json]: what probing for Vulkan costs a boot. Pairs of boots with Venus, in turn: one
// probed as a run probes it, one that nobody asks anything. Both are timed by their own console, to the login prompt: most of the
// probing comes after that moment and cannot cost it anything, which the notes tell in milliseconds.
// Promise: the interval of the ratio does not lie above 1.01.
import { parseArgs } from 'node:util';
import { launch } from '../../src/qemu/launch.ts';
import { median } from '../../src/stats/quantiles.ts';
import { contrastsOf, lowerBound, upperBound } from '../../src/stats/rank-interval.ts';
import { bootCase, casePlan, vulkanCases } from '../real/vulkan-cases.ts';
import { finishBench } from './table.ts';

const promisedRatio = 1.01;
const prompt = ' login:';
const limitMs = 120_000;

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`--pairs takes a whole number above 0, not ${values.pairs}`);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort(new Error(name)));
const venus = vulkanCases.find(({ name }) => name === 'venus');
if (venus === undefined) throw new Error('there is no case named venus');

const probed: number[] = [];
const alone: number[] = [];
/** How long before its prompt a guest was first asked over SSH, and about Vulkan; negative: after it. */
const asked = { login: [] as number[], vulkan: [] as number[] };
// One of each that is not counted: files come into the page cache, code is compiled.
await bootAlone();
await bootProbed();
for (const leads of Object.values(asked)) leads.length = 0;
for (let pair = 1; pair <= pairs; pair += 1) {
  const order = pair % 2 === 0 ? [bootProbed, bootAlone] : [bootAlone, bootProbed];
  const [first, second] = [await order[0]?.(), await order[1]?.()] as [number, number];
  probed.push(pair % 2 === 0 ? first : second);
  alone.push(pair % 2 === 0 ? second : first);
  process.stderr.write(
    `pair ${pair} of ${pairs}: ${probed.at(-1)?.toFixed(0)} ms probed, ${alone.at(-1)?.toFixed(0)} ms alone\n`,
  );
}
const logs = (times: readonly number[]): number[] => times.map(Math.log);
const contrasts = contrastsOf(logs(probed), logs(alone), 'rounds');
const [low, ratio, high] = [lowerBound(contrasts, 0.025), contrasts.estimate, upperBound(contrasts, 0.025)].map(
  Math.exp,
) as [number, number, number];
finishBench(
  {
    name: 'What probing for Vulkan costs a boot with Venus, to the login prompt',
    columns: ['boots', 'count', 'median ms'],
    rows: [
      ['probed', probed.length, Math.round(median(probed))],
      ['alone', alone.length, Math.round(median(alone))],
    ],
    promises: [
      {
        what: `the interval of the ratio does not lie above ${promisedRatio}`,
        measured: `${ratio.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)} over ${pairs} pairs`,
        // Too few pairs have an interval without ends, which promises nothing.
        met: Number.isFinite(high) && low <= promisedRatio,
      },
    ],
    notes: [
      ...(pairs < 6 ? ['fewer than 6 pairs have no 95 % interval'] : []),
      `before its prompt, in the median, a guest was asked to log in by ${Math.round(median(asked.login))} ms, about Vulkan by ${Math.round(median(asked.vulkan))} ms (negative: after it)`,
    ],
    data: { probed, alone, asked },
  },
  values.json ? 'json' : 'table',
);

async function bootProbed(): Promise<number> {
  const { boot } = await bootCase(
    venus as NonNullable<typeof venus>,
    // Not the first round: in that one a run also reads the driver's profile, once the boot is over.
    { number: 2, side: 'head', round: 2 },
    interrupted.signal,
  );
  if (boot.outcome.kind !== 'ready') throw new Error(`a probed boot was ${JSON.stringify(boot.outcome)}`);
  const text = Buffer.from(boot.console.bytes).toString('latin1');
  const end = text.indexOf(prompt) + prompt.length;
  const read = boot.console.reads.findLast(({ offset }) => offset < end);
  if (end < prompt.length || read === undefined) throw new Error('a probed boot showed no login prompt');
  // The login begins with the banner.
  const bannerNs = boot.probes.find(({ outcome }) => outcome === 'banner')?.atNs ?? Number.NaN;
  const askedNs = boot.probes.find(({ probe }) => probe === 'time-to-vulkan')?.startedNs ?? Number.NaN;
  asked.login.push((read.atNs - bannerNs) / 1e6);
  asked.vulkan.push((read.atNs - askedNs) / 1e6);
  return read.atNs / 1e6;
}

async function bootAlone(): Promise<number> {
  const plan = await casePlan(venus as NonNullable<typeof venus>, interrupted.signal);
  await using vm = await launch(plan, { signal: interrupted.signal });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => reject(new Error('a boot showed no login prompt in time')), limitMs);
  let text = '';
  vm.console.onRead((bytes, atNs) => {
    text = (text + Buffer.from(bytes).toString('latin1')).slice(-65_536);
    if (text.includes(prompt)) resolve(atNs / 1e6);
  });
  void vm.exited.then(() => reject(new Error(`QEMU ended: ${vm.stderr()}`)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
