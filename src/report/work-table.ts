// The rows of boots that were counted: how many instructions the guest ran, in all and in each phase.
import type { Summary } from '../model/comparison.ts';
import { phaseOfWork } from '../model/metric.ts';
import { plainLine } from '../model/plain-text.ts';
import type { ScenarioReport } from '../model/report.ts';
import { missing } from './format.ts';
import { type Cell, cell, figureColumn, nameColumn, type Table } from './table.ts';

export function workTable({ summaries: { head, base } }: ScenarioReport): Table {
  const isPair = base.length > 0;
  const names = [...new Set([...head, ...base].map(({ metric }) => metric))];
  const of = (side: readonly Summary[], name: string) => side.find(({ metric }) => metric === name);
  return {
    title: 'Instructions of the guest',
    columns: [
      nameColumn('metric', 'million instructions'),
      ...(isPair ? [figureColumn('base'), figureColumn('head'), figureColumn('change')] : [figureColumn('median')]),
      figureColumn('noise'),
    ],
    rows: names.map((name) => {
      const [own, other] = [of(head, name), of(base, name)];
      const figures = isPair
        ? [cell(millions(other)), cell(millions(own)), cell(changeText(own, other))]
        : [cell(millions(own))];
      return { cells: [cell(plainLine(phaseOfWork(name), 120)), ...figures, noiseCell(own, other)] };
    }),
  };
}

const millions = (summary: Summary | undefined): string =>
  summary?.median == null ? missing : summary.median.toFixed(1).replace(/\B(?=(?:\d{3})+\.)/g, ',');

function changeText(head: Summary | undefined, base: Summary | undefined): string {
  if (head?.median == null || base?.median == null || base.median === 0) return missing;
  const percent = (head.median / base.median - 1) * 100;
  return `${percent < 0 ? '-' : '+'}${Math.abs(percent).toFixed(2)} %`;
}

function noiseCell(...sides: readonly (Summary | undefined)[]): Cell {
  const known = sides.flatMap((side) => side?.noise ?? []);
  return cell(known.length === 0 ? missing : `${(Math.max(...known) * 100).toFixed(2)} %`);
}
