// Writes a run's reports beside its facts. The same report always gives the same bytes.
import { join } from 'node:path';
import type { Analysis } from '../analyze.ts';
import { measurementError } from '../model/errors.ts';
import { exporters } from '../report/exporters.ts';
import { type HtmlConsole, htmlConsole } from '../report/html-console.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { readLines } from '../timeline/lines.ts';

/** Of each side the typical boot's, and that of the first boot that failed: when none came up it is what a person looks for. */
function consolesOf({ report, boots }: Analysis): HtmlConsole[] {
  return report.scenarios.flatMap(({ scenario, typical, boots: rows }) =>
    (['base', 'head'] as const).flatMap((side) => {
      const failed = rows.filter((row) => row.side === side && row.outcome.kind !== 'ready');
      const first = failed.find(({ warmup }) => !warmup) ?? failed[0];
      const numbers = [typical.find((one) => one.side === side)?.number, first?.number];
      return boots
        .filter(({ boot }) => numbers.includes(boot.number))
        .map(({ boot, timeline }) => {
          const name = { scenario: scenario.id, boot: boot.number, side };
          const shown = boot.outcome.kind === 'ready' ? name : { ...name, failed: true as const };
          return htmlConsole(shown, readLines(boot.console), timeline.phases);
        });
    }),
  );
}

/** Writes every report that a run gets; gives their paths. */
export async function writeReports(folder: string, analysis: Analysis): Promise<string[]> {
  const exported = { ...analysis, consoles: consolesOf(analysis) };
  const written: string[] = [];
  for (const { file, write } of exporters) {
    if (file === null) continue;
    const path = join(folder, file);
    try {
      await writeFileAtomically(path, write(exported));
    } catch (cause) {
      const hint = 'the boots are kept: free some disk space and run `bootgauge analyze`';
      throw measurementError(`cannot write ${path}: ${(cause as Error).message}`, hint, cause);
    }
    written.push(path);
  }
  return written;
}
