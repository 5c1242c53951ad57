// npm run bench:study -- [--folder F] [--studied RUN] [--exhaustive RUN] [--json]: does ending arms early change what a study says? The seed
// study is run as it is and once more with no arm ended early; promises: it ends within 25 minutes, and both rank alike.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { LevelEffect, StudyReport } from '../../src/model/study.ts';
import { kendallTau } from '../../src/stats/trend.ts';
import { readRun } from '../../src/store/run-folder.ts';
import { readStudy } from '../../src/store/study-folder.ts';
import { analyzeStudy } from '../../src/study/analyze-study.ts';
import { finishBench } from './table.ts';

const promisedMinutes = 25;
const cli = resolve(import.meta.dirname, '../../src/cli.ts');

const { values } = parseArgs({
  options: {
    /** Keeps the recorded boots; a study that was interrupted there is gone on with. */
    folder: { type: 'string' },
    studied: { type: 'string' },
    exhaustive: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

interface Studied {
  readonly report: StudyReport;
  /** Of all boots together; a study that was interrupted is charged only for what it booted. */
  readonly minutes: number;
}

const folder =
  values.folder === undefined ? mkdtempSync(join(tmpdir(), 'bootgauge-bench-study-')) : resolve(values.folder);
try {
  const early = values.studied === undefined ? study('early', []) : await recorded(values.studied);
  const whole =
    values.exhaustive === undefined ? study('exhaustive', ['--exhaustive']) : await recorded(values.exhaustive);
  report(early, whole);
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true });
}

/** Each in a folder of its own: they are the same study, and neither may go on with the other's boots. */
function study(name: string, more: readonly string[]): Studied {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  const begun = performance.now();
  const answer = spawnSync(process.execPath, [cli, 'study', '--preset', 'seed', '--json', ...more], {
    cwd: own,
    env: { ...process.env, BOOTGAUGE_LOCK: join(own, 'lock') },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (answer.status !== 0) throw new Error(`the study ended with ${answer.status}`);
  return { report: JSON.parse(answer.stdout) as StudyReport, minutes: (performance.now() - begun) / 60_000 };
}

async function recorded(path: string): Promise<Studied> {
  const stored = await readStudy(path);
  if (stored === null) throw new Error(`${path} is no study`);
  const run = await readRun(path);
  const boots = run.scenarios.flatMap((scenario) => scenario.boots);
  const nanoseconds = boots.map(({ usage, events }) => Math.max(usage.at(-1)?.atNs ?? 0, events.at(-1)?.atNs ?? 0));
  const minutes = nanoseconds.reduce((sum, ns) => sum + ns, 0) / 60e9;
  return { report: analyzeStudy({ ...stored, run }), minutes };
}

function report(early: Studied, whole: Studied): void {
  const pairs = early.report.ranking.flatMap((one) => {
    const other = whole.report.ranking.find(({ factor, level }) => factor === one.factor && level === one.level);
    return other === undefined ? [] : [{ one, other }];
  });
  const known = pairs.filter(({ one, other }) => one.main.ratio !== null && other.main.ratio !== null);
  const apart = known.flatMap((a, index) =>
    known.slice(index + 1).flatMap((b) => (surely(a.other, b.other) === 0 ? [] : [{ a, b }])),
  );
  const turned = apart.filter(({ a, b }) => {
    const early = (a.one.main.ratio ?? 0) - (b.one.main.ratio ?? 0);
    return early * surely(a.other, b.other) < 0;
  });
  const opposite = known.filter(({ one, other }) => [one.word, other.word].sort().join() === 'faster,slower');
  const tau = kendallTau(
    known.map(({ one }) => one.main.ratio ?? 0),
    known.map(({ other }) => other.main.ratio ?? 0),
  );
  const boots = ({ report: { arms } }: Studied): number => arms.reduce((sum, arm) => sum + arm.boots, 0);
  finishBench(
    {
      name: 'The seed study, with arms ended early and with all arms to the end',
      columns: ['change', 'early', 'boots', 'exhaustive', 'boots'],
      rows: pairs.map(({ one, other }) => [
        `${one.factor} ${one.level}`,
        shown(one),
        one.boots,
        shown(other),
        other.boots,
      ]),
      promises: [
        {
          what: `the study ends within ${promisedMinutes} minutes`,
          measured: `${early.minutes.toFixed(1)} min, ${early.report.finished ? 'finished' : 'not finished'}`,
          met: early.report.finished && early.minutes <= promisedMinutes,
        },
        {
          what: 'both rank alike: changes that the exhaustive run surely tells apart come in the same order',
          measured: `${turned.length} of ${apart.length} pairs are turned round; Kendall's tau of all ${tau.toFixed(2)}`,
          met: turned.length === 0 && apart.length > 0 && whole.report.finished,
        },
        {
          what: 'no change is faster in one and slower in the other',
          measured: `${opposite.length} of ${known.length}`,
          met: opposite.length === 0 && known.length > 0,
        },
      ],
      notes: [`${boots(early)} boots with early endings, ${boots(whole)} without`],
      data: { early: early.report, exhaustive: whole.report },
    },
    values.json ? 'json' : 'table',
  );
}

/** -1: the first is surely faster, 1: slower, 0: their intervals overlap. */
function surely(one: LevelEffect, other: LevelEffect): number {
  const [a, b] = [one.main.interval, other.main.interval];
  if (a === null || b === null) return 0;
  if (a.high < b.low) return -1;
  return a.low > b.high ? 1 : 0;
}

function shown({ main, word }: LevelEffect): string {
  if (main.ratio === null) return word;
  const percent = (ratio: number): string => ((ratio - 1) * 100).toFixed(1);
  const range = main.interval === null ? '' : ` [${percent(main.interval.low)}, ${percent(main.interval.high)}]`;
  return `${percent(main.ratio)} %${range} ${word}`;
}
