// What boots must be to become a reference: a baseline that is itself suspect lets everything pass that resembles it.
import type { Series } from '../model/series.ts';
import { formatCount } from '../model/units.ts';
import { scaledMad } from '../stats/quantiles.ts';
import { ruleOf } from './comparisons.ts';
import type { JudgeInput } from './judge-input.ts';
import { mostSetAside } from './lateness.ts';
import { tellerOf } from './phrases.ts';
import { slowBoots, slowReach } from './shape.ts';
import { badness, worseBy } from './summarize.ts';

/** Why the boots of one side are no reference, by the metrics that gate; empty when they are. */
export function unfitReason(series: readonly Series[], { scenario }: Pick<JudgeInput, 'scenario'>): string {
  for (const { metric, samples, better } of series) {
    const rule = ruleOf(metric, scenario.metrics);
    if (rule?.gate !== true) continue;
    const logs = samples.flatMap(({ value }) => (value === null ? [] : [badness(value, better)]));
    const slow = slowBoots(logs, Math.max(slowReach * scaledMad(logs), worseBy(rule.limit, better))).hits;
    const counts = [
      [samples.length - logs.length, 'failed'],
      [samples.filter(({ late }) => late !== undefined).length, 'may have been stamped late'],
      [slow, `are ${tellerOf(better).farSlower} than the others`],
    ] as const;
    const found = counts.find(([count]) => count > mostSetAside(samples.length));
    if (found !== undefined) return `${found[0]} of ${formatCount(samples.length, 'boot')} ${found[1]} (${metric})`;
  }
  return '';
}
