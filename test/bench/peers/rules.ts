// The decision rules of other tools at their defaults, re-implemented from short descriptions of them and not from their code, to be
// judged on the same boots. Only the rule: no retries, no filters, no history but the one given; a tool may do better than its line.
// Each takes base and head times of one metric (and, where the tool keeps a history, earlier runs) and says `flagged`.
import { studentUpperQuantile } from '../../../src/stats/normal.ts';
import { median, quantile } from '../../../src/stats/quantiles.ts';
import { type Random, randomFrom } from '../../../src/stats/random.ts';
import { mannWhitney } from './mann-whitney.ts';

export interface PeerSamples {
  readonly base: readonly number[];
  readonly head: readonly number[];
  /** Thirty earlier runs of base, ten boots each, oldest first. */
  readonly history: readonly (readonly number[])[];
  readonly seed: number;
}

export interface Peer {
  readonly name: string;
  readonly rule: string;
  readonly flags: (samples: PeerSamples) => boolean;
}

export const peers: readonly Peer[] = [
  {
    name: 'mean ratio',
    rule: 'mean of head / mean of base > 1.10',
    flags: ({ base, head }) => mean(head) / mean(base) > 1.1,
  },
  {
    name: 'Bencher, t',
    rule: 'mean of head above the 0.98 quantile of Student’s t of 30 earlier runs',
    flags: ({ head, history }) => {
      const runs = history.map(mean);
      return mean(head) > mean(runs) + studentUpperQuantile(0.02, runs.length - 1) * sd(runs);
    },
  },
  {
    name: 'rustc-perf',
    rule: 'relative change above the third quartile of the changes of 30 earlier runs plus 3 interquartile ranges',
    flags: ({ base, head, history }) => {
      const runs = history.map(mean);
      const changes = runs.slice(1).map((run, index) => Math.abs(run / (runs[index] as number) - 1));
      const [first, third] = [quantile(changes, 0.25), quantile(changes, 0.75)];
      return mean(head) / mean(base) - 1 > third + 3 * (third - first);
    },
  },
  {
    name: 'Criterion',
    rule: 'bootstrapped t test p < 0.05, and the 95 % interval of the change of means above +1 %',
    flags: criterion,
  },
  {
    name: 'benchstat',
    rule: 'Mann-Whitney, two-sided, p < 0.05',
    flags: ({ base, head }) => slower(base, head) && mannWhitney(head, base) < 0.05,
  },
  {
    name: 'asv',
    rule: 'ratio of medians > 1.1 and Mann-Whitney p < 0.002',
    flags: ({ base, head }) => median(head) / median(base) > 1.1 && mannWhitney(head, base) < 0.002,
  },
  {
    name: 'ClickHouse',
    rule: 'ratio of medians > 1.1 and above the 99.9 % quantile of random relabellings',
    flags: ({ base, head, seed }) => {
      const change = median(head) / median(base) - 1;
      return change > 0.1 && relabelled({ base, head, seed, statistic: median, draws: 1000, level: 0.001 }) <= 0.001;
    },
  },
  {
    name: 'Firecracker',
    rule: 'permutation test of means p < 0.01 and a change of at least 5 %',
    flags: ({ base, head, seed }) =>
      mean(head) / mean(base) - 1 >= 0.05 &&
      2 * relabelled({ base, head, seed, statistic: mean, draws: 1000, level: 0.01 }) < 0.01,
  },
];

/** One-sided p-value of the difference of a statistic under random relabelling; stops early once it is hopeless. */
function relabelled(input: {
  readonly base: readonly number[];
  readonly head: readonly number[];
  readonly seed: number;
  readonly statistic: (values: readonly number[]) => number;
  readonly draws: number;
  readonly level: number;
}): number {
  const { base, head, statistic, draws } = input;
  const random = randomFrom(input.seed);
  const observed = statistic(head) - statistic(base);
  const all = [...head, ...base];
  let reached = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    shuffle(all, random);
    if (statistic(all.slice(0, head.length)) - statistic(all.slice(head.length)) >= observed) reached += 1;
    if (reached > 2 * draws * input.level) return 1;
  }
  return (reached + 1) / (draws + 1);
}

function criterion({ base, head, seed }: PeerSamples): boolean {
  const random = randomFrom(seed);
  const draws = 1000;
  const observed = welch(head, base);
  if (observed <= 1.5) return false;
  const all = [...head, ...base];
  let reached = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    if (Math.abs(welch(drawn(all, head.length, random), drawn(all, base.length, random))) >= observed) reached += 1;
    if (reached > 0.05 * draws) return false;
  }
  const changes = Array.from(
    { length: draws },
    () => mean(drawn(head, head.length, random)) / mean(drawn(base, base.length, random)) - 1,
  );
  return quantile(changes, 0.025) > 0.01;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function sd(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

const slower = (base: readonly number[], head: readonly number[]): boolean => median(head) > median(base);

const welch = (x: readonly number[], y: readonly number[]): number =>
  (mean(x) - mean(y)) / Math.sqrt(sd(x) ** 2 / x.length + sd(y) ** 2 / y.length);

const drawn = (values: readonly number[], count: number, random: Random): number[] =>
  Array.from({ length: count }, () => values[Math.floor(random() * values.length)] as number);

function shuffle(values: number[], random: Random): void {
  for (let at = values.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [values[at], values[other]] = [values[other] as number, values[at] as number];
  }
}
