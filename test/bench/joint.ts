// node test/bench/joint.ts [reports]: both sides of a pair at the same time. Company slows what both do at once, by an amount that differs
// from pair to pair; the longer boot is alone at its end. Nothing changed must not be flagged, +5 % still be found.
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { judge } from '../../src/verdict/judge.ts';
import { shouldStop } from '../../src/verdict/stop-rule.ts';
import { sampleKey, sampleScenario, sampleSeries } from '../verdict/samples.ts';
import { finishBench } from './table.ts';

const reports = Number(process.argv[2] ?? 1000);
const scenario = sampleScenario({ boots: 6, maxBoots: 24 });

/** Words of so many reports, and their pairs. */
function play(effect: number, company: number, varies: number) {
  const words = new Map<string, number>();
  let pairs = 0;
  for (let report = 0; report < reports; report += 1) {
    const normal = normalFrom(randomFrom(55_000_000 + 17 * report));
    const [head, base]: [number[], number[]] = [[], []];
    const input = () => ({
      ...{ scenario, sessions: [], headKey: sampleKey },
      ...{ head: [sampleSeries('head', head)], base: [sampleSeries('base', base)] },
    });
    while (head.length < 24) {
      const slowed = Math.max(0, company + varies * normal());
      const alone = [1, 1 + effect].map((share) => 9000 * share * Math.exp(0.03 * normal())) as [number, number];
      const both = slowed * Math.min(...alone);
      base.push(alone[0] + both);
      head.push(alone[1] + both);
      if (head.length >= 3 && shouldStop(input()).decision === 'enough') break;
    }
    const { word } = judge(input()).verdict;
    words.set(word, (words.get(word) ?? 0) + 1);
    pairs += head.length;
  }
  const percent = (word: string): string => ((100 * (words.get(word) ?? 0)) / reports).toFixed(1);
  return [percent('slower'), percent('same'), (pairs / reports).toFixed(1)];
}

const cases = [
  ['nothing changed, company does nothing', 0, 0, 0],
  ['nothing changed, company slows by 2.5 %, varying by 2 %', 0, 0.025, 0.02],
  ['nothing changed, company slows by 10 %, varying by 5 %', 0, 0.1, 0.05],
  ['+5 %, company slows by 2.5 %, varying by 2 %', 0.05, 0.025, 0.02],
] as const;
finishBench(
  {
    name: `Both sides of a pair at the same time, CV 3 %, ${reports} reports each (percent)`,
    columns: ['case', 'slower', 'same', 'pairs'],
    rows: cases.map(([name, effect, company, varies]) => [name, ...play(effect, company, varies)]),
    ...{ promises: [], notes: [], data: {} },
  },
  'table',
);
