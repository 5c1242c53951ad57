// A study for a terminal: the ranking first, then what it rests on.
import type { Interval } from '../model/comparison.ts';
import type { ArmSummary, Effect, LevelEffect, StudyReport } from '../model/study.ts';
import { formatChange, formatCount, formatDifference, formatValue } from './format.ts';
import { type Cell, layoutTable, type Paint, type TerminalStyle, wrapText } from './terminal-table.ts';

export function studyText(report: StudyReport, style: TerminalStyle): string {
  const boots = report.arms.reduce((sum, arm) => sum + arm.boots, 0);
  const booted = report.arms.filter((arm) => arm.boots > 0).length;
  const state = report.finished ? '' : '; not finished: the same command goes on with it';
  const title = `Study ${report.name}: ${formatCount(booted, 'arm')}, ${formatCount(boots, 'boot')} in ${formatCount(report.blocks, 'block')}${state}`;
  const lines = [
    ...wrapText(title, style, { bold: 'bold' }),
    ...block(
      'What each change does to time-to-ssh',
      report.ranking.flatMap((effect) => effectLines(effect, style)),
      style,
    ),
    ...block(
      'Interactions',
      report.interactions.flatMap((found) => wrapText(interactionText(found), style, { indent: 2, paint: 'yellow' })),
      style,
    ),
    ...block('Recommended', wrapText(recommendationText(report), style, { indent: 2 }), style),
    ...block('Arms', layoutTable(report.arms.map(armCells), style), style),
    ...block('Other metrics', layoutTable(metricCells(report), style), style),
    ...block(
      'Warnings',
      report.warnings.flatMap((text) => wrapText(text, style, { indent: 2, paint: 'yellow' })),
      style,
    ),
    '',
    ...wrapText(
      'Ratios are geometric means over blocks in which both were booted, with 95 % Student intervals, wider for an arm that ended early; "nothing" means that a change of 5 % is excluded, "unclear" that neither a change nor none is. Each interval stands for itself; what is recommended is faster by all of them at once, and by 1 % at least.',
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
    return 'Stay with the default: nothing tried is surely faster, by 1 % at least, and comes up as often.';
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

function armCells(arm: ArmSummary): Cell[] {
  const ended =
    arm.ended === null ? '' : `${arm.ended.why}${arm.ended.block > 0 ? ` after block ${arm.ended.block}` : ''}`;
  const boots = `${formatCount(arm.boots, 'boot')}${arm.failed === 0 ? '' : `, ${arm.failed} failed`}`;
  return [
    { text: '', align: 'left' },
    { text: arm.id, align: 'left' },
    { text: formatValue(arm.medianMs, 'ms'), align: 'right' },
    { text: boots, align: 'left' },
    { text: ended, align: 'left', paint: 'dim' },
  ];
}

/** Only what is certain: a table of nothings helps nobody. */
function metricCells(report: StudyReport): Cell[][] {
  return report.ranking.flatMap((effect) =>
    effect.metrics
      .filter((one) => one.metric !== 'time-to-ssh' && isCertain(one.interval))
      .map((one): Cell[] => [
        { text: '', align: 'left' },
        { text: `${effect.factor} ${effect.level}`, align: 'left' },
        { text: one.metric, align: 'left' },
        { text: formatChange(one.ratio, one.interval), align: 'right' },
      ]),
  );
}

const isCertain = (interval: Interval | null): boolean => interval !== null && (interval.low > 1 || interval.high < 1);

const secondsText = ({ difference, unit }: Effect): string => formatDifference(difference, unit);

function block(title: string, lines: readonly string[], style: TerminalStyle): readonly string[] {
  return lines.length === 0 ? [] : ['', ...wrapText(title, style, { bold: 'bold' }), ...lines];
}
