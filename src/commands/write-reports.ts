// Writes a run's reports beside its facts. The same report always gives the same bytes.
import { join } from 'node:path';
import type { Analysis, ReadBoot } from '../analyze.ts';
import { measurementError } from '../model/errors.ts';
import type { Report } from '../model/report.ts';
import { htmlReport } from '../report/html.ts';
import { type HtmlConsole, htmlConsole } from '../report/html-console.ts';
import { jsonReport } from '../report/json.ts';
import { markdownReport } from '../report/markdown.ts';
import { svgReport } from '../report/svg.ts';
import { traceReport } from '../report/trace.ts';
import { writeFileAtomically } from '../store/atomic.ts';

/** File name -> exporter, in the order in which they are written. */
const exporters: Readonly<Record<string, (analysis: Analysis) => string>> = {
  'report.json': ({ report }) => jsonReport(report),
  'report.md': ({ report }) => markdownReport(report),
  'report.svg': ({ report }) => svgReport(report),
  'report.html': ({ report, boots }) => htmlReport(report, typicalConsoles(report, boots)),
  'trace.json': ({ boots }) => traceReport(boots),
};

function typicalConsoles(report: Report, boots: readonly ReadBoot[]): HtmlConsole[] {
  return report.scenarios.flatMap(({ scenario, typical }) =>
    typical.flatMap(({ side, number }) => {
      const found = boots.find(({ boot }) => boot.number === number);
      if (found === undefined) return [];
      return [htmlConsole({ scenario: scenario.id, boot: number, side }, found.lines, found.timeline.phases)];
    }),
  );
}

export async function writeReports(folder: string, analysis: Analysis): Promise<string[]> {
  const written: string[] = [];
  for (const [name, exporter] of Object.entries(exporters)) {
    const path = join(folder, name);
    try {
      await writeFileAtomically(path, exporter(analysis));
    } catch (cause) {
      const hint = 'the boots are kept: free some disk space and run `bootgauge analyze`';
      throw measurementError(`cannot write ${path}: ${(cause as Error).message}`, hint, cause);
    }
    written.push(path);
  }
  return written;
}
