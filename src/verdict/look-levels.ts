// The nominal level that a look after so many rounds may use, from the schedule of looks and the error promised over all of them.
import { attainedLevel, type Pairing } from '../stats/rank-interval.ts';
import { nominalLevels, type Spending } from '../stats/sequential.ts';
import { intervalError, sameError, slowerError } from './error-rates.ts';

export interface LookPlan {
  /** Rounds before the first look. */
  readonly first: number;
  /** Rounds at which the run ends in any case. Equal to `first`: one look, no sequential design. */
  readonly most: number;
}

/** One-sided level of the test after `rounds` rounds. */
export function levelAt(rounds: number, plan: LookPlan, error: number, spending: Spending, pairing: Pairing): number {
  if (plan.first >= plan.most) return error;
  const anchor = anchors.find((candidate) => candidate >= error) ?? error;
  const rounded = anchor / gridRatio ** Math.ceil(Math.log(anchor / error) / Math.log(gridRatio) - 1e-9);
  const key = `${Math.min(rounds, plan.first)} ${rounded} ${spending(10)} ${spending(20)} ${pairing}`;
  let levels = known.get(key);
  if (!levels?.has(rounds)) {
    const looks = looksUpTo(Math.max(rounds, plan.most), plan.first, rounds);
    const nominal = nominalLevels(looks, rounded, spending, (at, level) => attainedLevel(pairing, at, level));
    levels = new Map([
      ...(levels ?? []),
      ...looks.map((at, index): [number, number] => [at, nominal[index] as number]),
    ]);
    known.set(key, levels);
  }
  return levels.get(rounds) as number;
}

/** Every round up to 32, then every tenth part more, and `own`. A run that ended before its first look has one look. */
function looksUpTo(most: number, first: number, own: number): number[] {
  if (own < first) return [own];
  const looks: number[] = [];
  for (let at = first; at <= most; at = at < 32 ? at + 1 : Math.ceil(at * 1.1)) looks.push(at);
  if (!looks.includes(own)) return [...looks.filter((at) => at < own), own];
  return looks;
}

/** A function of its arguments only; kept because the recursion takes milliseconds. */
const known = new Map<string, Map<number, number>>();
/** Levels are rounded down to this grid, so that few recursions serve many sets of metrics. */
const gridRatio = 1.03;
const anchors = [slowerError, sameError, intervalError];
