// What a verdict is called, everywhere in a report. A time gets slower or faster; all else gets higher or lower.
import type { Comparison, Verdict } from '../model/comparison.ts';
import type { ScenarioReport } from '../model/report.ts';
import { formatCount } from '../model/units.ts';

const titles: Record<Verdict['word'], string> = {
  incomparable: 'Not comparable',
  failed: 'Failed',
  slower: 'Slower',
  undecided: 'Undecided',
  faster: 'Faster',
  same: 'Unchanged',
  recorded: 'Recorded',
};

/** As a heading. */
export const verdictTitle = (word: Verdict['word']): string => titles[word];

/** A metric's, in a table or a sentence. */
export function comparisonWord(comparison: Comparison): string {
  const { word, head } = comparison;
  if ((word !== 'slower' && word !== 'faster') || isTime(comparison)) return titles[word].toLowerCase();
  return (word === 'slower') === (head.better !== 'higher') ? 'higher' : 'lower';
}

/** A scenario's, as a heading. */
export function scenarioVerdict(scenario: ScenarioReport): string {
  const { word, rule } = scenario.verdict;
  // A phase alone grew, which no metric shows.
  return rule === 'phase' ? titles[word] : wordOfAll(word, speaking(scenario, word));
}

/** The comparisons that made a scenario's verdict this word. */
export const speaking = (scenario: ScenarioReport, word: Comparison['word'] | 'recorded'): readonly Comparison[] =>
  scenario.comparisons.filter((entry) => entry.gate && entry.word === word);

/** ` (1 more metric is slower)`. */
export function andMore(others: readonly Comparison[]): string {
  const [first] = others;
  if (first === undefined) return '';
  const words = new Set(others.map(comparisonWord));
  const word = words.size === 1 ? comparisonWord(first) : wordOfAll(first.word, others).toLowerCase();
  return ` (${formatCount(others.length, 'more metric is', 'more metrics are')} ${word})`;
}

/** Metrics of several kinds have no word in common but for times. */
function wordOfAll(word: Verdict['word'], metrics: readonly Comparison[]): string {
  if ((word !== 'slower' && word !== 'faster') || metrics.length === 0 || metrics.some(isTime)) return titles[word];
  return word === 'slower' ? 'Worse' : 'Better';
}

const isTime = ({ unit, head: { better } }: Comparison): boolean => unit === 'ms' && better === undefined;
