// Config + command line -> what is measured. Layers, the later one winning key by key: what is built in, defaults, the
// scenario, the command line; base and head come last, so that the command line never removes what they differ in.
import { resolve } from 'node:path';
import { usageError } from '../model/errors.ts';
import { settleGuest, type WrittenGuest } from '../model/guests/guests.ts';
import { type Awaited, awaitsSsh, readinessesOf, readyMetric } from '../model/readiness.ts';
import {
  type Deadlines,
  defaultSampling,
  type MachineSpec,
  type MetricRule,
  type ProbeSpec,
  type Profile,
  type QemuChoice,
  type SamplingSpec,
  type Scenario,
  type SideSpec,
} from '../model/scenario.ts';
import { metricDefinitions, needsSsh } from '../probe/probes.ts';
import { responseMetrics } from '../probe/responsiveness.ts';
import { isBuiltInMarkers, markerProfileNames } from '../timeline/marker-profiles.ts';
import type { Config } from './config.ts';
import {
  defaultDeadlines,
  defaultMarkers,
  defaultProbeTimeoutMs,
  defaultResponsiveness,
  defaultRuleOf,
  defaultRules,
  defaultScenarioId,
  defaultSide,
} from './defaults.ts';
import { suggestion } from './nearest.ts';
import { type SideBuild, withMergeBase, withQemu, withSideBuild } from './qemu.ts';
import { readyOf, requireReachable } from './readiness.ts';
import type { RawRule, RawScenario, RawSettings, RawSide } from './schema.ts';
import { settledGuest } from './settled-guest.ts';

/** What the command line says in place of the configuration. */
export interface Overrides {
  readonly guest?: WrittenGuest;
  readonly accel?: MachineSpec['accel'];
  readonly cpus?: number;
  readonly memoryMiB?: number;
  readonly gpu?: MachineSpec['gpu'];
  readonly append?: string;
  readonly qemu?: QemuChoice;
  /** Both sides are built from source and compared, in place of what the configuration says of base and head. */
  readonly base?: SideBuild;
  readonly head?: SideBuild;
  readonly profile?: Profile;
  readonly markers?: string;
  readonly warmup?: number;
  readonly boots?: number;
  readonly maxBoots?: number;
  readonly timeBudgetMs?: number;
  readonly totalDeadlineMs?: number;
}

/**
 * The scenarios of these names, in their order; without names all but those that are `only-when-named`. A configuration
 * without scenarios has one, `default`. Throws a usage error for a name that does not exist.
 */
export function scenariosOf(config: Config, names: readonly string[] = [], overrides: Overrides = {}): Scenario[] {
  const known = writtenScenarios(config);
  return chosenIds(known, names, config).map((id) => scenarioOf(id, known[id] ?? {}, config, overrides));
}

export const scenarioIds = (config: Config): string[] => Object.keys(writtenScenarios(config));

function writtenScenarios({ scenarios }: Config): Config['scenarios'] {
  return Object.keys(scenarios).length > 0 ? scenarios : { [defaultScenarioId]: {} };
}

function chosenIds(known: Readonly<Record<string, RawScenario>>, names: readonly string[], config: Config): string[] {
  const ids = Object.keys(known);
  for (const name of names) {
    if (ids.includes(name)) continue;
    const place = config.file === null ? 'without a bootgauge.yml' : `in ${config.file}`;
    throw usageError(`there is no scenario '${name}' ${place}${suggestion(name, ids)}`);
  }
  if (names.length > 0) return [...new Set(names)];
  const usual = ids.filter((id) => known[id]?.['only-when-named'] !== true);
  if (usual.length > 0) return usual;
  throw usageError('every scenario is only-when-named', `name one: ${ids.join(', ')}`);
}

function scenarioOf(id: string, own: RawScenario, config: Config, overrides: Overrides): Scenario {
  const layers: readonly RawSettings[] = [config.defaults, own];
  const common = overridden(
    [config.defaults, own].reduce((side, layer) => withSide(side, layer, config), {
      ...defaultSide,
      qemu: config.qemu,
    }),
    overrides,
    config.folder,
  );
  const markers = overrides.markers ?? last(layers, 'markers') ?? defaultMarkers;
  const probes = probesOf(layers);
  const ready = readyOf(last(layers, 'ready'), common.guest, config.folder);
  const sides = sidesOf(common, own, config, overrides);
  requireReachable(id, ready, sides);
  const responsiveness = responsivenessOf(layers);
  const crashes = last(layers, 'crashes');
  const phases = last(layers, 'phases');
  return {
    id,
    description: own.description ?? '',
    profile: overrides.profile ?? last(layers, 'profile') ?? 'timing',
    markers,
    ...customMarkers(markers, config),
    ...sides,
    ...(ready === undefined ? {} : { ready }),
    probes,
    deadlines: deadlinesOf(layers, overrides),
    ...(last(layers, 'draw') === undefined ? {} : { draw: true as const }),
    ...(last(layers, 'autopsy') === false ? { autopsy: false as const } : {}),
    ...(responsiveness === null ? {} : { responsiveness }),
    metrics: rulesOf(layers, probes, ready === undefined ? {} : { ready }),
    ...(crashes === undefined ? {} : { crashes }),
    ...(phases === undefined ? {} : { phases }),
    sampling: samplingOf(layers, overrides),
  };
}

function sidesOf(
  common: SideSpec,
  own: RawScenario,
  config: Config,
  overrides: Overrides,
): Pick<Scenario, 'head' | 'base'> {
  // Built sides are built on both, so that nothing but the source differs.
  const builds = [own.base, own.head, overrides.base, overrides.head].some(
    (raw) => raw?.ref !== undefined || raw?.patches !== undefined,
  );
  const start = builds ? { ...common, qemu: withSideBuild(common.qemu, {}, config.folder) } : common;
  const sideOf = (raw: RawSide, build: SideBuild | undefined): SideSpec => {
    const side = withSide(start, raw, config);
    const written =
      raw.ref !== undefined || raw.patches !== undefined
        ? { ...side, qemu: withSideBuild(side.qemu, raw, config.folder) }
        : side;
    return build === undefined ? written : { ...written, qemu: withSideBuild(written.qemu, build, config.folder) };
  };
  const head = sideOf(own.head ?? {}, overrides.head);
  const paired = own.base ?? own.head ?? overrides.base;
  if (paired === undefined && overrides.head?.patches === undefined) return { head, base: null };
  const base = sideOf(own.base ?? {}, overrides.base);
  return { head, base: { ...base, qemu: withMergeBase(base.qemu, head.qemu) } };
}

function last<Key extends keyof RawSettings>(layers: readonly RawSettings[], key: Key): RawSettings[Key] | undefined {
  return layers.map((layer) => layer[key]).findLast((value) => value !== undefined);
}

function withSide(side: SideSpec, raw: RawSide, config: Config): SideSpec {
  return {
    guest: raw.guest === undefined ? side.guest : settledGuest(raw.guest, side.guest, config),
    machine: {
      accel: raw.accel ?? side.machine.accel,
      cpus: raw.cpus ?? side.machine.cpus,
      memoryMiB: raw.memory ?? side.machine.memoryMiB,
      gpu: raw.gpu ?? side.machine.gpu,
      append: raw.append ?? side.machine.append,
      qemuArguments: raw['qemu-arguments'] ?? side.machine.qemuArguments,
    },
    qemu: withQemu(side.qemu, raw.qemu, config.folder),
  };
}

function overridden(side: SideSpec, overrides: Overrides, folder: string): SideSpec {
  return {
    guest: overrides.guest === undefined ? side.guest : settleGuest(overrides.guest, side.guest, { folder, resolve }),
    machine: {
      ...side.machine,
      accel: overrides.accel ?? side.machine.accel,
      cpus: overrides.cpus ?? side.machine.cpus,
      memoryMiB: overrides.memoryMiB ?? side.machine.memoryMiB,
      gpu: overrides.gpu ?? side.machine.gpu,
      append: overrides.append ?? side.machine.append,
    },
    qemu: overrides.qemu ?? side.qemu,
  };
}

/** The marker profile of this name, or the usual one of the configuration. Throws a usage error for a name that does not exist. */
export function markersOf(name: string | undefined, config: Config): Pick<Scenario, 'markers' | 'customMarkers'> {
  const markers = name ?? config.defaults.markers ?? defaultMarkers;
  return { markers, ...customMarkers(markers, config) };
}

function customMarkers(name: string, config: Config): Pick<Scenario, 'customMarkers'> {
  const profile = Object.hasOwn(config.markers, name) ? config.markers[name] : undefined;
  if (profile) return { customMarkers: profile };
  if (isBuiltInMarkers(name)) return {};
  throw usageError(
    `there is no marker profile '${name}'${suggestion(name, [...markerProfileNames, ...Object.keys(config.markers)])}`,
  );
}

function probesOf(layers: readonly RawSettings[]): ProbeSpec[] {
  const merged = Object.assign({}, ...layers.map((layer) => layer.probes ?? {})) as NonNullable<RawSettings['probes']>;
  return Object.entries(merged).map(([name, probe]) => ({
    name,
    run: probe.run,
    expect: probe.expect ?? null,
    timeoutMs: probe.timeout ?? defaultProbeTimeoutMs,
    metric: probe.metric ?? (probe.number === undefined ? null : name),
    ...(probe.number === undefined
      ? {}
      : { number: { pattern: probe.number, unit: probe.unit ?? '', better: probe.better ?? 'lower' } }),
  }));
}

/** A scenario that names one of its metrics asks for it, too. */
function responsivenessOf(layers: readonly RawSettings[]): NonNullable<Scenario['responsiveness']> | null {
  const isNamed = layers.some(({ metrics = {} }) => responseMetrics.some((name) => Object.hasOwn(metrics, name)));
  const written = last(layers, 'responsiveness');
  if (written === undefined && !isNamed) return null;
  return { withinMs: written?.within ?? defaultResponsiveness.withinMs };
}

function deadlinesOf(layers: readonly RawSettings[], overrides: Overrides): Deadlines {
  const totals = layers.map((layer) => layer.deadlines?.total);
  return {
    totalMs: overrides.totalDeadlineMs ?? totals.findLast((total) => total !== undefined) ?? defaultDeadlines.totalMs,
    phasesMs: layers.reduce<Deadlines['phasesMs']>(
      (phases, layer) => ({ ...phases, ...layer.deadlines?.phases }),
      defaultDeadlines.phasesMs,
    ),
  };
}

function rulesOf(
  layers: readonly RawSettings[],
  probes: readonly ProbeSpec[],
  awaited: Awaited,
): Record<string, MetricRule> {
  const named = layers.flatMap((layer) => Object.keys(layer.metrics ?? {}));
  const hasSsh = awaitsSsh(awaited);
  const awaitedFirst = readinessesOf(awaited).map(readyMetric);
  const probed = [...awaitedFirst, ...(hasSsh ? probes.flatMap(({ metric }) => metric ?? []) : [])];
  // A limit in defaults may concern a probe that this scenario does not have.
  const unmeasured = (name: string): boolean =>
    !metricDefinitions.some((metric) => metric.name === name) &&
    !probed.includes(name) &&
    !/^(phase|service):/.test(name);
  const all = [...awaitedFirst, ...Object.keys(defaultRules), ...probed, ...named.filter((name) => !unmeasured(name))];
  const names = new Set(all.filter((name) => hasSsh || !needsSsh(name)));
  return Object.fromEntries(
    [...names].map((name) => {
      const written = layers.map((layer) => layer.metrics?.[name]);
      const isNumber = probes.some(({ metric, number }) => metric === name && number !== undefined);
      const usual = isNumber ? { ...defaultRuleOf(name), floor: 0 } : defaultRuleOf(name);
      return [name, written.reduce(withRule, usual)];
    }),
  );
}

function withRule(rule: MetricRule, raw: RawRule | undefined): MetricRule {
  return {
    gate: raw?.gate ?? rule.gate,
    tolerate: raw?.tolerate ?? rule.tolerate,
    limit: raw?.limit ?? rule.limit,
    floor: raw?.floor ?? rule.floor,
    max: raw?.max ?? rule.max,
    ...minOf(raw, rule),
  };
}

function minOf(raw: RawRule | undefined, rule: MetricRule): Pick<MetricRule, 'min'> {
  const min = raw?.min ?? rule.min;
  return min === undefined ? {} : { min };
}

function samplingOf(layers: readonly RawSettings[], overrides: Overrides): SamplingSpec {
  const written = layers.reduce<NonNullable<RawSettings['sampling']>>(
    (all, { sampling }) => ({ ...all, ...sampling }),
    {},
  );
  const boots = overrides.boots ?? written.boots ?? defaultSampling.boots;
  const most = overrides.maxBoots ?? written['max-boots'] ?? defaultSampling.maxBoots;
  if (overrides.maxBoots !== undefined && overrides.boots !== undefined && boots > most) {
    throw usageError(`--max-boots ${most} is less than --boots ${boots}`);
  }
  return {
    warmup: overrides.warmup ?? written.warmup ?? defaultSampling.warmup,
    // The more specific layer wins: --max-boots 3 makes the least 3 too, --boots 30 makes the most 30 too.
    boots: overrides.maxBoots === undefined ? boots : Math.min(boots, most),
    maxBoots: overrides.maxBoots ?? Math.max(boots, most),
    timeBudgetMs: overrides.timeBudgetMs ?? written['time-budget'] ?? defaultSampling.timeBudgetMs,
    ...(written['quiet-wait'] === undefined ? {} : { quietWaitMs: written['quiet-wait'] }),
    ...(written.parallel === 'off' ? { parallel: 'off' as const } : {}),
  };
}
