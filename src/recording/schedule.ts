// Which boot comes next: warm-ups first, then rounds in which base and head take turns at going first (AB BA AB ...).
import type { Side } from '../model/scenario.ts';

export interface Slot {
  readonly side: Side;
  /** 1-based for measured boots, 0 for warm-ups. */
  readonly round: number;
  readonly warmup: boolean;
}

export function warmupSlots(sides: readonly Side[], warmup: number): Slot[] {
  return Array.from({ length: warmup }, () => sides.map((side) => ({ side, round: 0, warmup: true }))).flat();
}

/**
 * The measured boots of one round. Alternating who goes first cancels a linear drift of the machine over each two
 * rounds, and no side profits from always following the other.
 */
export function roundSlots(sides: readonly Side[], round: number): Slot[] {
  const order = round % 2 === 1 ? sides : sides.toReversed();
  return order.map((side) => ({ side, round, warmup: false }));
}
