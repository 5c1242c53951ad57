// How a ready guest responds: round trips over its SSH connection, and what a small program in the guest finds out about timers, the
// root disk, process starts and arithmetic. Boots can be fast and guests sluggish; no time to readiness shows that.
import type { Boot } from '../model/boot.ts';
import type { Warning } from '../model/comparison.ts';
import type { Measurement } from '../model/metric.ts';
import { lastLine, printable } from '../model/plain-text.ts';
import { awaitsSsh } from '../model/readiness.ts';
import { type Response, type Responsiveness, responseSchema } from '../model/responsiveness.ts';
import type { MetricRule, Scenario } from '../model/scenario.ts';
import { formatCount } from '../model/units.ts';
import { median, quantile } from '../stats/quantiles.ts';
import { bringProgram, programText } from './guest-shell.ts';
import { programs } from './meter/programs.ts';
import { type GuestProgram, gating, type Probe, type RecordedGuest } from './probe.ts';

/** What is a matter of milliseconds may grow by half before anybody feels it; its tail is noisier. */
const quick: MetricRule = { ...gating, limit: 0.5, floor: 0.1 };
const tail: MetricRule = { ...quick, limit: 1 };
/** Few gate without being asked to: each one that does makes all of them harder to settle. */
const telling = (rule: MetricRule): MetricRule => ({ ...rule, gate: false });

interface Figure {
  readonly of: Response;
  readonly value: (samples: readonly number[]) => number;
  readonly rule: MetricRule;
  readonly meaning: string;
}

const p99 = (samples: readonly number[]): number => quantile(samples, 0.99);
const longest = (samples: readonly number[]): number => Math.max(...samples);
const roundTrip = 'one byte to a program in the guest and back, over the open SSH connection';
const afterIdle = 'a round trip over SSH right after 5 s in which nothing was sent';

const figures: Readonly<Record<string, Figure>> = {
  'round-trip': { of: 'round-trip', value: median, rule: quick, meaning: `${roundTrip}: median` },
  'round-trip-p99': { of: 'round-trip', value: p99, rule: tail, meaning: `${roundTrip}: all but one in a hundred` },
  'round-trip-longest': {
    of: 'round-trip',
    value: longest,
    rule: telling(tail),
    meaning: `${roundTrip}: the longest of 200`,
  },
  'idle-round-trip': { of: 'idle-round-trip', value: median, rule: quick, meaning: `${afterIdle}: median of 50` },
  'idle-round-trip-p99': {
    of: 'idle-round-trip',
    value: p99,
    rule: telling(tail),
    meaning: `${afterIdle}: 99 % of 50`,
  },
  'idle-round-trip-longest': {
    of: 'idle-round-trip',
    value: longest,
    rule: telling(tail),
    meaning: `${afterIdle}: the longest`,
  },
  'timer-late-p99': {
    ...{ of: 'timer', value: p99, rule: tail },
    meaning: 'how late a program in the guest wakes from a sleep of 2 ms: all but one in a hundred',
  },
  fsync: { of: 'fsync', value: median, rule: quick, meaning: "4 KiB written to the root disk and fsync'ed: median" },
  'fsync-p99': {
    of: 'fsync',
    value: p99,
    rule: telling(tail),
    meaning: "4 KiB written to the root disk and fsync'ed: 99 % of 60",
  },
  'disk-read': {
    ...{ of: 'read', value: median, rule: telling({ ...quick, floor: 1 }) },
    meaning: '8 MiB read in a row from the root disk, nothing of it in the memory of the guest: median of 5',
  },
  'process-start': {
    ...{ of: 'start', value: median, rule: telling({ ...quick, limit: 0.25, floor: 0.05 }) },
    meaning: 'start and end of a small program in the guest: median of 100',
  },
  'cpu-work': {
    ...{ of: 'work', value: median, rule: telling({ ...quick, limit: 0.1, floor: 1 }) },
    meaning: 'arithmetic of a fixed size in the guest: median of 7',
  },
};

export const responseMetrics: readonly string[] = Object.keys(figures);

export const responsiveness: Probe = {
  name: 'responsiveness',
  metrics: Object.entries(figures).map(([name, { rule, meaning }]) => ({
    ...{ name, unit: 'ms' as const, meaning, rule },
    onlyWhenNamed: true,
  })),
  asked: (_, scenario) => isAsked(scenario),
  async later(guest) {
    guest.facts.responsiveness = await ask(guest);
  },
  measure,
};

/** Boots with a verbose console explain alone. */
const isAsked = (scenario: Scenario): boolean =>
  scenario.responsiveness !== undefined && scenario.profile === 'timing' && awaitsSsh(scenario);

function measure({ responsiveness: facts, outcome }: Boot, metric: string): Measurement {
  const figure = figures[metric] as Figure;
  const samples = facts?.samples[figure.of];
  if (samples !== undefined) return { value: figure.value(samples) / 1000, resolution: 0 };
  const nothing = { value: null, resolution: 0 };
  return outcome.kind === 'ready' ? { ...nothing, unknown: true } : nothing;
}

type Samples = { -readonly [Name in Response]?: number[] };

/** Whatever keeps it from being measured is told for what had not been measured by then. */
async function ask(guest: RecordedGuest): Promise<Responsiveness> {
  const samples: Samples = {};
  const missing: { [Name in Response]?: string } = {};
  const reason = await measureAll(guest, samples, missing).then(
    () => '',
    (error: Error) => (guest.signal.aborted ? 'there was no time left for it' : printable(error.message)),
  );
  for (const name of responseSchema.options) if (!samples[name]) missing[name] ??= reason;
  return { samples, missing };
}

async function measureAll(
  guest: RecordedGuest,
  samples: Samples,
  missing: { [Name in Response]?: string },
): Promise<void> {
  await using meter = await startMeter(guest);
  for (let count = 0; count < ignoredTrips; count += 1) await tripUs(meter, guest);
  samples['round-trip'] = await trips(meter, guest, { count: 200, limitNs: 2.5e9 });
  await guest.pause(idleMs);
  samples['idle-round-trip'] = await trips(meter, guest, { count: 50, limitNs: 1.5e9 });
  for (const [name, letter] of steps) {
    meter.write(letter);
    const said = readSamples((await until(meter, (text) => text.endsWith('\n'))).text);
    if (typeof said === 'string') missing[name] = said;
    else samples[name] = said;
  }
  // Its file is removed before its end is told.
  meter.write('q');
  await meter.read();
}

/** What the meter is asked by which letter. The disk last: it is what hangs for long. */
const steps: readonly (readonly [Response, string])[] = [
  ['timer', 't'],
  ['work', 'c'],
  ['start', 'p'],
  ['fsync', 'f'],
  ['read', 'r'],
];
/** The first ones find the way: pages that were never touched, code that was never run. */
const ignoredTrips = 3;
const idleMs = 5000;
const longestAnswer = 64 * 1024;

async function startMeter(guest: RecordedGuest): Promise<GuestProgram> {
  const session = await guest.session();
  const stdin = await programText(programs[guest.architecture]);
  const brought = await session.run(`${bringProgram}\necho "$program"`, { stdin, timeoutMs: 10_000 });
  const path = lastLine(brought.stdout);
  if (brought.exitCode !== 0 || !/^[\w./-]{1,300}$/.test(path))
    throw new Error(
      lastLine(brought.stderr).replaceAll(/bg-run-\w{6}/g, 'bg-run') ||
        `bringing the program ended with exit status ${brought.exitCode}`,
    );
  // The file stays while it runs: it starts itself to measure process starts.
  const meter = await session.start(`"${path}" /var/tmp "$HOME" /; status=$?; rm -f "${path}"; exit $status`);
  // Scripts of the guest's shell may have their say before.
  await until(meter, (text) => /(?:^|\n)ready\n$/.test(text));
  return meter;
}

interface Most {
  readonly count: number;
  readonly limitNs: number;
}

async function trips(meter: GuestProgram, guest: RecordedGuest, { count, limitNs }: Most): Promise<number[]> {
  const begunNs = guest.nowNs();
  const all: number[] = [];
  while (all.length < count && guest.nowNs() - begunNs < limitNs) all.push(await tripUs(meter, guest));
  return all;
}

async function tripUs(meter: GuestProgram, guest: RecordedGuest): Promise<number> {
  const startedNs = guest.nowNs();
  meter.write('.');
  const { atNs } = await until(meter, (text) => text === '.');
  return Math.round((atNs - startedNs) / 1000);
}

/** What the guest says next, up to where it is enough, and when the last of it came. */
async function until(meter: GuestProgram, isEnough: (text: string) => boolean) {
  for (let text = ''; text.length < longestAnswer; ) {
    const read = await meter.read();
    if (read === null)
      throw new Error(`the program in the guest ended: ${lastLine(meter.complaint()) || 'no reason given'}`);
    text += read.text;
    if (isEnough(text)) return { text, atNs: read.atNs };
  }
  throw new Error('the guest answers without an end');
}

/** The samples that a line of the meter holds, or why there are none. Pure. */
export function readSamples(answer: string): number[] | string {
  const [, samples = '', error, what = ''] =
    /^[a-z]+((?: \d{1,10})*)(?: failed (\d{1,5}) ([a-z]+))?$/.exec(answer.trimEnd()) ?? [];
  if (error !== undefined) return errors[Number(error)] ?? `${what} failed with error ${error}`;
  if (samples === '') return `the program in the guest answered ${printable(answer.slice(0, 80))}`;
  return samples.trim().split(' ').map(Number);
}

/** Error numbers of Linux. */
const errors: Readonly<Record<number, string>> = {
  1: 'not permitted',
  2: "none of /var/tmp, the user's home and / lies on a disk",
  5: 'the disk has an input or output error',
  13: 'not permitted',
  28: 'the disk is full',
  30: 'the disk can only be read',
  122: 'the disk quota is used up',
};

interface Recorded {
  readonly scenario: Scenario;
  readonly boots: readonly Boot[];
}

/** What was to be measured and was not, in how many boots, and why. */
export function responseWarnings({ scenario, boots }: Recorded): Warning[] {
  if (!isAsked(scenario)) return [];
  const reasons = new Map<string, { names: Set<string>; boots: Set<number> }>();
  for (const { number, side, warmup, outcome, responsiveness: facts } of boots) {
    if (warmup || outcome.kind !== 'ready') continue;
    const all = responseSchema.options.map((name) => [name, 'nobody can log in to this guest']);
    for (const [name = '', why] of facts === undefined ? all : Object.entries(facts.missing)) {
      const key = `${side}: ${why}`;
      const one = reasons.get(key) ?? { names: new Set(), boots: new Set() };
      one.names.add(name);
      one.boots.add(number);
      reasons.set(key, one);
    }
  }
  return [...reasons].map(([key, { names, boots: numbers }]) => {
    const what = names.size === responseSchema.options.length ? 'nothing was' : `no ${[...names].join(', ')} was`;
    const text = `responsiveness: ${what} measured in ${formatCount(numbers.size, 'boot')} of ${key}`;
    return { code: 'not-measured', text };
  });
}
