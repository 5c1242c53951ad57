// The phases of the typical boots as a mermaid gantt chart, which GitHub draws in summaries and comments. A table with
// the same figures always stands beside it, since mermaid is a picture only.
import type { ChangeLocation, Report, TypicalBoot } from '../model/report.ts';
import type { Section } from './markdown.ts';
import { fence } from './markdown-writer.ts';
import { worstFirst } from './title.ts';

/** One chart per scenario that has a complete boot, the worst first, head before base. */
export function ganttSections(report: Report): readonly Section[] {
  return worstFirst(report.scenarios).flatMap(({ scenario, typical, where }) => {
    const boots = [...typical].sort((one, other) => (one.side < other.side ? 1 : one.side > other.side ? -1 : 0));
    if (boots.length === 0) return [];
    const ends = Math.max(...boots.map((boot) => boot.timeline.endNs)) / 1e9;
    const lines = [
      'gantt',
      `  title ${word(scenario.id)}: phases of the boots nearest to the median`,
      '  dateFormat x',
      `  axisFormat ${ends < 60 ? '%-S.%L s' : '%-M:%S min'}`,
      ...boots.flatMap((boot) => chartOf(boot, where)),
    ];
    return [{ name: `${scenario.id}/picture`, text: fence('mermaid', lines), priority: 7 }];
  });
}

/** Head's phases in which a change lies are marked: red where they grew. */
function chartOf({ side, timeline }: TypicalBoot, where: ChangeLocation | null): readonly string[] {
  const bars = timeline.phases.flatMap((phase) =>
    phase.spans.map(({ startNs, endNs }) => ({ name: phase.name, startNs, endNs })),
  );
  const shown = bars
    .filter(({ startNs, endNs }) => endNs - startNs >= 1e6)
    .sort((one, other) => one.startNs - other.startNs)
    .slice(0, 40);
  const changed = (phase: string): string => {
    const found = where?.phases.find(({ name }) => name === phase);
    return found === undefined ? '' : found.differenceMs > 0 ? 'crit, ' : 'active, ';
  };
  const style = (phase: string): string => (side === 'head' ? changed(phase) : 'done, ');
  return [
    `  section ${side}`,
    ...shown.map(({ name, startNs, endNs }) => `  ${word(name)} :${style(name)}${whole(startNs)}, ${whole(endNs)}`),
  ];
}

const whole = (nanoseconds: number): number => Math.round(nanoseconds / 1e6);

/** Mermaid has no escape for its own signs: all but plain letters, digits and a few marks become blanks. */
const word = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N}_./+-]+/gu, ' ')
    .trim()
    .slice(0, 40) || '?';
