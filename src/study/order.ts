// The order of boots: within a block every arm once, shuffled anew for each block from the study's own digest.
import { randomFrom } from '../stats/random.ts';

/** The same study always has the same order, so that a resumed one goes on as it would have. */
export function blockOrder(arms: readonly string[], digest: string, block: number): string[] {
  const random = randomFrom(Number.parseInt(digest.slice(0, 8), 16) + block * 7919);
  const order = [...arms];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as string, order[last] as string];
  }
  return order;
}
