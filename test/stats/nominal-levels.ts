import { type AttainableLevel, nextLook, noLooks, type Spending } from '../../src/stats/sequential.ts';

/** The levels of looks that are all known beforehand. */
export function nominalLevels(
  looks: readonly number[],
  error: number,
  spending: Spending,
  attainable?: AttainableLevel,
): number[] {
  const design = { error, spending, ...(attainable === undefined ? {} : { attainable }) };
  let taken = noLooks;
  return looks.map((rounds) => {
    const look = nextLook(taken, rounds, design);
    taken = look.taken;
    return look.level;
  });
}
