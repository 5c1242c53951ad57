// Every rule on the very same boots: 10 + 10 for the others; Bootgauge sees the same boots first and may go on to 24 pairs,
// or, against a stored baseline, judges head's ten boots by the last twenty of the thirty earlier runs.
import { judge } from '../../../src/verdict/judge.ts';
import type { JudgeInput } from '../../../src/verdict/judge-input.ts';
import { shouldStop } from '../../../src/verdict/stop-rule.ts';
import { pairedInput, sampleScenario, sampleSeries, sampleSession } from '../../verdict/samples.ts';
import { machineSession, type Noise, quiet } from '../verdict-noise.ts';
import { peers } from './rules.ts';

export interface Duel {
  readonly id: string;
  readonly title: string;
  /** session: ten boots of base, then ten of head. stored: two sessions. interleaved: AB BA AB ... */
  readonly order: 'session' | 'stored' | 'interleaved';
  readonly effect: number;
}

export const duels: readonly Duel[] = [
  { id: 'same-session', title: 'no change, one after the other', order: 'session', effect: 0 },
  { id: 'stored', title: 'no change, stored', order: 'stored', effect: 0 },
  { id: 'interleaved', title: 'no change, interleaved', order: 'interleaved', effect: 0 },
  { id: 'up5', title: '+5 %, interleaved', order: 'interleaved', effect: 0.05 },
  { id: 'up10', title: '+10 %, interleaved', order: 'interleaved', effect: 0.1 },
];

/** How often each rule flags, by name; the mean number of pairs that Bootgauge took. */
export interface DuelTally {
  readonly reports: number;
  readonly flags: Readonly<Record<string, number>>;
  readonly rounds: number;
}

const tail: Noise = { ...quiet, shape: 'tail' };
const moody: Noise = { ...tail, sessionSd: 0.02 };
const boots = 10;
const most = 24;

export function fight({ order, effect }: Duel, from: number, to: number): DuelTally {
  const flags: Record<string, number> = Object.fromEntries(
    [...peers.map(({ name }) => name), 'Bootgauge'].map((name) => [name, 0]),
  );
  let rounds = 0;
  const hit = (name: string): void => {
    flags[name] = (flags[name] ?? 0) + 1;
  };
  for (let trial = from; trial < to; trial += 1) {
    const seed = Math.imul(trial + 1, 2654435761);
    const noise = order === 'stored' ? moody : tail;
    const here = timesOf(noise, seed);
    const there = order === 'stored' ? timesOf(noise, seed + 1) : here;
    const history = Array.from({ length: 30 }, (_, run) => take(timesOf(noise, seed + 2 + run), boots));
    const { base, head } = order === 'interleaved' ? interleaved(here, effect) : inTurn(there, here, effect);
    const first = { base: base.slice(0, boots), head: head.slice(0, boots) };
    for (const { name, flags: flagged } of peers) if (flagged({ ...first, history, seed })) hit(name);
    const input = order === 'stored' ? storedInput(first.head, history) : sequentialInput(head, base);
    rounds += input.head[0]?.samples.length ?? 0;
    const { word } = judge(input).verdict;
    if (word === 'slower' || word === 'failed') hit('Bootgauge');
  }
  return { reports: to - from, flags, rounds };
}

function interleaved(next: () => number, effect: number) {
  const [base, head]: [number[], number[]] = [[], []];
  for (let round = 0; round < most; round += 1) {
    if (round % 2 === 1) head.push(next() * (1 + effect));
    base.push(next());
    if (round % 2 === 0) head.push(next() * (1 + effect));
  }
  return { base, head };
}

const inTurn = (baseNext: () => number, headNext: () => number, effect: number) => ({
  base: take(baseNext, most),
  head: take(headNext, most).map((value) => value * (1 + effect)),
});

function sequentialInput(head: readonly number[], base: readonly number[]): JudgeInput {
  for (let rounds = 5; ; rounds += 1) {
    const input = pairedInput(head.slice(0, rounds), base.slice(0, rounds), {
      scenario: sampleScenario({ boots: 5, maxBoots: most }),
    });
    if (rounds === most || shouldStop(input).decision === 'enough') return input;
  }
}

const storedInput = (head: readonly number[], history: readonly (readonly number[])[]): JudgeInput => ({
  ...pairedInput(head, []),
  head: [sampleSeries('head', head)],
  base: null,
  sessions: history.slice(-20).map((values, run) => sampleSession(`run-${run}`, { 'time-to-ssh': values })),
});

function timesOf(noise: Noise, seed: number): () => number {
  const boot = machineSession(noise, 1, seed);
  return () => 9000 * (boot()[0] as number);
}

const take = (next: () => number, count: number): number[] => Array.from({ length: count }, () => next());
