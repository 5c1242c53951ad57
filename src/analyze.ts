// Judges it: a recorded run -> Report. Pure: the same facts give the same report byte for byte.
//
//   boots -> timelines -> measurements -> series -> verdict
//                 \-> findings, blame, the typical boot
import { blame, typicalOf } from './blame/blame.ts';
import { autopsyText } from './diagnose/autopsy-text.ts';
import { bootedSides, diagnose, mergeFindings, withoutRare } from './diagnose/diagnose.ts';
import type { Boot } from './model/boot.ts';
import { comparableKey, sidesAreIdentical } from './model/conditions.ts';
import { isExplaining, type Measurement, phaseMetric } from './model/metric.ts';
import { outcomeText } from './model/outcome-text.ts';
import { type BootRow, type Finding, type Report, reportSchemaVersion, type ScenarioReport } from './model/report.ts';
import { countsJoint, type RecordedRun, type RecordedScenario } from './model/run.ts';
import type { Side } from './model/scenario.ts';
import type { Sample, Series } from './model/series.ts';
import type { ReadBoot } from './model/timeline.ts';
import type { VulkanIdentity, VulkanReport } from './model/vulkan.ts';
import { askedMetrics, unaskedWarnings } from './probe/asked-metrics.ts';
import { awaitedMetrics, metricFacts } from './probe/probes.ts';
import { responseWarnings } from './probe/responsiveness.ts';
import { movedUnder } from './runs/parts.ts';
import { poolRuns, roundsOf } from './runs/pool.ts';
import { markerProfileOf } from './timeline/custom-markers.ts';
import { earlyBannerWarnings } from './timeline/early-banner.ts';
import { lastLines } from './timeline/last-lines.ts';
import { readLines } from './timeline/lines.ts';
import { measureBoot } from './timeline/metrics.ts';
import { readTimeline } from './timeline/read-timeline.ts';
import { measureWork } from './timeline/work.ts';
import { acceleratorVerdict } from './verdict/accelerator.ts';
import { withWork } from './verdict/count.ts';
import { crashesOf, hangsOf, readyAside } from './verdict/crashes.ts';
import { explainRows, locateChange } from './verdict/explain.ts';
import { parallelNotes } from './verdict/joint.ts';
import type { JudgeInput } from './verdict/judge-input.ts';
import { type Lateness, latenessOf } from './verdict/lateness.ts';
import { judgeRecorded, soakStop } from './verdict/soak.ts';
import { type StopDecision, shouldStop } from './verdict/stop-rule.ts';
import { worstVerdict } from './verdict/worst.ts';
import { readVulkan, vulkanVerdict, vulkanWarnings } from './vulkan/vulkan-verdict.ts';

/** A report and what was read from the boots on the way, for exporters that show single boots. */
export interface Analysis {
  readonly report: Report;
  /** All boots of all scenarios in the order of the run. */
  readonly boots: readonly ReadBoot[];
}

type AllRead = readonly (readonly ReadBoot[])[];

/** The whole report of a run. */
export const analyze = (run: RecordedRun): Report => analyzeInFull(run).report;

/** `read` are the boots of each scenario, where they were read before. */
export function analyzeInFull(run: RecordedRun, read: AllRead = run.scenarios.map(readBoots)): Analysis {
  const { id, startedAt, tool, commit, command, finished, onUndecided } = run;
  const scenarios = withWork(run.scenarios.map((recorded, index) => analyzeScenario(recorded, read[index] ?? [])));
  const report: Report = {
    schema: reportSchemaVersion,
    run: id,
    startedAt,
    tool,
    commit,
    ...(command === undefined ? {} : { command }),
    finished,
    onUndecided,
    verdict: worstVerdict(scenarios.map(({ verdict }) => verdict)),
    scenarios,
  };
  return { report, boots: read.flat() };
}

/** What the judge is given of each scenario's own boots, for those who play the rule again. */
export const judgeInputs = (run: RecordedRun): JudgeInput[] =>
  run.scenarios.map((recorded) => inputOfOwnBoots(recorded, measured(recorded, readBoots(recorded))));

/** The rule that a door hands to record: the report's own judgement of the boots so far. `read`: those, where they were read before. */
export function stopRule(recorded: RecordedScenario, read: readonly ReadBoot[] = readBoots(recorded)): StopDecision {
  if (recorded.scenario.soak !== undefined) return soakStop(recorded);
  if (recorded.scenario.count) return { decision: 'go-on', because: 'as many boots are counted as were asked for' };
  // Services are many, and only those with a rule of their own are judged.
  const isJudged = (metric: string): boolean =>
    !isExplaining(metric) || metric.startsWith(phaseMetric('')) || Object.hasOwn(recorded.scenario.metrics, metric);
  return shouldStop(judgeInputOf(recorded, measured(recorded, read), isJudged));
}

/** All series of both sides, warm-ups left out, in the order of the boots. */
export function seriesOf(recorded: RecordedScenario): Readonly<Record<Side, Series[]>> {
  const boots = measured(recorded, readBoots(recorded));
  return { head: seriesOfSide(boots, 'head', recorded), base: seriesOfSide(boots, 'base', recorded) };
}

/** Of head's boots; null where nothing was asked about Vulkan. */
export const vulkanIdentityOf = (recorded: RecordedScenario): VulkanIdentity | null =>
  vulkanOf(recorded)?.head.identity ?? null;

function analyzeScenario(recorded: RecordedScenario, read: readonly ReadBoot[]): ScenarioReport {
  const { scenario, conditions, hostState, baseline, baselinePath } = recorded;
  const boots = measured(recorded, read);
  const input = judgeInputOf(recorded, boots);
  const { verdict, comparisons, summaries, warnings } = judgeRecorded(recorded, input);
  const { phases, services } = explainRows(input);
  const findings = withoutRare(read.flatMap(findingsOf), read);
  return {
    scenario,
    conditions,
    hostState,
    verdict,
    summaries: { head: summaries.head.filter(hasNoRow), base: summaries.base.filter(hasNoRow) },
    comparisons,
    phases,
    services,
    where: locateChange(comparisons, phases, input),
    boots: bootRows(boots),
    typical: (['base', 'head'] as const).flatMap((side) => {
      const typical = typicalOf(ofSide(boots, side).filter(({ timeline, setAside }) => timeline.complete && !setAside));
      return typical === null ? [] : [{ side, number: typical.boot.number, timeline: typical.timeline }];
    }),
    vulkan: vulkanOf(recorded),
    ...movedUnder(recorded, verdict),
    findings: mergeFindings(findings, scenario.base === null ? undefined : bootedSides(read)),
    blame: blame(
      boots.filter(({ setAside }) => !setAside),
      awaitedMetrics(scenario),
    ),
    warnings: [
      ...recorded.warnings,
      ...unaskedWarnings(scenario, read),
      ...parallelNotes(recorded),
      ...earlyBannerWarnings(read),
      ...vulkanWarnings(scenario.head.machine.gpu, bootsOf(boots, 'head')),
      ...responseWarnings(recorded),
      ...warnings,
    ],
    baseline: { path: baselinePath, sessions: baseline.length, lastCommit: baseline.at(-1)?.commit ?? '' },
  };
}

function readBoots({ scenario, boots }: RecordedScenario): ReadBoot[] {
  const markers = markerProfileOf(scenario);
  return boots.map((boot) => ({ boot, timeline: readTimeline({ boot, markers }) }));
}

interface MeasuredBoot extends ReadBoot {
  readonly measurements: Readonly<Record<string, Measurement>>;
  /** Of a round of the other kind: its times are not compared with those of the rest. */
  readonly setAside: boolean;
}

/** What one boot was asked for, all boots of its side tell. */
function measured(recorded: RecordedScenario, read: readonly ReadBoot[]): MeasuredBoot[] {
  const { scenario, boots } = recorded;
  const joint = countsJoint(recorded);
  const asked = { head: askedMetrics(boots, 'head', scenario), base: askedMetrics(boots, 'base', scenario) };
  const keys = { head: JSON.stringify(asked.head), base: JSON.stringify(asked.base) };
  return read.map((entry) => {
    const { side, warmup } = entry.boot;
    const before = measuredBefore.get(entry);
    const setAside = !warmup && (entry.boot.joint === true) !== joint;
    const key = `${setAside} ${keys[side]}`;
    if (before?.key === key) return before.boot;
    const measurements = scenario.count ? measureWork(entry) : measureBoot({ ...entry, ...asked[side] });
    const boot = { ...entry, measurements, setAside };
    measuredBefore.set(entry, { key, boot });
    return boot;
  });
}

/** A function of its arguments only; kept because the stop rule asks for all boots after every round. */
const measuredBefore = new WeakMap<ReadBoot, { readonly key: string; readonly boot: MeasuredBoot }>();

const everyMetric = (_metric: string): boolean => true;

/** Repeating a run does not start a new judgement: rounds of earlier runs of the same two sides come first. */
function judgeInputOf(recorded: RecordedScenario, boots: readonly MeasuredBoot[], isWanted = everyMetric): JudgeInput {
  const own = inputOfOwnBoots(recorded, boots, isWanted);
  const { conditions } = recorded;
  const earlier = (recorded.earlier ?? []).filter(({ joint }) => (joint === true) === countsJoint(recorded));
  if (own.base === null || conditions.base === null || earlier.length === 0) return own;
  const digests = { head: conditions.head.emulator.digest, base: conditions.base.emulator.digest };
  const { head, base, sessionStarts } = poolRuns([
    ...earlier,
    { run: 'this one', digests, head: own.head, base: own.base },
  ]);
  const { sampling } = own.scenario;
  const maxBoots = sampling.maxBoots + earlier.reduce((sum, run) => sum + roundsOf(run), 0);
  return { ...own, scenario: { ...own.scenario, sampling: { ...sampling, maxBoots } }, head, base, sessionStarts };
}

function inputOfOwnBoots(
  recorded: RecordedScenario,
  boots: readonly MeasuredBoot[],
  isWanted = everyMetric,
): JudgeInput {
  const { conditions, baseline, plannedRounds } = recorded;
  const { sampling } = recorded.scenario;
  const maxBoots = Math.min(sampling.maxBoots, plannedRounds ?? sampling.maxBoots);
  const scenario = { ...recorded.scenario, sampling: { ...sampling, maxBoots } };
  const { host, emulator } = conditions.head;
  return {
    scenario,
    head: seriesOfSide(boots, 'head', recorded, isWanted),
    base: conditions.base === null ? null : seriesOfSide(boots, 'base', recorded, isWanted),
    ...(recorded.sessionStarts === undefined ? {} : { sessionStarts: recorded.sessionStarts }),
    ...{ sessions: baseline, otherSpreads: recorded.otherSpreads ?? [] },
    headKey: comparableKey(conditions.head, scenario),
    identical: recorded.boots.length === 0 && sidesAreIdentical(recorded.scenario, conditions),
    lost: acceleratorVerdict(recorded) ?? vulkanVerdict(vulkanOf(recorded)),
    crashes: crashesOf(bootsOf(boots, 'head'), bootsOf(boots, 'base')),
    setAside: readyAside(boots),
    hangs: { head: hangsOf(recorded.boots, 'head'), base: hangsOf(recorded.boots, 'base') },
    headFacts: { osVersion: host.osVersion, emulator: emulator.version, runner: host.runner },
  };
}

/** Warm-ups are measured and never counted. */
const ofSide = (boots: readonly MeasuredBoot[], side: Side): MeasuredBoot[] =>
  boots.filter(({ boot }) => boot.side === side && !boot.warmup);

const bootsOf = (boots: readonly MeasuredBoot[], side: Side): Boot[] => ofSide(boots, side).map(({ boot }) => boot);

function seriesOfSide(all: readonly MeasuredBoot[], side: Side, of: RecordedScenario, wanted = everyMetric): Series[] {
  const boots = ofSide(all, side);
  const metrics = new Set(boots.flatMap(({ measurements }) => Object.keys(measurements)));
  return [...metrics].filter(wanted).map((metric) => {
    const lateness = latenessOf(
      boots.flatMap(({ measurements: { [metric]: own }, setAside }) =>
        setAside || own == null || own.value === null ? [] : [own.resolution],
      ),
    );
    return {
      metric,
      ...metricFacts(metric, of.scenario),
      side,
      resolution: lateness.typical,
      samples: boots.flatMap((boot) => sampleOf(boot, metric, lateness)),
    };
  });
}

/**
 * A phase or service that a complete boot did not have is absent, and so is what nobody saw of a good boot; any other metric without a
 * value is a failed boot, which counts in whatever round it was.
 */
function sampleOf(entry: MeasuredBoot, metric: string, { isLate }: Lateness): Sample[] {
  const { boot, timeline, measurements, setAside } = entry;
  const { value, resolution, unknown } = measurements[metric] ?? { value: null, resolution: 0 };
  if (setAside && value !== null) return [];
  if (value === null && (unknown || (timeline.complete && isExplaining(metric)))) return [];
  const sample = { boot: boot.number, round: boot.round, value };
  return [value !== null && isLate(resolution) ? { ...sample, late: resolution } : sample];
}

/** Phases and services have rows of their own. */
const hasNoRow = ({ metric }: { readonly metric: string }): boolean => !isExplaining(metric);

/** Of a boot that failed so many lines of its console stand in the report. */
const shownLines = 8;

function bootRow({ boot, timeline, measurements }: MeasuredBoot): BootRow {
  const { number, side, round, warmup, outcome, stderr } = boot;
  const values = Object.entries(measurements).filter(([name]) => !isExplaining(name));
  return {
    number,
    side,
    round,
    warmup,
    outcome,
    outcomeText: outcomeText(outcome, stderr),
    values: Object.fromEntries(values.map(([name, { value }]) => [name, value])),
    ...(outcome.kind === 'ready' ? {} : { lastLines: lastLines(readLines(boot.console), shownLines) }),
    ...(timeline.complete
      ? {}
      : { reached: timeline.phases.map(({ name, durationNs }) => ({ name, ms: durationNs / 1e6 })) }),
  };
}

/** The rows of all boots. What was seen of a hang stands at the first one of its side: the others are mostly like it. */
function bootRows(measured: readonly MeasuredBoot[]): BootRow[] {
  const first = (side: Side) => measured.find(({ boot }) => boot.side === side && boot.autopsy !== undefined)?.boot;
  const shown = [first('head'), first('base')];
  return measured.map((one) => {
    const { autopsy } = one.boot;
    return autopsy !== undefined && shown.includes(one.boot)
      ? { ...bootRow(one), autopsy: autopsyText(autopsy) }
      : bootRow(one);
  });
}

/** The lines are read here and kept by nobody: those of all boots together would be many times the size of their consoles. */
const findingsOf = ({ boot, timeline }: ReadBoot): Finding[] =>
  diagnose({ boot, timeline, lines: readLines(boot.console) });

/** What boots that only explain did not find is shown, but nothing counts as lost by it. */
function vulkanOf({ scenario, conditions, baseline, boots }: RecordedScenario): VulkanReport | null {
  const vulkan = readVulkan({ boots, sessions: baseline, headKey: comparableKey(conditions.head, scenario) });
  return vulkan === null || scenario.profile === 'timing' ? vulkan : { ...vulkan, lost: '' };
}
