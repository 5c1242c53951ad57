// Which processes belong to one that was started.
import type { ProcessEntry } from './system.ts';

type Relative = Pick<ProcessEntry, 'pid' | 'parent' | 'band'>;

/**
 * The leader's band, all descendants, and those that were members `earlier` (process -> band) and are still in the band they were in
 * then. `isStray` tells who belongs to them though nothing else shows it.
 */
export function familyOf<Row extends Relative>(
  leader: number,
  rows: readonly Row[],
  earlier: ReadonlyMap<number, number> = new Map(),
  isStray: (pid: number) => boolean = () => false,
): Row[] {
  const isIn = ({ pid, band }: Row): boolean => pid === leader || band === leader || earlier.get(pid) === band;
  const family = new Map(rows.filter((row) => isIn(row) || isStray(row.pid)).map((row) => [row.pid, row]));
  for (let size = -1; size < family.size; ) {
    size = family.size;
    for (const row of rows) if (family.has(row.parent)) family.set(row.pid, row);
  }
  return [...family.values()];
}
