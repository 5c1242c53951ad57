// npm run bench:stop-rule -- [--json]: what reading and judging cost a run of 100 boots with consoles of 100 KB. Promises: each console
// is read once, and neither reading nor judging keeps the event loop, which stamps consoles, for more than 20 ms at a time.
// Blocking is counted in processor time of this thread, so that neighbours on the machine do not count.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { analyzeInFull, stopRule } from '../../src/analyze.ts';
import type { Boot, Console } from '../../src/model/boot.ts';
import type { Scenario, Side } from '../../src/model/scenario.ts';
import type { ReadBoot } from '../../src/model/timeline.ts';
import { readBoot } from '../../src/recording/read-boot.ts';
import { roundSlots } from '../../src/recording/schedule.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
} from '../examples/run.ts';
import { finishBench } from './table.ts';

const pairs = 50;
const consoleBytes = 100_000;
const longestMs = 20;
const sides: readonly Side[] = ['base', 'head'];
const rule = { gate: true, tolerate: 0, limit: 0.01, floor: 50, max: null };
const scenario: Scenario = {
  ...exampleScenario,
  base: exampleScenario.head,
  // A limit this narrow is not settled in these boots: the rule judges after every round.
  metrics: { 'time-to-ssh': rule, 'time-to-login': rule, 'cpu-time': rule },
  sampling: { ...exampleScenario.sampling, boots: 6, maxBoots: 2 * pairs },
};
const normal = normalFrom(randomFrom(1));

/** Kernel and service lines as a verbose Alpine prints them, one read each, until the console is full. */
function longConsole(bannerNs: number): Console {
  const lines: string[] = [];
  let length = 0;
  for (let line = 1; length < consoleBytes; line += 1) {
    const text =
      line % 12 === 0
        ? ` * Starting service${line % 600} ... [ ok ]\r\n`
        : `[    ${(line / 200).toFixed(6)}] virtio_net virtio${line % 7}: message ${line} of a driver, with some detail\r\n`;
    lines.push(text);
    length += text.length;
  }
  let offset = 0;
  const reads = lines.map((text, index) => {
    const read = { offset, atNs: Math.round((bannerNs * index) / lines.length) };
    offset += text.length;
    return read;
  });
  return { bytes: new TextEncoder().encode(lines.join('')), reads, droppedBytes: 0 };
}

const opened = new Map<number, number>();

/** A boot that counts how often its console's bytes are asked for. */
function countedBoot(number: number, side: Side, round: number): Boot {
  const boot = exampleBoot(number, 9000 * Math.exp(0.03 * normal()), { side, round });
  const endNs = boot.probes[0]?.atNs ?? 0;
  const usage = Array.from({ length: 100 }, (_, index) => {
    const atNs = (endNs * (index + 1)) / 100;
    return { atNs, cpuNs: atNs * (1 + 0.03 * normal()), rssBytes: 512 * 2 ** 20 };
  });
  const { bytes, ...rest } = longConsole(endNs);
  const console = {
    ...rest,
    get bytes() {
      opened.set(number, (opened.get(number) ?? 0) + 1);
      return bytes;
    },
  };
  return { ...boot, console, usage };
}

/** Processor time of this thread; ms. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

interface Blocking {
  longest: number;
  total: number;
}

/** Runs work while it looks, in every turn of the event loop, for how long this thread was kept from the turn. */
async function blocking<T>(into: Blocking, work: () => T | Promise<T>): Promise<T> {
  const state = { done: false };
  let last = threadMs();
  const look = (): void => {
    const now = threadMs();
    into.longest = Math.max(into.longest, now - last);
    into.total += now - last;
    last = now;
  };
  const watching = (async () => {
    while (!state.done) {
      await nextTurn();
      look();
    }
  })();
  const result = await work();
  look();
  state.done = true;
  await watching;
  return result;
}

const markers = markerProfileOf(scenario);
const conditions = { head: exampleConditions, base: exampleConditions };
const [reading, judging, reporting]: Blocking[] = Array.from({ length: 3 }, () => ({ longest: 0, total: 0 })) as [
  Blocking,
  Blocking,
  Blocking,
];
const read: ReadBoot[] = [];
const looks: number[] = [];
for (let round = 1; round <= pairs; round += 1) {
  for (const slot of roundSlots(sides, round, 1)) {
    const boot = countedBoot(read.length + 1, slot.side, round);
    read.push(await blocking(reading as Blocking, () => readBoot(boot, markers)));
  }
  const recorded = exampleRecordedScenario(
    read.map(({ boot }) => boot),
    { scenario, conditions },
  );
  const look: Blocking = { longest: 0, total: 0 };
  await blocking(look, () => stopRule(recorded, read));
  looks.push(look.total);
  (judging as Blocking).longest = Math.max((judging as Blocking).longest, look.longest);
  (judging as Blocking).total += look.total;
}
const whileRecording = new Map(opened);
const once = new Map<number, number>();
opened.clear();
await readBoot(countedBoot(0, 'head', 1), markers);
for (const [number, count] of whileRecording) once.set(number, count / (opened.get(0) ?? Number.NaN));
const run = exampleRun([
  exampleRecordedScenario(
    read.map(({ boot }) => boot),
    { scenario, conditions },
  ),
]);
await blocking(reporting as Blocking, () => analyzeInFull(run, [read]));

const worstReads = Math.max(...once.values());
const rows = (
  [
    ['reading a boot', reading],
    ['judging after a round', judging],
    ['the report at the end', reporting],
  ] as [string, Blocking][]
).map(([what, { longest, total }]): [string, number, number] => [what, round1(longest), Math.round(total)]);
const within = (what: string, { longest }: Blocking) => ({
  what: `${what} keeps the event loop at most ${longestMs} ms`,
  measured: `${longest.toFixed(1)} ms`,
  met: longest <= longestMs,
});
finishBench(
  {
    name: `Reading and judging ${2 * pairs} boots with consoles of ${consoleBytes / 1000} KB`,
    columns: ['work', 'longest turn, CPU ms', 'total, CPU ms'],
    rows,
    promises: [
      { what: 'each boot is read once while a run lasts', measured: `${worstReads} reads`, met: worstReads === 1 },
      within('reading', reading as Blocking),
      within('judging', judging as Blocking),
    ],
    notes: ['The report is made when no guest runs any more.'],
    data: { rows, looks, reads: [...once] },
  },
  process.argv.includes('--json') ? 'json' : 'table',
);

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}
