// The blocks of a study: the order of boots in each, and which are compared: those that one session booted whole, since from one
// session to the next a machine may become another.
import type { RecordedScenario } from '../model/run.ts';
import type { EndedArm, StudyArm } from '../model/study.ts';
import { randomOf } from '../stats/random.ts';

export interface StudyBlocks {
  /** Numbers of the blocks in which every arm was booted that had not ended before. */
  readonly whole: readonly number[];
  /** Of those that an interruption has cut: their boots are kept, and not compared. */
  readonly torn: readonly number[];
}

interface LeftBehind {
  readonly arms: readonly Pick<StudyArm, 'id'>[];
  readonly scenarios: readonly Pick<RecordedScenario, 'scenario' | 'boots'>[];
  readonly ended: readonly EndedArm[];
  /** Blocks that are known to be torn. */
  readonly torn: readonly number[];
  /** The last block that was found whole, by what could be booted then; 0: none. */
  readonly lastWhole: number;
}

/** What a session has left. Only the block that it booted last can be incomplete, unless that was found whole already. */
export function blocksOf({ arms, scenarios, ended, torn, lastWhole }: LeftBehind): StudyBlocks {
  const untorn = blockNumbers(withoutTorn(scenarios, torn));
  const last = untorn.at(-1);
  if (last === undefined || last <= lastWhole) return { whole: untorn, torn };
  const booted = scenarios.filter(({ boots }) => boots.some(({ round }) => round === last));
  const isMissing = ({ id }: Pick<StudyArm, 'id'>): boolean =>
    !booted.some(({ scenario }) => scenario.id === id) &&
    !ended.some(({ arm, block }) => arm === id && block < untorn.length);
  return arms.some(isMissing) ? { whole: untorn.slice(0, -1), torn: [...torn, last] } : { whole: untorn, torn };
}

/** The same without the boots of torn blocks. */
export function withoutTorn<T extends Pick<RecordedScenario, 'boots'>>(
  scenarios: readonly T[],
  torn: readonly number[],
): T[] {
  if (torn.length === 0) return [...scenarios];
  return scenarios.map((entry) => ({ ...entry, boots: entry.boots.filter(({ round }) => !torn.includes(round)) }));
}

/** Of all blocks with a measured boot, in rising order. */
export function blockNumbers(scenarios: readonly Pick<RecordedScenario, 'boots'>[]): number[] {
  const rounds = scenarios.flatMap(({ boots }) => boots.filter(({ warmup }) => !warmup).map(({ round }) => round));
  return [...new Set(rounds)].sort((a, b) => a - b);
}

/** Every arm once, shuffled anew for each block. The same study always has the same order, so that a resumed one goes on as it would have. */
export function blockOrder(arms: readonly string[], digest: string, block: number): string[] {
  const random = randomOf(Number.parseInt(digest.slice(0, 8), 16), block);
  const order = [...arms];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as string, order[last] as string];
  }
  return order;
}
