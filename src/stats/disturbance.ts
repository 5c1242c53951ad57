// Do two boots at the same time disturb each other? Blocks of rounds, each with boots that were alone and boots that had company.
import { studentUpperQuantile } from './normal.ts';

/** One side's boots in one block, as logarithms: as many alone as together, in an order that a drift of the machine does not favour. */
export interface DisturbanceBlock {
  readonly alone: readonly number[];
  readonly together: readonly number[];
}

export interface Disturbance {
  /** What company adds to the logarithm of a boot, of the side that it adds most to (or takes most from), and its bounds. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Boots of each kind and side. */
  readonly boots: number;
}

/**
 * `sides` hold as many blocks each. Within a block and kind boots differ by chance alone, which tells the error; `level` is that of each
 * bound. Of the sides the one whose bounds reach farthest from nothing is told.
 */
export function disturbance(sides: readonly (readonly DisturbanceBlock[])[], level: number): Disturbance {
  const groups = sides.flat().flatMap(({ alone, together }) => [alone, together]);
  const free = groups.reduce((sum, group) => sum + group.length - 1, 0);
  const squares = groups.reduce(
    (sum, group) => sum + group.reduce((all, value) => all + (value - mean(group)) ** 2, 0),
    0,
  );
  const told = sides.map((blocks): Disturbance => {
    const boots = blocks.reduce((sum, { alone }) => sum + alone.length, 0);
    const estimate = mean(blocks.map(({ alone, together }) => mean(together) - mean(alone)));
    const reach = studentUpperQuantile(level, free) * Math.sqrt((squares / free) * (2 / boots));
    return { estimate, low: estimate - reach, high: estimate + reach, boots };
  });
  return told.reduce((worst, one) => (Math.abs(one.estimate) > Math.abs(worst.estimate) ? one : worst));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
