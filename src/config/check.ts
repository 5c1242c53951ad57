// Mistakes that need more than one key to be seen: metrics and marker profiles that do not exist, keys that contradict each
// other. Works on the unchecked value, so that one reading of the file finds every mistake.

import { metricDefinitions } from '../probe/probes.ts';
import { isBuiltInMarkers, markerProfileNames } from '../timeline/marker-profiles.ts';
import { defaultRuleOf } from './defaults.ts';
import { suggestion } from './nearest.ts';
import { metricOf, mistakenNumbers, shareOf } from './numbers.ts';
import { contradictoryReadiness, writtenName } from './readiness.ts';
import type { Mistake, Path } from './source.ts';

type Mapping = Readonly<Record<string, unknown>>;

interface Section {
  readonly path: Path;
  readonly own: Mapping;
  /** What it inherits from, most specific first. */
  readonly layers: readonly Mapping[];
}

/** `value` is the whole file as plain data. */
export function crossMistakes(value: unknown): Mistake[] {
  const root = mapping(value);
  const defaults = mapping(root.defaults);
  const scenarios = Object.entries(mapping(root.scenarios)).map(([id, scenario]): Section => {
    const own = mapping(scenario);
    return { path: ['scenarios', id], own, layers: [own, defaults] };
  });
  const common: Section = { path: ['defaults'], own: defaults, layers: [defaults] };
  // A limit in defaults may concern a probe that only some scenario has.
  const everyProbe = [common, ...scenarios].flatMap((section) => ownMetrics(section.own));
  return [
    ...unknownMetrics(common, everyProbe),
    ...scenarios.flatMap((section) => unknownMetrics(section, section.layers.flatMap(ownMetrics))),
    ...[common, ...scenarios].flatMap((section) => [
      ...unknownMarkers(section, root),
      ...contradictorySampling(section),
      ...takenMetrics(section),
      ...awaitedTwice(section),
      ...contradictoryRules(section),
      ...mistakenNumbers(section),
      ...drawsNothing(section),
      ...contradictoryReadiness(section.path, section.own, section.layers.at(-1)?.ready),
    ]),
    ...sidesOf(common, scenarios).flatMap(impossibleGuests),
    ...customProfiles(mapping(root.markers)),
    ...unusableNames(value, []),
  ];
}

/** zod passes over this one key of a mapping of names in silence. */
export function unusableNames(value: unknown, path: Path): Mistake[] {
  return Object.entries(mapping(value)).flatMap(([key, inner]): Mistake[] =>
    key === '__proto__'
      ? [{ path: [...path, key], at: 'key', message: `'${key}' cannot be a name` }]
      : unusableNames(inner, [...path, key]),
  );
}

function mapping(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
}

/** Metrics that a section itself brings: of its probes, and of what makes it ready. */
function ownMetrics(section: Mapping): string[] {
  const awaited = Array.isArray(section.ready) ? section.ready.map((item) => `time-to-${writtenName(item)}`) : [];
  const probed = Object.entries(mapping(section.probes)).flatMap(([name, probe]) => {
    return metricOf(name, probe);
  });
  return [...awaited, ...probed];
}

const builtInMetrics = metricDefinitions.map(({ name }) => name);

function unknownMetrics(section: Section, fromProbes: readonly string[]): Mistake[] {
  const known = [...builtInMetrics, ...fromProbes];
  return Object.keys(mapping(section.own.metrics))
    .filter((name) => !known.includes(name) && !/^(phase|service):./.test(name))
    .map((name) => ({
      path: [...section.path, 'metrics', name],
      at: 'key',
      message: `there is no metric '${name}'${suggestion(name, [...known, 'phase:NAME', 'service:NAME'])}`,
    }));
}

function unknownMarkers(section: Section, root: Mapping): Mistake[] {
  const { markers } = section.own;
  const known = [...markerProfileNames, ...Object.keys(mapping(root.markers))];
  if (typeof markers !== 'string' || known.includes(markers)) return [];
  const message = `there is no marker profile '${markers}'${suggestion(markers, known)}`;
  return [{ path: [...section.path, 'markers'], at: 'value', message }];
}

function contradictorySampling(section: Section): Mistake[] {
  const { boots, 'max-boots': most } = mapping(section.own.sampling);
  if (typeof boots !== 'number' || typeof most !== 'number' || boots <= most) return [];
  const message = `max-boots ${most} is less than boots ${boots}`;
  return [{ path: [...section.path, 'sampling', 'max-boots'], at: 'value', message }];
}

/** In a scenario of its own that is a mistake; in defaults it is meant for the scenarios that have Venus. */
function drawsNothing({ path, own, layers }: Section): Mistake[] {
  if (own.draw === undefined || path[0] !== 'scenarios') return [];
  const sides = [...layers, mapping(own.base), mapping(own.head)];
  if (sides.some(({ gpu }) => gpu === 'venus')) return [];
  return [{ path: [...path, 'draw'], at: 'key', message: 'draw needs gpu: venus' }];
}

function takenMetrics(section: Section): Mistake[] {
  const seen = new Set<string>();
  return Object.entries(mapping(section.own.probes)).flatMap(([name, probe]): Mistake[] => {
    const [metric] = metricOf(name, probe);
    if (metric === undefined) return [];
    const taken = builtInMetrics.includes(metric)
      ? 'Bootgauge itself measures'
      : seen.has(metric)
        ? 'another probe is'
        : null;
    seen.add(metric);
    if (taken === null) return [];
    return [
      {
        path: [...section.path, 'probes', name, 'metric'],
        at: 'value',
        message: `'${metric}' is a metric that ${taken}`,
      },
    ];
  });
}

/** A probe and a readiness of the same name would be taken for each other. */
function awaitedTwice({ path, own, layers }: Section): Mistake[] {
  const ready: readonly unknown[] = layers.map((layer) => layer.ready).find(Array.isArray) ?? [];
  // Without SSH no probe is asked.
  if (!ready.includes('ssh')) return [];
  const names = ready.map((item) => `time-to-${writtenName(item)}`);
  const probes = layers.flatMap((layer) => Object.entries(mapping(layer.probes)));
  return probes.flatMap(([name, probe]): Mistake[] => {
    const [told = name] = metricOf(name, probe);
    const isOwn = Object.hasOwn(mapping(own.probes), name);
    if (!names.includes(told) || (!isOwn && own.ready === undefined)) return [];
    const message = `'${told}' is told by ready and by the probe ${name}: give one another name`;
    return [{ path: [...path, ...(isOwn ? ['probes', name] : ['ready'])], at: 'key', message }];
  });
}

function contradictoryRules(section: Section): Mistake[] {
  return Object.keys(mapping(section.own.metrics)).flatMap((name): Mistake[] => {
    const share = (key: 'tolerate' | 'limit'): number => {
      const written = section.layers
        .map((layer) => mapping(mapping(layer.metrics)[name])[key])
        .find((one) => one !== undefined);
      return written === undefined ? defaultRuleOf(name)[key] : shareOf(written);
    };
    if (!(share('tolerate') >= share('limit'))) return [];
    const own = mapping(mapping(section.own.metrics)[name]);
    const blamed = 'tolerate' in own ? 'tolerate' : 'limit';
    const percent = (key: 'tolerate' | 'limit'): string => `${key} (${Number((share(key) * 100).toPrecision(6))} %)`;
    const message = `${name}: ${percent('tolerate')} must be less than ${percent('limit')}`;
    return blamed in own ? [{ path: [...section.path, 'metrics', name, blamed], at: 'value', message }] : [];
  });
}

function sidesOf(common: Section, scenarios: readonly Section[]): Section[] {
  const sides = scenarios.flatMap((section) =>
    ['base', 'head'].map((name): Section => {
      const own = mapping(section.own[name]);
      return { path: [...section.path, name], own, layers: [own, ...section.layers] };
    }),
  );
  return [common, ...scenarios, ...sides];
}

function impossibleGuests(section: Section): Mistake[] {
  if (section.own.guest === undefined) return [];
  const key = (name: string): unknown =>
    section.layers.map((layer) => mapping(layer.guest)[name]).find((written) => written !== undefined);
  if (key('pages') !== '16k' || key('arch') !== 'x86_64') return [];
  const message = 'a kernel with 16k pages exists for arm64 only';
  return [{ path: [...section.path, 'guest'], at: 'value', message }];
}

function customProfiles(profiles: Mapping): Mistake[] {
  return Object.entries(profiles).flatMap(([name, profile]): Mistake[] => {
    if (isBuiltInMarkers(name)) {
      return [
        {
          path: ['markers', name],
          at: 'key',
          message: `the marker profile '${name}' is built in; choose another name`,
        },
      ];
    }
    const { markers } = mapping(profile);
    if (!Array.isArray(markers)) return [];
    const all = markers.map(mapping);
    const phases = all.filter(({ kind }) => kind === undefined || kind === 'starts').map((one) => String(one.name));
    return all.flatMap((marker, index): Mistake[] => {
      const ended = String(marker.name);
      if (marker.kind !== 'ends' || phases.includes(ended)) return [];
      const message = `no marker of ${name} starts a phase '${ended}'${suggestion(ended, phases)}`;
      return [{ path: ['markers', name, 'markers', index, 'name'], at: 'value', message }];
    });
  });
}
