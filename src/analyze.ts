// Judges it: a recorded run -> Report. Pure: the same facts give the same report byte for byte.
import { blame } from './blame/blame.ts';
import { type BootedSides, diagnose, mergeFindings } from './diagnose/diagnose.ts';
import type { Boot } from './model/boot.ts';
import { comparableKey } from './model/conditions.ts';
import { isExplaining, metricUnit } from './model/metric.ts';
import {
  type BootRow,
  type Finding,
  type Report,
  reportSchemaVersion,
  type ScenarioReport,
  type TypicalBoot,
} from './model/report.ts';
import type { RecordedRun, RecordedScenario } from './model/run.ts';
import type { Side } from './model/scenario.ts';
import type { Sample, Series } from './model/series.ts';
import type { Timeline } from './model/timeline.ts';
import type { VulkanIdentity, VulkanReport } from './model/vulkan.ts';
import { poolRuns, roundsOf } from './runs/pool.ts';
import { askedMetrics } from './timeline/asked-metrics.ts';
import { markerProfileOf } from './timeline/custom-markers.ts';
import { readLines } from './timeline/lines.ts';
import { type Measurement, measureBoot } from './timeline/metrics.ts';
import { readTimeline } from './timeline/read-timeline.ts';
import { explainRows, locateChange } from './verdict/explain.ts';
import { judge } from './verdict/judge.ts';
import type { JudgeInput } from './verdict/judge-input.ts';
import { type StopDecision, shouldStop } from './verdict/stop-rule.ts';
import { worstVerdict } from './verdict/worst.ts';
import { readVulkan, vulkanVerdict, vulkanWarnings } from './vulkan/vulkan-verdict.ts';

/** A report and what was read from the boots on the way, for exporters that show single boots. */
export interface Analysis {
  readonly report: Report;
  /** All boots of all scenarios in the order of the run. */
  readonly boots: readonly ReadBoot[];
}

/** The whole report of a run. */
export const analyze = (run: RecordedRun): Report => analyzeInFull(run).report;

export function analyzeInFull(run: RecordedRun): Analysis {
  const read = run.scenarios.map(readBoots);
  const scenarios = run.scenarios.map((recorded, index) => analyzeScenario(recorded, read[index] ?? []));
  const { id, startedAt, tool, commit, command, finished, onUndecided } = run;
  const verdict = worstVerdict(scenarios.map((scenario) => scenario.verdict));
  const report: Report = {
    schema: reportSchemaVersion,
    run: id,
    startedAt,
    tool,
    commit,
    ...(command === undefined ? {} : { command }),
    finished,
    onUndecided,
    verdict,
    scenarios,
  };
  return { report, boots: read.flat() };
}

/** What the judge is given of each scenario's own boots, for those who play the rule again. */
export const judgeInputs = (run: RecordedRun): JudgeInput[] =>
  run.scenarios.map((recorded) => ownInputOf(recorded, readBoots(recorded)));

/** The sequential rule that a door hands to record: the report's own judgement of what has been booted so far. */
export function stopRule(recorded: RecordedScenario): StopDecision {
  return shouldStop(judgeInputOf(recorded, readBoots(recorded)));
}

/** All series of one side, warm-ups left out, in the order of the boots. */
export function seriesOf(recorded: RecordedScenario, side: Side): Series[] {
  return buildSeries(readBoots(recorded), side);
}

/** The driver of head's boots; null where nothing was asked about Vulkan. */
export const vulkanIdentityOf = (recorded: RecordedScenario): VulkanIdentity | null =>
  vulkanOf(recorded)?.head.identity ?? null;

/** A boot with all that was read from it but its lines: those of all boots together would be many times the size of their consoles. */
export interface ReadBoot {
  readonly boot: Boot;
  readonly timeline: Timeline;
  readonly measurements: Readonly<Record<string, Measurement>>;
}

function readBoots({ scenario, boots }: RecordedScenario): ReadBoot[] {
  const markers = markerProfileOf(scenario);
  const asked = { head: askedMetrics(boots, 'head', scenario), base: askedMetrics(boots, 'base', scenario) };
  return boots.map((boot) => {
    const timeline = readTimeline({ boot, markers });
    return { boot, timeline, measurements: measureBoot({ boot, timeline, ...asked[boot.side] }) };
  });
}

/** What a boot is waited for besides SSH; the idle guest is watched afterwards, and nothing waits for that. */
function chainTargets({ probes }: RecordedScenario['scenario']): string[] {
  return ['time-to-vulkan', ...probes.flatMap(({ metric }) => metric ?? [])];
}

function analyzeScenario(recorded: RecordedScenario, read: readonly ReadBoot[]): ScenarioReport {
  const { scenario, conditions, hostState, baseline, baselinePath } = recorded;
  const input = judgeInputOf(recorded, read);
  const { verdict, comparisons, summaries, warnings } = judge(input);
  const rows = explainRows(input);
  return {
    scenario,
    conditions,
    hostState,
    verdict,
    summaries: { head: summaries.head.filter(notExplaining), base: summaries.base.filter(notExplaining) },
    comparisons,
    phases: rows.phases,
    services: rows.services,
    where: locateChange(comparisons, rows.phases),
    boots: read.map(bootRow),
    typical: (['base', 'head'] as const).flatMap((side) => typicalBoot(read, side)),
    vulkan: vulkanOf(recorded),
    findings: mergeFindings(read.flatMap(findingsOf), scenario.base === null ? undefined : bootedSides(read)),
    blame: blame(read, chainTargets(scenario)),
    warnings: [
      ...recorded.warnings,
      ...vulkanWarnings(
        scenario.head.machine.gpu,
        measuredBoots(read, 'head').map(({ boot }) => boot),
      ),
      ...warnings,
    ],
    baseline: { path: baselinePath, sessions: baseline.length, lastCommit: baseline.at(-1)?.commit ?? '' },
  };
}

const findingsOf = ({ boot, timeline }: ReadBoot): Finding[] =>
  diagnose({ boot, timeline, lines: readLines(boot.console) });

function bootedSides(read: readonly ReadBoot[]): BootedSides {
  const heads = new Set(read.filter(({ boot }) => boot.side === 'head').map(({ boot }) => boot.number));
  const cameUp = new Set(read.filter(({ timeline }) => timeline.complete).map(({ boot }) => boot.side));
  return { sideOf: (number) => (heads.has(number) ? 'head' : 'base'), cameUp };
}

/** Repeating a run does not start a new judgement: rounds of earlier runs of the same two sides come first. */
function judgeInputOf(recorded: RecordedScenario, read: readonly ReadBoot[]): JudgeInput {
  const own = ownInputOf(recorded, read);
  const { earlier = [], conditions } = recorded;
  if (own.base === null || conditions.base === null || earlier.length === 0) return own;
  const digests = { head: conditions.head.emulator.digest, base: conditions.base.emulator.digest };
  const { head, base } = poolRuns([...earlier, { run: 'this one', digests, head: own.head, base: own.base }]);
  const { sampling } = own.scenario;
  const maxBoots = sampling.maxBoots + earlier.reduce((sum, run) => sum + roundsOf(run), 0);
  return { ...own, scenario: { ...own.scenario, sampling: { ...sampling, maxBoots } }, head, base };
}

function ownInputOf(recorded: RecordedScenario, read: readonly ReadBoot[]): JudgeInput {
  const { scenario, conditions, baseline } = recorded;
  const { host, emulator } = conditions.head;
  return {
    scenario,
    head: buildSeries(read, 'head'),
    base: conditions.base === null ? null : buildSeries(read, 'base'),
    sessions: baseline,
    headKey: comparableKey(conditions.head, scenario),
    lost: vulkanVerdict(vulkanOf(recorded)),
    headFacts: { osVersion: host.osVersion, emulator: emulator.version, runner: host.runner },
  };
}

/** What boots that only explain did not find is shown, but nothing counts as lost by it. */
function vulkanOf({ scenario, conditions, baseline, boots }: RecordedScenario): VulkanReport | null {
  const vulkan = readVulkan({ boots, sessions: baseline, headKey: comparableKey(conditions.head, scenario) });
  return vulkan === null || scenario.profile === 'timing' ? vulkan : { ...vulkan, lost: '' };
}

const measuredBoots = (read: readonly ReadBoot[], side: Side): ReadBoot[] =>
  read.filter(({ boot }) => boot.side === side && !boot.warmup);

function buildSeries(read: readonly ReadBoot[], side: Side): Series[] {
  const measured = measuredBoots(read, side);
  const names = new Set(measured.flatMap(({ measurements }) => Object.keys(measurements)));
  return [...names].map((metric) => ({
    metric,
    unit: metricUnit(metric),
    side,
    resolution: Math.max(0, ...measured.map(({ measurements }) => measurements[metric]?.resolution ?? 0)),
    samples: measured.flatMap((entry) => sampleOf(entry, metric)),
  }));
}

/** Phases and services have rows of their own. */
const notExplaining = ({ metric }: { readonly metric: string }): boolean => !isExplaining(metric);

/** A phase or service that a complete boot did not have is absent; any other metric without a value is a failed boot. */
function sampleOf({ boot, timeline, measurements }: ReadBoot, metric: string): Sample[] {
  const value = measurements[metric]?.value ?? null;
  if (value === null && timeline.complete && isExplaining(metric)) return [];
  return [{ boot: boot.number, round: boot.round, value }];
}

function bootRow({ boot, measurements }: ReadBoot): BootRow {
  const { number, side, round, warmup, outcome } = boot;
  const values = Object.entries(measurements).filter(([name]) => !isExplaining(name));
  return {
    number,
    side,
    round,
    warmup,
    outcome,
    outcomeText: outcomeText(boot),
    values: Object.fromEntries(values.map(([name, { value }]) => [name, value])),
  };
}

function outcomeText({ outcome, stderr }: Boot): string {
  switch (outcome.kind) {
    case 'ready':
      return 'ready';
    case 'panicked':
      return `panicked: ${outcome.line}`;
    case 'rebooted':
      return `rebooted: ${outcome.line}`;
    case 'hung':
      return `hung in ${outcome.phase} (deadline ${outcome.deadlineMs / 1000} s)`;
    case 'exited':
      return outcome.signal === null
        ? `QEMU ended with status ${outcome.code} before the guest was ready${lastWords(stderr)}`
        : `QEMU was killed by ${outcome.signal} before the guest was ready${lastWords(stderr)}`;
    case 'failed':
      return `${outcome.probe} failed: ${outcome.detail}`;
  }
}

/** What QEMU complained of last: nearly always the reason for its end. */
function lastWords(stderr: string): string {
  const line = stderr.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${line}`;
}

/** The complete boot whose time-to-ssh is nearest to the side's median; the earlier one when two are equally near. */
function typicalBoot(read: readonly ReadBoot[], side: Side): TypicalBoot[] {
  const complete = read
    .filter(({ boot, timeline }) => boot.side === side && !boot.warmup && timeline.complete)
    .toSorted((a, b) => a.timeline.endNs - b.timeline.endNs || a.boot.number - b.boot.number);
  const middle = complete[Math.floor((complete.length - 1) / 2)];
  return middle === undefined ? [] : [{ side, number: middle.boot.number, timeline: middle.timeline }];
}
