// Baselines over time: what a history of sessions says of steps, spikes, neighbours that resemble each other, and of a slow creep.

import { changePoints } from '../../src/stats/change-points.ts';
import { normalFrom, type Random, randomFrom } from '../../src/stats/random.ts';
import { sinceAnchor } from '../../src/verdict/anchor.ts';

export interface Course {
  readonly id: string;
  readonly title: string;
  readonly sessions: number;
  /** Logarithms of the sessions' medians. */
  readonly places: (sessions: number, random: Random) => number[];
  /** Of the sessions, the first in which something has changed; null: nothing ever does. */
  readonly changedAt: number | null;
  readonly watch: (places: readonly number[]) => number | null;
  /** Share of histories in which something is told: at most where nothing changed, else at least. */
  readonly target: number;
}

export interface CourseTally {
  readonly reports: number;
  /** Histories in which a change, or a creep, is told; sum of the sessions between the change and the one that tells it. */
  readonly told: number;
  readonly waited: number;
}

export function follow({ sessions, places, changedAt, watch }: Course, from: number, to: number): CourseTally {
  let [told, waited] = [0, 0];
  for (let trial = from; trial < to; trial += 1) {
    const at = watch(places(sessions, randomFrom(Math.imul(trial + 1, 2654435761))));
    if (at === null) continue;
    told += 1;
    waited += at - (changedAt ?? 0);
  }
  return { reports: to - from, told, waited };
}

const sd = 0.01;

/** Sessions that keep a share of what their neighbour was. */
const alike =
  (kept: number) =>
  (sessions: number, random: Random): number[] => {
    const normal = normalFrom(random);
    let place = sd * normal();
    return Array.from({ length: sessions }, () => {
      place = kept * place + sd * Math.sqrt(1 - kept ** 2) * normal();
      return place;
    });
  };

const spiked = (sessions: number, random: Random): number[] =>
  alike(0)(sessions, random).map((place) => place + (random() < 0.1 ? Math.log(1.2) : 0));

const stepped =
  (share: number, at: number) =>
  (sessions: number, random: Random): number[] =>
    alike(0)(sessions, random).map((place, session) => place + (session >= at ? Math.log1p(share) : 0));

const creeping =
  (share: number, spread: number) =>
  (sessions: number, random: Random): number[] => {
    const normal = normalFrom(random);
    return Array.from({ length: sessions }, (_, session) => {
      return Math.max(0, session - 4) * Math.log1p(share) + spread * normal();
    });
  };

/** The whole history shows a change: where. */
const changed = (places: readonly number[]): number | null => changePoints(places)[0]?.index ?? null;

/** The newest sessions show a change for the first time. */
function changedFirst(places: readonly number[]): number | null {
  for (let seen = 6; seen <= places.length; seen += 1) if (changed(places.slice(0, seen)) !== null) return seen - 1;
  return null;
}

/** The newest session tells a creep. */
const creptNow = (places: readonly number[]): number | null =>
  (sinceAnchor(places)?.low ?? 0) > 0 ? places.length - 1 : null;

/** The first session that tells a creep. */
function crept(places: readonly number[]): number | null {
  for (let seen = 8; seen <= places.length; seen += 1) {
    if (creptNow(places.slice(0, seen)) !== null) return seen - 1;
  }
  return null;
}

const still = { sessions: 40, changedAt: null, watch: changed } as const;

export const courses: readonly Course[] = [
  { ...still, id: 'history-still', title: 'nothing changed', places: alike(0), target: 0.03 },
  { ...still, id: 'history-spikes', title: 'spikes of 20 % in every tenth session', places: spiked, target: 0.03 },
  { ...still, id: 'history-alike', title: 'neighbours alike, correlation 0.5', places: alike(0.5), target: 0.03 },
  { ...still, id: 'history-like', title: 'neighbours alike, correlation 0.7', places: alike(0.7), target: 0.03 },
  {
    ...{ ...still, id: 'history-step', title: 'a step of +5 %', places: stepped(0.05, 20), changedAt: 20 },
    ...{ watch: changedFirst, target: 0.95 },
  },
  // A warning, one-sided at 2.5 %, and never a verdict.
  ...[8, 25].map((sessions) => ({
    ...{ ...still, id: `creep-none-${sessions}`, title: `no creep, in the report of session ${sessions}`, sessions },
    ...{ places: creeping(0, 0.005), watch: creptNow, target: 0.03 },
  })),
  {
    ...{ ...still, id: 'creep', title: 'a creep of +1 % a session', sessions: 25, places: creeping(0.01, 0.005) },
    ...{ changedAt: 5, watch: crept, target: 0.95 },
  },
];
