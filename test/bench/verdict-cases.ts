// What is simulated: every figure that the decision rule promises, one case each, and what it must show.
import { defaultSampling } from '../../src/model/scenario.ts';
import { type Noise, type PhaseName, quiet } from './verdict-noise.ts';

export interface Case {
  readonly id: string;
  readonly title: string;
  readonly mode: 'paired' | 'stored';
  readonly noise: Noise;
  readonly metrics: number;
  /** Slowdown of head, a fraction. */
  readonly effect: number;
  /** What else became of head's boots; a ratio then has no truth to be held against. */
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
  /** Share of boots that a stall may have stamped up to five seconds late. */
  readonly late?: number;
  /** The rounds of two runs, each with a mood of its own, judged together. */
  readonly joined?: boolean;
  readonly target: Target;
}

/** What a case must show: shares of its reports, and pairs on average. Left out: shown, and nothing promised. */
export interface Target {
  /** Slower or failed: at most. */
  readonly flagged?: number;
  /** Slower or failed: at least. */
  readonly found?: number;
  /** Same or faster: at most. */
  readonly same?: number;
  readonly pairs?: number;
}

/** Shares of head's boots that take longer by a factor, or fail; how many times as wide all of them spread. */
export interface HeadShape {
  readonly slowShare?: number;
  readonly slowBy?: number;
  readonly failShare?: number;
  readonly spread?: number;
  /** What one phase takes longer, ms. */
  readonly phase?: { readonly name: PhaseName; readonly ms: number };
}

const { boots: first, maxBoots: most } = defaultSampling;
const paired = { mode: 'paired', noise: quiet, metrics: 1, effect: 0, first, most, sessions: 0, target: {} } as const;
const unchanged = { ...paired, target: { flagged: 0.01 } } as const;
/** The machine's own boots of earlier days tell the spread: 8 sessions of 10 boots. */
const known = { ...unchanged, sessions: 8 } as const;
const stored = (sessions: number) =>
  ({ ...unchanged, mode: 'stored', noise: moody, first: 10, most: 10, sessions }) as const;
const tail: Noise = { ...quiet, shape: 'tail' };
const modes: Noise = { ...quiet, shape: 'bimodal' };
const wild: Noise = { ...quiet, cv: 0.1 };
const moody: Noise = { ...quiet, sessionSd: 0.02 };
const calm: Noise = { ...quiet, sessionSd: 0.005 };
/** The machine and the partner boot share half of the variance. */
const moods: Noise = { ...quiet, roundSd: 0.03 };
const spells: Noise = { ...quiet, spells: 0.05 };
const steps: Noise = { ...quiet, step: 0.1 };

export const unchangedCases: readonly Case[] = [
  { ...unchanged, id: 'aa-normal', title: 'log-normal, CV 3 %, from five pairs on', first: 5 },
  { ...unchanged, id: 'aa-quiet', title: 'log-normal, CV 1 %', noise: { ...quiet, cv: 0.01 } },
  { ...unchanged, id: 'aa-noisy', title: 'log-normal, CV 10 %', noise: wild },
  { ...unchanged, id: 'aa-tail', title: 'CV 3 %, 5 % right tail', noise: tail },
  { ...unchanged, id: 'aa-drift', title: 'CV 3 %, drift of 5 % over 48 boots', noise: { ...quiet, drift: 0.05 } },
  { ...unchanged, id: 'aa-steep', title: 'CV 3 %, drift of 30 % over 48 boots', noise: { ...quiet, drift: 0.3 } },
  { ...unchanged, id: 'aa-step', title: 'CV 3 %, slower by 10 % from some boot on', noise: steps },
  { ...unchanged, id: 'aa-spells', title: 'CV 3 %, spells of six boots that are 15 % slower', noise: spells },
  { ...unchanged, id: 'aa-moods', title: '3 % of each boot and 3 % of each round', noise: moods },
  { ...unchanged, id: 'aa-modes', title: 'CV 3 %, two modes 80/20', noise: modes },
  { ...unchanged, id: 'aa-late', title: 'one boot in twenty stamped up to 5 s late', late: 0.05 },
  { ...unchanged, id: 'aa-six', title: 'at most six pairs', most: 6 },
  { ...unchanged, id: 'aa-joined', title: 'two runs of eight pairs, 3 % apart', joined: true, first: 16, most: 16 },
  { ...unchanged, id: 'aa-ten', title: 'ten independent metrics', noise: { ...quiet, common: 0 }, metrics: 10 },
  { ...unchanged, id: 'aa-ten-alike', title: 'ten metrics that move together', noise: tail, metrics: 10 },
  { ...unchanged, id: 'aa-flaky', title: '1 % flaky boots on both sides', noise: { ...tail, flaky: 0.01 } },
  { ...unchanged, id: 'aa-flaky-5', title: '5 % flaky boots on both sides', noise: { ...tail, flaky: 0.05 } },
  { ...unchanged, id: 'aa-phases', title: 'nine phases, CV 10 %', noise: wild, phased: true },
  { ...unchanged, id: 'aa-phases-wild', title: 'nine phases, CV 50 %', noise: { ...quiet, cv: 0.5 }, phased: true },
  { ...unchanged, id: 'aa-grid', title: 'stamped on a grid of 1 s', gridMs: 1000 },
];

export const storedCases: readonly Case[] = [
  { ...stored(3), id: 'aa-stored-3', title: '3 sessions, session SD 2 %' },
  { ...stored(5), id: 'aa-stored-5', title: '5 sessions, session SD 2 %' },
  { ...stored(20), id: 'aa-stored-20', title: '20 sessions, session SD 2 %' },
  { ...stored(3), id: 'aa-stored-calm', title: '3 sessions, session SD 0.5 %', noise: calm },
  { ...stored(3), id: 'aa-stored-modes', title: '3 sessions, two modes 80/20', noise: { ...modes, sessionSd: 0.02 } },
  { ...stored(5), id: 'aa-stored-flaky', title: '5 sessions, 5 % flaky boots', noise: { ...moody, flaky: 0.05 } },
  { ...stored(5), id: 'aa-stored-default', title: '5 sessions, 6 to 24 boots', first, most },
  { ...stored(20), id: 'aa-stored-default-20', title: '20 sessions, 6 to 24 boots', first, most },
  {
    ...{ ...stored(20), id: 'aa-stored-noisy', title: '20 sessions, CV 10 %, 6 to 24 boots', first, most },
    noise: { ...moody, cv: 0.1 },
  },
];

export const knownCases: readonly Case[] = [
  { ...known, id: 'aa-known', title: 'CV 3 %' },
  { ...known, id: 'aa-known-tail', title: 'CV 3 %, 5 % right tail', noise: tail },
  { ...known, id: 'aa-known-modes', title: 'two modes 80/20', noise: modes },
  {
    ...known,
    id: 'aa-known-quiet',
    title: 'a history three times too quiet',
    noise: { ...quiet, cv: 0.09 },
    knownCv: 0.03,
  },
  { ...known, id: 'aa-known-loud', title: 'a history three times too loud', knownCv: 0.09 },
  { ...known, id: 'aa-known-four', title: 'at most four pairs', most: 4 },
  { ...known, id: 'aa-known-spells', title: 'spells of six boots that are 15 % slower', noise: spells },
  { ...known, id: 'aa-known-moods', title: '3 % of each boot and 3 % of each round', noise: moods, knownCv: 0.0424 },
  { ...known, id: 'aa-known-steep', title: 'drift of 30 % over 48 boots', noise: { ...quiet, drift: 0.3 } },
];

const job = { ...paired, target: { flagged: 0.035 } } as const;
/** A job of the host that comes with a period: more is let pass here. */
export const periodicCases: readonly Case[] = [
  { ...job, id: 'aa-period-2', title: 'every 2nd boot', noise: { ...quiet, period: 2 } },
  { ...job, id: 'aa-period-3', title: 'every 3rd boot', noise: { ...quiet, period: 3 } },
  { ...job, id: 'aa-period-4', title: 'every 4th boot', noise: { ...quiet, period: 4 } },
  { ...job, id: 'aa-minute', title: 'every minute, boots of 13.5 s', noise: { ...quiet, period: 60 / 13.5 } },
  {
    ...job,
    id: 'aa-known-period-4',
    title: 'every 4th boot, spread known',
    noise: { ...quiet, period: 4 },
    sessions: 8,
  },
];

const never = { same: 0.01 };
/** The middle stays where it was; none of these may be called the same. */
export const shapeCases: readonly Case[] = [
  ...[1.4, 2, 10].map(
    (slowBy): Case => ({
      ...{ ...paired, id: `slow-30-${slowBy}`, head: { slowShare: 0.3, slowBy }, target: never },
      title: `30 % of head's boots take ${slowBy} times as long`,
    }),
  ),
  { ...paired, id: 'wide-4', title: "head's boots spread four times as wide", head: { spread: 4 }, target: never },
  ...[0.2, 0.3, 0.5].map(
    (failShare): Case => ({
      ...{ ...paired, id: `fail-${100 * failShare}`, head: { failShare }, target: never },
      title: `${100 * failShare} % of head's boots fail`,
    }),
  ),
  ...[
    { id: 'slow-30', title: '30 % slow boots, twice as long', head: { slowShare: 0.3, slowBy: 2 } },
    { id: 'wide-4', title: 'four times the spread', head: { spread: 4 } },
    { id: 'fail-20', title: '20 % failing boots', head: { failShare: 0.2 } },
  ].flatMap(({ id, title, head }): Case[] => [
    { ...known, id: `known-${id}`, title: `${title}, spread known`, head, target: never },
    { ...stored(5), id: `stored-${id}`, title: `${title}, 5 stored sessions`, head, first, most, target: never },
  ]),
];

const inPhase = (name: PhaseName, ms: number, plan: number, target: Target): Case => ({
  ...{ ...paired, id: `phase-${name}-${plan}`, phased: true, head: { phase: { name, ms } }, most: plan },
  title: `+${ms} ms in one phase, at most ${plan} pairs`,
  target,
});
/** In a boot of nine seconds: 300 ms in a phase of 580, 100 ms in one of 250. */
export const phaseCases: readonly Case[] = [
  inPhase('loader', 300, most, { found: 0.95, pairs: 8 }),
  inPhase('loader', 300, 8, { found: 0.95, pairs: 8 }),
  inPhase('qemu-start', 100, most, { found: 0.95 }),
  inPhase('qemu-start', 100, 8, {}),
];

const up5 = { ...paired, effect: 0.05 } as const;
const found95 = { found: 0.95 };
const found90 = { found: 0.9 };
export const changedCases: readonly Case[] = [
  { ...up5, id: 'up5-normal', title: '+5 %, CV 3 %, from five pairs on', first: 5, target: found95 },
  { ...up5, id: 'up5-known', title: '+5 %, CV 3 %, spread known', sessions: 8, target: { found: 0.95, pairs: 8.5 } },
  {
    ...up5,
    id: 'up5-quiet',
    title: '+5 %, CV 1 %',
    noise: { ...quiet, cv: 0.01 },
    target: { found: 0.99, pairs: 6.1 },
  },
  {
    ...{ ...up5, id: 'up5-quiet-known', title: '+5 %, CV 1 %, spread known', noise: { ...quiet, cv: 0.01 } },
    ...{ sessions: 8, target: { found: 0.99, pairs: 4 } },
  },
  { ...up5, id: 'up5-tail', title: '+5 %, CV 3 %, 5 % right tail', noise: tail, target: found95 },
  { ...up5, id: 'up5-four', title: '+5 %, tail, the four default metrics', noise: tail, metrics: 4, target: found95 },
  { ...up5, id: 'up5-moods', title: '+5 %, 3 % of each boot and 3 % of each round', noise: moods, target: found90 },
  { ...up5, id: 'up5-ramp', title: '+5 %, drift of 30 %', noise: { ...quiet, drift: 0.3 }, target: found90 },
  { ...up5, id: 'up5-step', title: '+5 %, slower by 10 % from some boot on', noise: steps, target: found90 },
  { ...up5, id: 'up5-spells', title: '+5 %, spells', noise: spells, target: { found: 0.7 } },
  { ...up5, id: 'up5-late', title: '+5 %, one boot in twenty late', late: 0.05, target: found95 },
  { ...up5, id: 'up10-tail', title: '+10 %, tail', effect: 0.1, noise: tail, target: { found: 0.99, pairs: 12 } },
  { ...up5, id: 'up10-noisy', title: '+10 %, CV 10 %', effect: 0.1, noise: wild },
  { ...up5, id: 'up10-six', title: '+10 %, at most six pairs', effect: 0.1, most: 6, target: found95 },
  {
    ...{ ...up5, id: 'up12-known-four', title: '+12 %, at most four pairs, spread known', effect: 0.12 },
    ...{ sessions: 8, most: 4, target: { found: 0.8 } },
  },
  { ...up5, id: 'up12-four', title: '+12 %, at most four pairs', effect: 0.12, most: 4 },
  { ...up5, id: 'up5-grid', title: '+5 %, stamped on a grid of 1 s', gridMs: 1000 },
  { ...up5, id: 'up5-joined', title: '+5 %, two runs of eight pairs, 3 % apart', joined: true, first: 16, most: 16 },
  { ...stored(5), id: 'up14-stored-5', title: '+14 %, 5 stored sessions', effect: 0.14, target: {} },
  { ...stored(20), id: 'up9-stored-20', title: '+9 %, 20 stored sessions', effect: 0.09, target: {} },
  {
    ...stored(3),
    id: 'up5-stored-calm',
    title: '+5 %, 3 stored sessions, session SD 0.5 %',
    noise: calm,
    effect: 0.05,
    target: {},
  },
  {
    ...stored(5),
    id: 'up14-stored-default',
    title: '+14 %, 5 stored sessions, 6 to 24 boots',
    effect: 0.14,
    first,
    most,
    target: {},
  },
];

/** For an effect between nothing and the limit either word may come: the curve that the README shows. */
export const curveCases: readonly Case[] = [0.01, 0.02, 0.03, 0.04, 0.06, 0.07, 0.08].map((effect) => ({
  ...paired,
  id: `curve-${effect}`,
  title: `+${Math.round(effect * 100)} %, CV 3 %, 5 % right tail`,
  noise: tail,
  effect,
}));

/** Coverage of intervals: one look at a fixed size. */
export const fixedCases: readonly Case[] = [10, 12, 16, 24].map((rounds) => ({
  ...paired,
  id: `fixed-${rounds}`,
  title: `fixed at ${rounds} pairs, 5 % right tail`,
  noise: tail,
  effect: 0.05,
  first: rounds,
  most: rounds,
}));

export const groups = {
  'nothing changed': unchangedCases,
  'nothing changed, against stored sessions': storedCases,
  'nothing changed, spread known': knownCases,
  'nothing changed, a job makes boots 20 % slower': periodicCases,
  'the middle stays, the boots do not': shapeCases,
  'a phase grew': phaseCases,
  'all boots became slower': changedCases,
  'between nothing and the limit': curveCases,
  'one look': fixedCases,
} as const;

export const cases: readonly Case[] = Object.values(groups).flat();

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
