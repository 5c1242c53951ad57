// All exporters. A new one is a file beside this and a line in this table.
import type { Report } from '../model/report.ts';
import { bencherReport } from './bencher.ts';
import { benchmarkActionReport } from './benchmark-action.ts';
import { benchstatReport } from './benchstat.ts';
import { htmlReport } from './html.ts';
import type { HtmlConsole } from './html-console.ts';
import { hyperfineReport } from './hyperfine.ts';
import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import { svgReport } from './svg.ts';
import { type TracedBoot, traceReport } from './trace.ts';

/** What an exporter may show: the report, and what single boots said and did. */
export interface Exported {
  readonly report: Report;
  /** In the order of the run. */
  readonly boots: readonly TracedBoot[];
  /** Of the boots that a reader is likely to look for. */
  readonly consoles: readonly HtmlConsole[];
}

export interface Exporter {
  /** What it is called on the command line. */
  readonly name: string;
  /** The file that every run gets; null where it is only written when it is asked for. */
  readonly file: string | null;
  /** `report`: it can be printed wherever there is a report. `boots`: it needs the recorded boots, too. */
  readonly from: 'report' | 'boots';
  /** The same facts give the same text. */
  readonly write: (exported: Exported) => string;
}

/** Files are written in this order. */
export const exporters: readonly Exporter[] = [
  { name: 'json', file: 'report.json', from: 'report', write: ({ report }) => jsonReport(report) },
  { name: 'markdown', file: 'report.md', from: 'report', write: ({ report }) => markdownReport(report) },
  { name: 'svg', file: 'report.svg', from: 'report', write: ({ report }) => svgReport(report) },
  { name: 'html', file: 'report.html', from: 'boots', write: ({ report, consoles }) => htmlReport(report, consoles) },
  { name: 'trace', file: 'trace.json', from: 'boots', write: ({ boots }) => traceReport(boots) },
  { name: 'junit', file: null, from: 'report', write: ({ report }) => junitReport(report) },
  { name: 'benchstat', file: null, from: 'report', write: ({ report }) => benchstatReport(report) },
  { name: 'hyperfine', file: null, from: 'report', write: ({ report }) => hyperfineReport(report) },
  { name: 'bencher', file: null, from: 'report', write: ({ report }) => bencherReport(report) },
  { name: 'benchmark-action', file: null, from: 'report', write: ({ report }) => benchmarkActionReport(report) },
];
