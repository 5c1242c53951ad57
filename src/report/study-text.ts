// A study for a terminal: the ranking first, then what it rests on.

import type { Interval } from '../model/comparison.ts';
import { plainLine } from '../model/plain-text.ts';
import type { ArmSummary, Effect, LevelEffect, StudyReport } from '../model/study.ts';
import { formatCount } from '../model/units.ts';
import { formatChange, formatDifference, formatValue } from './format.ts';
import { cell, figureColumn, nameColumn, type Row, textColumn } from './table.ts';
import { layoutTable, type Paint, type TerminalStyle, wrapText } from './terminal-table.ts';
import { asSentence } from './view.ts';

export function studyText(report: StudyReport, style: TerminalStyle): string {
  const boots = report.arms.reduce((sum, arm) => sum + arm.boots, 0);
  const booted = report.arms.filter((arm) => arm.boots > 0).length;
  const state = report.finished ? '' : '; not finished: the same command goes on with it';
  const title = `Study ${report.name}: ${formatCount(booted, 'arm')}, ${formatCount(boots, 'boot')} in ${formatCount(report.blocks, 'block')}${state}`;
  const lines = [
    ...wrapText(title, style, { bold: 'bold' }),
    ...block(
      `What each change does to ${plainLine(report.ranking[0]?.main.metric ?? 'time-to-ssh', 60)}`,
      report.ranking.flatMap((effect) => effectLines(effect, style)),
      style,
    ),
    ...block(
      'Interactions',
      report.interactions.flatMap((found) => wrapText(interactionText(found), style, { indent: 2, paint: 'yellow' })),
      style,
    ),
    ...block('Recommended', wrapText(recommendationText(report), style, { indent: 2 }), style),
    ...block('Arms', layoutTable({ title: 'Arms', columns: armColumns, rows: report.arms.map(armRow) }, style), style),
    ...block(
      'Other metrics',
      layoutTable({ title: 'Other metrics', columns: metricColumns, rows: metricRows(report) }, style),
      style,
    ),
    ...block(
      'Warnings',
      report.warnings.flatMap((text) => wrapText(asSentence(text), style, { indent: 2, paint: 'yellow' })),
      style,
    ),
    '',
    ...wrapText(
      'Ratios are geometric means over blocks in which both were booted, with 95 % Student intervals, wider for an arm that ended early; "nothing" means that a change of 5 % is ruled out, "unclear" that the boots show neither a change nor its absence. Each interval holds by itself; a recommendation holds for all of them together, and is faster by at least 1 %.',
      style,
      { paint: 'dim' },
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** `cpus: 1 instead of 4: -18 % [-22, -14]`. */
function effectText(effect: LevelEffect): string {
  const name = `${effect.factor}: ${effect.level} instead of ${effect.insteadOf}`;
  if (effect.main.ratio === null) return `${name}: ${effect.note === '' ? 'not known' : effect.note}`;
  const change = `${formatChange(effect.main.ratio, effect.main.interval)}, ${secondsText(effect.main)}`;
  const notes = [
    effect.failed === 0 ? '' : `${effect.failed} of ${effect.boots} boots did not come up`,
    effect.note,
  ].filter((part) => part !== '');
  const word = effect.word === 'nothing' || effect.word === 'unclear' ? `${effect.word}, ` : '';
  return `${name}: ${word}${change}${notes.map((note) => `; ${note}`).join('')}`;
}

function recommendationText({ recommendation, arms }: StudyReport): string {
  if (arms.slice(1).every(({ boots }) => boots === 0)) return 'Nothing: the default was compared with no other arm.';
  if (recommendation === null)
    return 'Stay with the default: nothing that was tried is certain to be faster by at least 1 % and to boot as reliably.';
  const levels = Object.entries(recommendation.levels).map(([factor, level]) => `${factor} ${level}`);
  const expected = formatChange(recommendation.ratio, null);
  const tried = recommendation.tried === 'booted' ? '' : ' (each change alone was booted, not all of them together)';
  return `${levels.join(', ')}: ${expected} against the default${tried}.`;
}

function effectLines(effect: LevelEffect, style: TerminalStyle): readonly string[] {
  const paint = paints[effect.word];
  const phases = effect.phases
    .slice(0, 3)
    .map((phase) => `${phase.metric.slice('phase:'.length)} ${secondsText(phase)}`)
    .join(', ');
  return [
    ...wrapText(effectText(effect), style, { indent: 2, paint }),
    ...(phases === '' ? [] : wrapText(`in ${phases}`, style, { indent: 6, paint: 'dim' })),
  ];
}

const paints: Record<LevelEffect['word'], Paint> = {
  faster: 'green',
  slower: 'red',
  nothing: 'plain',
  unclear: 'yellow',
  unknown: 'yellow',
};

function interactionText({ factors, levels, ratio, interval }: StudyReport['interactions'][number]): string {
  const both = factors.map((factor, index) => `${factor} ${levels[index]}`).join(' with ');
  return `${both}: ${formatChange(ratio, interval)} beyond what each does alone, so effects must not be added up.`;
}

const armColumns = [nameColumn('arm'), figureColumn('median'), textColumn('boots'), textColumn('ended')];
const metricColumns = [nameColumn('level'), textColumn('metric'), figureColumn('change')];

function armRow({ id, medianMs, boots, failed, ended }: ArmSummary): Row {
  const why = ended === null ? '' : `${ended.why}${ended.block > 0 ? ` after block ${ended.block}` : ''}`;
  const count = `${formatCount(boots, 'boot')}${failed === 0 ? '' : `, ${failed} failed`}`;
  return { cells: [cell(id), cell(formatValue(medianMs, 'ms')), cell(count), cell(why)] };
}

/** Only what is certain: a table of nothings helps nobody. */
function metricRows(report: StudyReport): readonly Row[] {
  return report.ranking.flatMap(({ factor, level, main, metrics }) =>
    metrics
      .filter(({ metric, interval }) => metric !== main.metric && isCertain(interval))
      .map(({ metric, ratio, interval }) => ({
        cells: [cell(`${factor} ${level}`), cell(metric), cell(formatChange(ratio, interval))],
      })),
  );
}

const isCertain = (interval: Interval | null): boolean => interval !== null && (interval.low > 1 || interval.high < 1);

const secondsText = ({ difference, unit }: Effect): string => formatDifference(difference, unit);

function block(title: string, lines: readonly string[], style: TerminalStyle): readonly string[] {
  return lines.length === 0 ? [] : ['', ...wrapText(title, style, { bold: 'bold' }), ...lines];
}
