// A recorded study -> its report: effects, ranking, interactions and what to use. Pure: the same facts give the same report.
import type { Boot } from '../model/boot.ts';
import { isExplaining } from '../model/metric.ts';
import { mainMetricOf } from '../model/readiness.ts';
import type { RecordedRun, RecordedScenario } from '../model/run.ts';
import type {
  ArmSummary,
  Effect,
  EffectWord,
  EndedArm,
  LevelEffect,
  StudyFactor,
  StudyPlan,
  StudyReport,
} from '../model/study.ts';
import { askedMetrics } from '../probe/asked-metrics.ts';
import { sleepNeverBegan } from '../probe/idle.ts';
import { median } from '../stats/quantiles.ts';
import { markerProfileOf } from '../timeline/custom-markers.ts';
import { measureBoot } from '../timeline/metrics.ts';
import { readTimeline, readyNs } from '../timeline/read-timeline.ts';
import { blockNumbers, withoutTorn } from './blocks.ts';
import { effectConfidence } from './decide.ts';
import { failsMore, interactions, levelEffect, type Table } from './effects.ts';
import { recommend } from './recommend.ts';

/** Phase differences under this are not told even when they are certain. */
const smallestPhaseMs = 20;
/** A change of less than this share either way is nothing. */
const negligible = 0.05;

export interface StudyFacts {
  readonly plan: StudyPlan;
  readonly run: RecordedRun;
  readonly ended: readonly EndedArm[];
  /** Blocks that an interruption has cut; none if not given. */
  readonly torn?: readonly number[];
}

export function analyzeStudy({ plan, run: recorded, ended, torn = [] }: StudyFacts): StudyReport {
  const run = { ...recorded, scenarios: withoutTorn(recorded.scenarios, torn) };
  const tables = metricTables(run.scenarios);
  const mainMetric = mainMetricOf(run.scenarios[0]?.scenario ?? {});
  const main: Table = tables.get(mainMetric) ?? new Map();
  const ranking = plan.factors
    .flatMap((factor) =>
      factor.levels.slice(1).map((level) => effectOf({ plan, ended, mainMetric }, factor, level, tables)),
    )
    .sort((a, b) => rank(a) - rank(b) || (a.main.ratio ?? 9) - (b.main.ratio ?? 9));
  const found = plan.design === 'full' ? interactions(main, plan.arms, plan.factors) : [];
  const arms = plan.arms.map(({ id, levels }): ArmSummary => {
    const values = [...(main.get(id)?.values() ?? [])];
    const came = values.filter((value): value is number => value !== null);
    return {
      ...{ id, levels, boots: values.length, failed: values.length - came.length },
      medianMs: came.length === 0 ? null : median(came),
      ended: ended.find((entry) => entry.arm === id) ?? null,
    };
  });
  return {
    schema: 1,
    name: plan.name,
    run: run.id,
    design: plan.design,
    finished: run.finished,
    blocks: blockNumbers(run.scenarios).length,
    arms,
    ranking,
    interactions: found,
    recommendation: recommend({ plan, ended, table: main, ranking, arms, interacting: found.length > 0 }),
    warnings: [
      ...new Set(run.scenarios.flatMap(({ warnings }) => warnings.map(({ text }) => text))),
      ...sleptTooLate(plan, arms),
    ],
  };
}

function sleptTooLate({ arms: planned }: StudyPlan, arms: readonly ArmSummary[]): string[] {
  const values = planned
    .filter(({ id }) => arms.some((arm) => arm.id === id && arm.boots > 0))
    .map(({ setting }) => setting.environment.HVF_WFI_SLEEP);
  const asleep = sleepNeverBegan(
    values,
    arms.map(({ medianMs }) => medianMs ?? 0),
  );
  return asleep === null ? [] : [asleep];
}

/** The time until ready, mostly time-to-ssh, by arm and block: what decides which arms go on. It is asked for after every block, so no console is read for it. */
export function mainTable(scenarios: readonly RecordedScenario[]): Table {
  const timeToReady = (boot: Boot): number | null => {
    const ns = boot.outcome.kind === 'ready' ? readyNs(boot) : null;
    return ns === null ? null : ns / 1e6;
  };
  return new Map(
    scenarios.map(({ scenario, boots }) => [
      scenario.id,
      new Map(boots.filter(({ warmup }) => !warmup).map((boot) => [boot.round, timeToReady(boot)])),
    ]),
  );
}

/** Metric -> its values; none of a boot that failed. A phase that a complete boot did not have took no time in it. */
function metricTables(scenarios: readonly RecordedScenario[]): Map<string, Map<string, Map<number, number | null>>> {
  const read = scenarios.map(({ scenario, boots }) => {
    const mainMetric = mainMetricOf(scenario);
    const markers = markerProfileOf(scenario);
    const asked = askedMetrics(boots, 'head', scenario);
    const measured = boots.filter(({ warmup }) => !warmup);
    return {
      id: scenario.id,
      boots: measured.map((boot) => {
        const measurements = measureBoot({ boot, timeline: readTimeline({ boot, markers }), ...asked });
        const ready = boot.outcome.kind === 'ready';
        const values = Object.entries(measurements).map(([name, { value }]) => [name, ready ? value : null] as const);
        const found = Object.fromEntries(values);
        return { boot, values: found, isReady: found[mainMetric] != null };
      }),
    };
  });
  const metrics = new Set(read.flatMap(({ boots }) => boots.flatMap(({ values }) => Object.keys(values))));
  const tables = new Map<string, Map<string, Map<number, number | null>>>();
  // A study ranks by times and sizes.
  const isNumber = (metric: string): boolean =>
    scenarios.some(({ scenario: { probes } }) =>
      probes.some((one) => one.metric === metric && one.number !== undefined),
    );
  for (const metric of metrics) {
    if (metric.startsWith('service:') || isNumber(metric)) continue;
    const table = new Map(
      read.map(({ id, boots }) => [
        id,
        new Map(
          boots.map(({ boot, values, isReady }) => {
            const absent = isExplaining(metric) && isReady ? 0 : null;
            return [boot.round, values[metric] ?? absent] as const;
          }),
        ),
      ]),
    );
    tables.set(metric, table);
  }
  return tables;
}

function effectOf(
  { plan, ended, mainMetric }: Pick<StudyFacts, 'plan' | 'ended'> & { readonly mainMetric: string },
  factor: StudyFactor,
  level: string,
  tables: ReadonlyMap<string, Table>,
): LevelEffect {
  const arms = plan.arms.filter((arm) => arm.levels[factor.name] === level);
  const confidence = effectConfidence(plan, ended, arms);
  const effect = (metric: string): Effect =>
    levelEffect(metric, tables.get(metric) ?? new Map(), plan.arms, factor, level, confidence);
  const main = effect(mainMetric);
  const names = [...tables.keys()];
  const phases = names
    .filter((name) => name.startsWith('phase:'))
    .map(effect)
    .filter(({ differenceInterval: range, difference }) => {
      const certain = range !== null && (range.low > 0 || range.high < 0);
      return certain && Math.abs(difference ?? 0) >= smallestPhaseMs;
    })
    .sort((a, b) => Math.abs(b.difference ?? 0) - Math.abs(a.difference ?? 0));
  const times: Table = tables.get(mainMetric) ?? new Map();
  const own = arms.flatMap(({ id }) => [...(times.get(id)?.values() ?? [])]);
  const endings = ended.filter(({ arm }) => arms.some(({ id }) => id === arm));
  return {
    factor: factor.name,
    level,
    insteadOf: factor.levels[0] ?? '',
    word: wordOf(main),
    main,
    metrics: names.filter((name) => !isExplaining(name)).map(effect),
    phases,
    failed: own.filter((value) => value === null).length,
    boots: own.length,
    lessReliable: failsMore(times, plan.arms, factor, level),
    note: noteOf(endings, arms.length, own.length),
  };
}

function wordOf({ interval }: Effect): EffectWord {
  if (interval === null) return 'unknown';
  if (interval.high < 1) return 'faster';
  if (interval.low > 1) return 'slower';
  return interval.low > 1 - negligible && interval.high < 1 + negligible ? 'nothing' : 'unclear';
}

function noteOf(endings: readonly EndedArm[], arms: number, boots: number): string {
  const told = endings.filter(({ why }) => why !== 'settled' && why !== 'slower');
  const [first] = told;
  if (first === undefined) {
    const early = endings.map(({ block }) => block);
    return endings.length < arms || early.length === 0 ? '' : `ended after block ${Math.max(...early)}`;
  }
  const which = arms === 1 ? '' : ` (${told.length} of ${arms} arms)`;
  const wasNotTried = first.why === 'unreachable' || first.why === 'same plan';
  const what = wasNotTried ? (boots > 0 ? 'no longer booted' : 'not booted') : first.why;
  return `${what}${which}: ${first.because}`;
}

function rank({ word, main, lessReliable }: LevelEffect): number {
  if (main.ratio === null) return 9;
  return lessReliable ? 8 : { faster: 0, nothing: 1, unclear: 1, slower: 2, unknown: 3 }[word];
}
