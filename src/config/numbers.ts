// Numbers of probes as bootgauge.yml writes them: what belongs to them alone, and limits in their own unit.
import { parseRatio } from '../model/units.ts';
import { metricDefinitions } from '../probe/probes.ts';
import type { Mistake, Path } from './source.ts';

type Mapping = Readonly<Record<string, unknown>>;

interface Section {
  readonly path: Path;
  readonly own: Mapping;
  readonly layers: readonly Mapping[];
}

const mapping = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};

/** The metric of a probe, if it has one: a number is called like its probe unless it says otherwise. */
export function metricOf(name: string, probe: unknown): string[] {
  const { metric, number } = mapping(probe);
  if (typeof metric === 'string') return [metric];
  return number === undefined ? [] : [name];
}

export function mistakenNumbers({ path, own, layers }: Section): Mistake[] {
  // The most specific one comes last, and holds.
  const probes = layers.toReversed().flatMap((layer) => Object.entries(mapping(layer.probes)));
  const numbers = new Map(
    probes.flatMap(([name, probe]): [string, Mapping][] =>
      mapping(probe).number === undefined ? [] : metricOf(name, probe).map((metric) => [metric, mapping(probe)]),
    ),
  );
  const stray = Object.entries(mapping(own.probes)).flatMap(([name, probe]) =>
    mapping(probe).number !== undefined
      ? []
      : ['unit', 'better']
          .filter((key) => Object.hasOwn(mapping(probe), key))
          .map((key) => at([...path, 'probes', name, key], `${key} belongs to number, which this probe has not`)),
  );
  const rules = Object.entries(mapping(own.metrics)).filter(([name]) => !isBuiltIn(name));
  return [
    ...stray,
    ...rules.flatMap(([name, rule]) => ruleMistakes([...path, 'metrics', name], rule, numbers.get(name))),
    ...[...numbers].flatMap(([metric, { better }]) =>
      better === 'higher' ? impossibleFall({ path, own, layers }, metric) : [],
    ),
  ];
}

/** NaN, which is neither less nor greater, for what cannot be read: that is a mistake of its own already. */
export function shareOf(written: unknown): number {
  const parsed = parseRatio(typeof written === 'number' ? String(written) : typeof written === 'string' ? written : '');
  return 'value' in parsed ? parsed.value : Number.NaN;
}

/** A number of which more is better can fall by less than all of it. */
function impossibleFall({ path, own, layers }: Section, metric: string): Mistake[] {
  const limitIn = (layer: Mapping): unknown => mapping(mapping(layer.metrics)[metric]).limit;
  const written = layers.map(limitIn).find((limit) => limit !== undefined);
  const limit = shareOf(written);
  if (!(limit >= 1)) return [];
  const message = `limit of ${metric} must be less than 100 %: more of this number is better, and it cannot fall by ${Number((limit * 100).toFixed(2))} %`;
  if (limitIn(own) !== undefined) return [at([...path, 'metrics', metric, 'limit'], message)];
  // The limit stands above, where it may be meant for others; it is told once, where the number is.
  return Object.entries(mapping(own.probes)).flatMap(([name, probe]) =>
    metricOf(name, probe).includes(metric) ? [at([...path, 'probes', name, 'better'], message)] : [],
  );
}

const isBuiltIn = (metric: string): boolean => metricDefinitions.some(({ name }) => name === metric);

function ruleMistakes(path: Path, rule: unknown, probe: Mapping | undefined): Mistake[] {
  return Object.entries(mapping(rule)).flatMap(([key, value]): Mistake[] => {
    if (key !== 'floor' && key !== 'max' && key !== 'min') return [];
    const where = [...path, key];
    if (probe === undefined) {
      if (key === 'min') return [at(where, 'min belongs to a number of which more is better')];
      return typeof value === 'number' ? [at(where, `'${value}' has no unit: write ${value} ms or ${value} s`)] : [];
    }
    const unit = typeof probe.unit === 'string' ? ` in ${probe.unit}` : '';
    if (typeof value === 'string') return [at(where, `expected a plain number${unit}, found '${value}'`)];
    const isHigher = probe.better === 'higher';
    if (key === 'min' && !isHigher) return [at(where, 'less of this number is better: use max')];
    return key === 'max' && isHigher ? [at(where, 'more of this number is better: use min')] : [];
  });
}

const at = (path: Path, message: string): Mistake => ({ path, at: 'value', message });
