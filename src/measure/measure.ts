// Measures: scenarios -> a recorded run, its report, and the files of both.
import { analyzeInFull, stopRule } from '../analyze.ts';
import { headCommit } from '../build/git.ts';
import type { CommandContext } from '../cli/context.ts';
import { writeReports } from '../cli/write-reports.ts';
import type { Config } from '../config/config.ts';
import { performanceCores } from '../host/cores.ts';
import { steadyClock } from '../host/steady-clock.ts';
import type { SharedBuilds } from '../model/build.ts';
import type { Report } from '../model/report.ts';
import type { Scenario } from '../model/scenario.ts';
import { type RunRequest, record } from '../recording/record.ts';
import type { StopRule } from '../recording/when-to-stop.ts';
import { earlierRuns } from './earlier-runs.ts';
import { forecastText } from './forecast.ts';
import { otherSpreads } from './other-spreads.ts';
import { preparationFor } from './preparation.ts';
import { type Soaked, unfinishedSoak } from './resume-soak.ts';

export interface ScenarioRun {
  readonly config: Config;
  readonly scenarios: readonly Scenario[];
  readonly onUndecided: 'pass' | 'fail';
  readonly context: CommandContext;
  /** Holds `baselines` and receives `.bootgauge`; the configuration's folder if not given. */
  readonly root?: string;
  /** Where earlier runs of the same two sides are looked for; `root` if not given. */
  readonly earlierRoot?: string;
  /** Nothing may be loaded for the kit, for a guest or for a side that is built. */
  readonly offline?: boolean;
  /** Builds of other machines, and where new ones are given to them. */
  readonly shared?: SharedBuilds | null;
  /** As in the request of `record`. */
  readonly identicalSides?: RunRequest['identicalSides'];
  /** Goes on with an unfinished soak of the scenario. */
  readonly resume?: boolean;
  /** When there are boots enough; the report's own rule if not given. */
  readonly stopRule?: StopRule;
}

/** A recorded run, and the files that were written from it. */
export interface ReportedRun {
  readonly folder: string;
  readonly files: readonly string[];
  readonly report: Report;
}

/** Records and analyses scenarios and writes the reports; shared by every door that measures. */
export async function runScenarios(run: ScenarioRun): Promise<ReportedRun> {
  const { config, scenarios, onUndecided, context } = run;
  const root = run.root ?? config.folder;
  const earlier: RunRequest['earlier'] = (scenario, conditions) =>
    earlierRuns(run.earlierRoot ?? root, { scenario, conditions }, context.progress);
  const sides = scenarios.flatMap(({ base, head }) => (base === null ? [head] : [base, head]));
  using clock = steadyClock();
  const isSoak = scenarios.some(({ soak }) => soak !== undefined);
  const prepare = await preparationFor({ ...run, sides });
  const {
    folder,
    run: recorded,
    read,
  } = await record({
    root,
    scenarios,
    prepare,
    onUndecided,
    commit: await headCommit(config.folder, context),
    tool: context.version,
    command: context.words,
    stopRule: run.stopRule ?? stopRule,
    // What it tells is of times, and of a run from its beginning.
    ...(isSoak ? {} : { forecast: forecastText }),
    otherSpreads: (path, scenario, head) => otherSpreads({ root, path }, scenario, head),
    identicalSides: run.identicalSides ?? 'boot',
    // Who brings a rule of his own knows which boots it is for.
    ...(run.stopRule === undefined && !isSoak
      ? { earlier, joint: { cores: await performanceCores(), remembered: prepare.remembered } }
      : {}),
    progress: context.progress,
    signal: context.signal,
    ...(run.resume ? { resume: (now: Soaked) => unfinishedSoak(root, now, context.progress) } : {}),
    now: () => clock.now(),
  });
  const analysis = analyzeInFull(recorded, read);
  return { folder, files: await writeReports(folder, analysis), report: analysis.report };
}
