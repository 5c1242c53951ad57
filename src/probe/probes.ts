// The probes, in the order in which a boot passes them. Whoever adds one adds a file and a line here; recording asks what is in this
// table, the analysis measures it, the configuration knows its metrics.
import type { Boot } from '../model/boot.ts';
import { isWork, type Measurement, type MetricDefinition, type Unit } from '../model/metric.ts';
import { awaitsSsh, readinessesOf, readyMetric } from '../model/readiness.ts';
import type { Scenario, SideSpec } from '../model/scenario.ts';
import type { Series } from '../model/series.ts';
import { commandProbe, measureAnswer } from './command.ts';
import { dispatch } from './dispatch.ts';
import { draw } from './draw.ts';
import { drm } from './drm.ts';
import { idle } from './idle.ts';
import { type AskedGuest, type FailedProbe, type Probe, passed, type ReadyGuest, type RecordedGuest } from './probe.ts';
import { responsiveness } from './responsiveness.ts';
import { login, sshBanner } from './ssh.ts';
import { usage } from './usage.ts';
import { vulkan } from './vulkan.ts';

const builtIn: readonly Probe[] = [
  // What every boot records anyway.
  sshBanner,
  login,
  usage,
  // Asked behind the login.
  drm,
  vulkan,
  dispatch,
  draw,
  // Watched once the guest is ready.
  idle,
  // Asked when all else is on record.
  responsiveness,
];

/** Metrics that boots can have without a configuration. `phase:*`, `service:*` and users' probes come on top; lower is better in all. */
export const metricDefinitions: readonly MetricDefinition[] = builtIn.flatMap(({ metrics }) => metrics);

/** A user's number in the unit of its probe; what no built-in probe measures is a time. */
export function metricFacts(metric: string, { probes }: Pick<Scenario, 'probes'>): Pick<Series, 'unit' | 'better'> {
  const number = probes.find((probe) => probe.metric === metric)?.number;
  return number === undefined ? { unit: metricUnit(metric) } : { unit: number.unit, better: number.better };
}

export const metricUnit = (metric: string): Unit =>
  isWork(metric) ? 'million' : (metricDefinitions.find(({ name }) => name === metric)?.unit ?? 'ms');

/** What every boot is asked or records anyway. */
export const usualMetrics: readonly string[] = builtIn.filter(isUsual).flatMap(metricNames);

export const isBuiltIn = (probe: Probe): boolean => builtIn.includes(probe);

/** The metrics of a scenario's readiness, the main one first. */
export const readyMetrics = (scenario: Scenario): readonly string[] => readinessesOf(scenario).map(readyMetric);

/** What boots of a scenario record anyway: where nobody waits for SSH, nothing of it. */
export const usualMetricsOf = (scenario: Scenario): readonly string[] =>
  awaitsSsh(scenario) ? usualMetrics : usualMetrics.filter((name) => !sshMetrics.includes(name));

const sshMetrics = [sshBanner, login].flatMap(metricNames);
/** Whether a metric of Bootgauge's own is measured over SSH. */
export const needsSsh = (metric: string): boolean =>
  builtIn.some((probe) => (logsIn(probe) || sshMetrics.includes(metric)) && metricNames(probe).includes(metric));

/** What boots of this side are asked besides, in the order in which it is asked. */
export function askedProbes(side: SideSpec, scenario: Scenario): readonly Probe[] {
  const asked = builtIn.filter((probe) => !isUsual(probe) && probe.asked(side, scenario));
  const late = asked.filter((probe) => probe.run === undefined);
  // All others are asked by SSH.
  if (!awaitsSsh(scenario)) return late.filter((probe) => !logsIn(probe));
  const [long, short] = [true, false].map((is) =>
    asked.filter((probe) => !late.includes(probe) && (probe.takesLong ?? false) === is),
  );
  return [...(short ?? []), ...scenario.probes.map(commandProbe), ...(long ?? []), ...late];
}

/** Metrics that a boot is waited for besides its main readiness. */
export const awaitedMetrics = (scenario: Scenario): readonly string[] => [
  ...readyMetrics(scenario).slice(1),
  ...metricDefinitions.filter(({ isAwaited }) => isAwaited === true).map(({ name }) => name),
  ...scenario.probes.flatMap(({ metric, number }) => (number === undefined ? (metric ?? []) : [])),
];

/** Asks a guest that let us in. The first that fails ends the row; null: all passed, or the guest's signal was aborted. */
export async function askProbes(probes: readonly Probe[], guest: AskedGuest): Promise<FailedProbe | null> {
  for (const probe of probes) {
    if (probe.run === undefined) continue;
    guest.facts.underWay = { probe: probe.name, events: [probe.name, ...metricNames(probe)] };
    const failed = await probe.run(guest);
    if (guest.signal.aborted) return null;
    guest.facts.underWay = undefined;
    if (failed) return failed;
  }
  return null;
}

export async function askAfterwards(probes: readonly Probe[], guest: ReadyGuest): Promise<void> {
  for (const { afterwards } of probes) await afterwards?.(guest);
}

export async function askLater(probes: readonly Probe[], guest: RecordedGuest): Promise<void> {
  for (const { later } of probes) await later?.(guest);
}

/** A metric of a probe in one boot. What no built-in probe measures is a user's: the moment of its success. */
export function measureMetric(boot: Boot, metric: string): Measurement {
  const probe = builtIn.find((candidate) => metricNames(candidate).includes(metric));
  return probe === undefined ? measureAnswer(passed(boot, metric)) : probe.measure(boot, metric);
}

function logsIn({ run, later }: Probe): boolean {
  return run !== undefined || later !== undefined;
}

function isUsual({ run, afterwards, later }: Probe): boolean {
  return run === undefined && afterwards === undefined && later === undefined;
}

function metricNames({ metrics }: Probe): readonly string[] {
  return metrics.map(({ name }) => name);
}
