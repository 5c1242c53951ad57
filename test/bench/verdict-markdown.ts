// The tables that the README and ARCHITECTURE.md show of the simulations, ready to be pasted: made here so that nobody retypes a figure.
import { markdownTable } from 'markdown-table';
import { type Duel, type DuelTally, duels } from './peers/duel.ts';
import { peers } from './peers/rules.ts';
import { type Case, changedCases, curveCases, unchangedCases } from './verdict-cases.ts';
import type { Tally } from './verdict-simulate.ts';

export interface Simulated {
  readonly trials: number;
  readonly tallyOf: (id: string) => Tally;
  readonly fightOf: (id: string) => DuelTally;
}

export function verdictMarkdown({ trials, tallyOf, fightOf }: Simulated): string {
  const count = trials.toLocaleString('en');
  return [
    `Nothing changed: reports flagged, in percent of ${count} (nominal at most 1.0).`,
    table(['boots', 'flagged', 'undecided', 'pairs'], unchangedCases.map(unchangedRow)),
    `The same boots judged by other rules, re-implemented from short descriptions: flagged in percent of ${count}.`,
    table(['rule', ...duels.map(({ title }) => title)], [...peers.map(({ name }) => name), 'Bootgauge'].map(duelRow)),
    `Bootgauge takes ${duels.map(({ id, title }) => `${pairsOf(fightOf(id))} (${title})`).join(', ')} pairs or boots; the others ten of each side.`,
    `Power: what is said of a slowdown (CV 3 %, 5 % right tail, at most 24 pairs, one gating metric), in percent of ${count}.`,
    table(['slowdown', 'slower', 'undecided', 'same', 'pairs'], powerCases().map(powerRow)),
    'Other changes, found in percent.',
    table(
      ['change', 'slower', 'pairs'],
      changedCases.map((entry) => [entry.title, flagged(tallyOf(entry.id)), pairsOf(tallyOf(entry.id))]),
    ),
    '',
  ].join('\n\n');

  function unchangedRow({ id, title }: Case): string[] {
    const tally = tallyOf(id);
    return [title, flagged(tally), share(tally, 'undecided'), pairsOf(tally)];
  }

  function duelRow(name: string): string[] {
    return [name, ...duels.map(({ id }: Duel) => percent(fightOf(id).flags[name] ?? 0, fightOf(id).reports))];
  }

  function powerRow({ id, effect }: Case): string[] {
    const tally = tallyOf(id);
    const change = effect === 0 ? 'none' : `+${Math.round(effect * 100)} %`;
    return [change, flagged(tally), share(tally, 'undecided'), share(tally, 'same'), pairsOf(tally)];
  }
}

/** One metric, the tail, the same looks: nothing, the curve, and the two promised effects, ascending. */
function powerCases(): Case[] {
  const promised = ['aa-tail', 'up5-tail', 'up10-tail'];
  return [...unchangedCases, ...changedCases, ...curveCases]
    .filter(({ id }) => promised.includes(id) || id.startsWith('curve-'))
    .toSorted((one, other) => one.effect - other.effect);
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  markdownTable([head, ...rows], { align: ['l', ...head.slice(1).map(() => 'r')] });

const flagged = ({ words, reports }: Tally): string => percent((words.slower ?? 0) + (words.failed ?? 0), reports);
const share = ({ words, reports }: Tally, word: string): string => percent(words[word] ?? 0, reports);
const pairsOf = ({ rounds, reports }: Tally | DuelTally): string => (rounds / reports).toFixed(1);
const percent = (count: number, of: number): string => ((100 * count) / of).toFixed(2);
