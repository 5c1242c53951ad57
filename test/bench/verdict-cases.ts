// What is simulated: every figure that the decision rule promises, one case each.
import { type Noise, quiet } from './verdict-noise.ts';

export interface Case {
  readonly id: string;
  readonly title: string;
  readonly mode: 'paired' | 'stored';
  readonly noise: Noise;
  readonly metrics: number;
  /** Slowdown of head, a fraction. */
  readonly effect: number;
  /** What else became of head's boots. */
  readonly head?: HeadShape;
  /** Rounds before the first look, and at most. Equal: one look. */
  readonly first: number;
  readonly most: number;
  /** Sessions of the baseline: compared with when stored, and what tells the spread of boots when paired. */
  readonly sessions: number;
  /** CV of the baseline's boots where it is another one. */
  readonly knownCv?: number;
  /** Boots have phases, and time-to-ssh is their sum. */
  readonly phased?: boolean;
  /** Period of the probe: values are stamped on its grid. */
  readonly gridMs?: number;
}

/** Shares of head's boots that take longer by a factor, or fail; how many times as wide all of them spread. */
export interface HeadShape {
  readonly slowShare?: number;
  readonly slowBy?: number;
  readonly failShare?: number;
  readonly spread?: number;
  /** What the first phase takes longer, ms. */
  readonly phaseMs?: number;
}

const paired = { mode: 'paired', metrics: 1, effect: 0, first: 5, most: 24, sessions: 0 } as const;
const tail: Noise = { ...quiet, shape: 'tail' };

export const unchangedCases: readonly Case[] = [
  { ...paired, id: 'aa-normal', title: 'log-normal, CV 3 %', noise: quiet },
  { ...paired, id: 'aa-noisy', title: 'log-normal, CV 10 %', noise: { ...quiet, cv: 0.1 } },
  { ...paired, id: 'aa-tail', title: 'CV 3 %, 5 % right tail', noise: tail },
  { ...paired, id: 'aa-drift', title: 'CV 3 %, drift of 5 % over 48 boots', noise: { ...quiet, drift: 0.05 } },
  { ...paired, id: 'aa-steep', title: 'CV 3 %, drift of 30 % over 48 boots', noise: { ...quiet, drift: 0.3 } },
  {
    ...paired,
    id: 'aa-spells',
    title: 'CV 3 %, spells of six boots that are 15 % slower',
    noise: { ...quiet, spells: 0.05 },
  },
  { ...paired, id: 'aa-bimodal', title: 'CV 3 %, two modes 80/20', noise: { ...quiet, shape: 'bimodal' } },
  { ...paired, id: 'aa-ten', title: 'ten independent metrics', noise: { ...quiet, common: 0 }, metrics: 10 },
  {
    ...paired,
    id: 'aa-ten-alike',
    title: 'ten metrics that move together',
    noise: { ...tail, common: 0.9 },
    metrics: 10,
  },
  { ...paired, id: 'aa-flaky', title: '1 % flaky boots on both sides', noise: { ...tail, flaky: 0.01 } },
  { ...paired, id: 'aa-flaky-5', title: '5 % flaky boots on both sides', noise: { ...tail, flaky: 0.05 } },
  { ...stored(5), id: 'aa-stored-5', title: 'stored, 5 sessions, session SD 2 %' },
  { ...stored(20), id: 'aa-stored-20', title: 'stored, 20 sessions, session SD 2 %' },
  { ...paired, id: 'aa-phases', title: 'eight phases, CV 10 %', noise: { ...quiet, cv: 0.1 }, phased: true },
  { ...paired, id: 'aa-phases-wild', title: 'eight phases, CV 50 %', noise: { ...quiet, cv: 0.5 }, phased: true },
  {
    ...stored(20),
    ...{ id: 'aa-stored-noisy', title: 'stored, 20 sessions, session SD 2 %, CV 10 %, 5 to 24 boots' },
    ...{ noise: { ...quiet, cv: 0.1, sessionSd: 0.02 }, first: 5, most: 24 },
  },
];

/** The machine's own boots of earlier days tell the spread: 8 sessions of 10 boots. */
const known = { ...paired, sessions: 8 } as const;
export const knownCases: readonly Case[] = [
  { ...known, id: 'aa-known', title: 'CV 3 %, spread known', noise: quiet },
  { ...known, id: 'aa-known-tail', title: 'CV 3 %, 5 % right tail, spread known', noise: tail },
  { ...known, id: 'aa-known-modes', title: 'two modes 80/20, spread known', noise: { ...quiet, shape: 'bimodal' } },
  {
    ...known,
    id: 'aa-known-quiet',
    title: 'a history three times too quiet',
    noise: { ...quiet, cv: 0.09 },
    knownCv: 0.03,
  },
  { ...known, id: 'aa-known-four', title: 'at most four pairs, spread known', noise: quiet, most: 4 },
  { ...known, id: 'aa-known-spells', title: 'spells of 15 %, spread known', noise: { ...quiet, spells: 0.05 } },
  { ...known, id: 'up5-known', title: '+5 %, CV 3 %, spread known', noise: quiet, effect: 0.05 },
  {
    ...known,
    id: 'up12-known-four',
    title: '+12 %, at most four pairs, spread known',
    noise: quiet,
    effect: 0.12,
    most: 4,
  },
];

export const changedCases: readonly Case[] = [
  { ...paired, id: 'up5-normal', title: '+5 %, log-normal, CV 3 %', noise: quiet, effect: 0.05 },
  { ...paired, id: 'up5-tail', title: '+5 %, CV 3 %, 5 % right tail', noise: tail, effect: 0.05 },
  { ...paired, id: 'up5-four', title: '+5 %, tail, the four default metrics', noise: tail, metrics: 4, effect: 0.05 },
  { ...paired, id: 'up10-tail', title: '+10 %, CV 3 %, 5 % right tail', noise: tail, effect: 0.1 },
  { ...stored(5), id: 'up14-stored-5', title: '+14 %, stored, 5 sessions', effect: 0.14 },
  { ...stored(20), id: 'up9-stored-20', title: '+9 %, stored, 20 sessions', effect: 0.09 },
];

/** A job of the host in step with the rounds of a fixed order: more is let pass here. */
export const periodicCases: readonly Case[] = [
  { ...paired, id: 'aa-period-4', title: 'every 4th boot disturbed by 20 %', noise: { ...quiet, period: 4 } },
  { ...paired, id: 'aa-period-3', title: 'every 3rd boot disturbed by 20 %', noise: { ...quiet, period: 3 } },
];

/** The middle stays where it was; none of these may be called the same. */
export const shapeCases: readonly Case[] = [
  ...[1.4, 2, 10].map(
    (slowBy): Case => ({
      ...{ ...paired, id: `slow-30-${slowBy}`, noise: quiet, head: { slowShare: 0.3, slowBy } },
      title: `30 % of head's boots take ${slowBy} times as long`,
    }),
  ),
  { ...paired, id: 'wide-4', title: "head's boots spread four times as wide", noise: quiet, head: { spread: 4 } },
  ...[0.2, 0.3, 0.5].map(
    (failShare): Case => ({
      ...{ ...paired, id: `fail-${100 * failShare}`, noise: quiet, head: { failShare } },
      title: `${100 * failShare} % of head's boots fail`,
    }),
  ),
];

/** 300 ms more in one phase of 580 ms, in a boot of nine seconds: in the plan of 24 pairs, and in one of eight. */
export const phaseCases: readonly Case[] = [24, 8].map((most) => ({
  ...{ ...paired, id: `phase-${most}`, noise: quiet, phased: true, head: { phaseMs: 300 }, most },
  title: `+300 ms in one phase, at most ${most} pairs`,
}));

/** Stamps that are coarser than boots differ. */
export const gridCases: readonly Case[] = [0, 0.05].map((effect) => ({
  ...{ ...paired, id: `grid-${effect}`, noise: quiet, effect, gridMs: 1000 },
  title: `${effect === 0 ? 'nothing changed' : '+5 %'}, stamped on a grid of 1 s`,
}));

/** For an effect between nothing and the limit either word may come: the curve that the README shows. */
export const curveCases: readonly Case[] = [0.01, 0.02, 0.03, 0.04, 0.06, 0.07, 0.08].map((effect) => ({
  ...paired,
  id: `curve-${effect}`,
  title: `+${Math.round(effect * 100)} %, CV 3 %, 5 % right tail`,
  noise: tail,
  effect,
}));

/** Coverage of intervals: one look at a fixed size; the stopped case is `up5-normal` and its likes. */
export const fixedCases: readonly Case[] = [10, 12, 16, 24].map((rounds) => ({
  ...paired,
  id: `fixed-${rounds}`,
  title: `fixed at ${rounds} pairs, 5 % right tail`,
  noise: tail,
  effect: 0.05,
  first: rounds,
  most: rounds,
}));

function stored(sessions: number) {
  return { ...paired, mode: 'stored', noise: { ...quiet, sessionSd: 0.02 }, first: 10, most: 10, sessions } as const;
}

/** Wald's expected sample sizes (1945) of telling `effect` from nothing with known normal noise, in pairs. */
export function waldBound(effect: number, cv: number, alpha: number, beta: number) {
  const variance = 2 * Math.log1p(cv ** 2);
  const information = Math.log1p(effect) ** 2 / (2 * variance);
  const [a, b] = [Math.log((1 - beta) / alpha), Math.log(beta / (1 - alpha))];
  return {
    changed: ((1 - beta) * a + beta * b) / information,
    unchanged: -(alpha * a + (1 - alpha) * b) / information,
  };
}
