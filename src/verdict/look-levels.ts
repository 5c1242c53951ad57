// The nominal level that a look after so many rounds may use, from the schedule of looks and the error promised over all of them.
import { attainedLevel, type Pairing } from '../stats/rank-interval.ts';
import { type LookDesign, type LooksTaken, nextLook, noLooks, type Spending } from '../stats/sequential.ts';
import { intervalError, sameError, slowerError } from './error-rates.ts';

export interface LookPlan {
  /** Rounds before the first look. */
  readonly first: number;
  /** Rounds at which the run ends in any case: all of the error is spent by then. Equal to `first`: one look, no sequential design. */
  readonly most: number;
}

/** One-sided level of the test after `rounds` rounds. */
export function levelAt(
  rounds: number,
  plan: LookPlan,
  error: number,
  spending: Spending,
  pairing: Pairing | 'moderated',
): number {
  // Runs that were joined have more rounds than any of them planned.
  const most = Math.max(plan.most, rounds);
  if (plan.first >= most) return error;
  const anchor = anchors.find((candidate) => candidate >= error) ?? error;
  const rounded = anchor / gridRatio ** Math.ceil(Math.log(anchor / error) / Math.log(gridRatio) - 1e-9);
  // A run that ended before its first look has one look.
  const first = Math.min(rounds, plan.first);
  const key = `${first} ${most} ${rounded} ${spending(10)} ${spending(20)} ${pairing}`;
  let looks = known.get(key);
  if (looks === undefined) {
    const attainable = (at: number, level: number): number =>
      pairing === 'moderated' ? level : attainedLevel(pairing, at, level);
    looks = new Looks(first, { error: rounded, spending: spentBy(most, spending), attainable });
    known.set(key, looks);
  }
  return looks.levelAt(rounds);
}

/** Error that is kept for rounds that cannot come would be lost: four pairs could then say nothing at all. */
const spentBy =
  (most: number, spending: Spending): Spending =>
  (rounds) =>
    Math.min(1, spending(rounds) / spending(most));

/** Share of the error that looks up to this one may use. */
export function spentShare(rounds: number, plan: LookPlan, spending: Spending): number {
  const most = Math.max(plan.most, rounds);
  return plan.first >= most ? 1 : spentBy(most, spending)(rounds);
}

interface Look {
  readonly level: number;
  readonly taken: LooksTaken;
}

/** Looks of one design, taken when they are asked for: each costs about a millisecond, and a run that looks once more pays for one. */
class Looks {
  readonly #design: LookDesign;
  /** By rounds, in rising order: every round up to 32, then every tenth part more. */
  readonly #regular: [rounds: number, look: Look][] = [];
  /** Levels of looks in between, which no later look knows of. */
  readonly #between = new Map<number, number>();
  #next: number;

  constructor(first: number, design: LookDesign) {
    this.#next = first;
    this.#design = design;
  }

  levelAt(rounds: number): number {
    while (this.#next <= rounds) {
      const at = this.#next;
      this.#regular.push([at, nextLook(this.#regular.at(-1)?.[1].taken ?? noLooks, at, this.#design)]);
      this.#next = at < 32 ? at + 1 : Math.ceil(at * 1.1);
    }
    const [before, last] = this.#regular.findLast(([at]) => at <= rounds) ?? [0, null];
    if (before === rounds && last !== null) return last.level;
    const level = this.#between.get(rounds) ?? nextLook(last?.taken ?? noLooks, rounds, this.#design).level;
    this.#between.set(rounds, level);
    return level;
  }
}

/** A function of its arguments only. */
const known = new Map<string, Looks>();
/** Levels are rounded down to this grid, so that few recursions serve many sets of metrics. */
const gridRatio = 1.03;
const anchors = [slowerError, sameError, intervalError];
