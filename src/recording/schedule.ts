// Which boot comes next: warm-ups first, then rounds in blocks of two, each ABBA or BAAB as a seeded lot has it.
import type { Side } from '../model/scenario.ts';
import { randomOf } from '../stats/random.ts';

export interface Slot {
  readonly side: Side;
  /** 1-based for measured boots, 0 for warm-ups. */
  readonly round: number;
  readonly warmup: boolean;
  /** Together with the other one of its round. */
  readonly joint?: true;
}

export function warmupSlots(sides: readonly Side[], warmup: number): Slot[] {
  return Array.from({ length: warmup }, () => sides.map((side) => ({ side, round: 0, warmup: true }))).flat();
}

/**
 * The measured boots of one round. In a block of two rounds each side goes first once, which cancels a linear drift of the machine;
 * which one begins is drawn for each block, so that nothing on the host with a period of its own stays in step with a side.
 */
export function roundSlots(sides: readonly Side[], round: number, seed: number): Slot[] {
  const block = Math.ceil(round / roundsInBlock);
  const begins = randomOf(seed, block)() < 0.5;
  const order = begins === (round % roundsInBlock === 1) ? sides : sides.toReversed();
  return order.map((side) => ({ side, round, warmup: false }));
}

const roundsInBlock = 2;
