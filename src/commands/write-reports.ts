// Writes a run's reports beside its facts. The same report always gives the same bytes.
import { join } from 'node:path';
import { measurementError } from '../model/errors.ts';
import type { Report } from '../model/report.ts';
import { jsonReport } from '../report/json.ts';
import { markdownReport } from '../report/markdown.ts';
import { svgReport } from '../report/svg.ts';
import { writeFileAtomically } from '../store/atomic.ts';

/** File name -> exporter, in the order in which they are written. */
const exporters: Readonly<Record<string, (report: Report) => string>> = {
  'report.json': jsonReport,
  'report.md': markdownReport,
  'report.svg': svgReport,
};

export async function writeReports(folder: string, report: Report): Promise<string[]> {
  const written: string[] = [];
  for (const [name, exporter] of Object.entries(exporters)) {
    const path = join(folder, name);
    try {
      await writeFileAtomically(path, exporter(report));
    } catch (cause) {
      const hint = 'the boots are kept: free some disk space and run `bootgauge analyze`';
      throw measurementError(`cannot write ${path}: ${(cause as Error).message}`, hint, cause);
    }
    written.push(path);
  }
  return written;
}
