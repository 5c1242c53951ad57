// Numbers of probes as bootgauge.yml writes them: what belongs to them alone, and limits in their own unit.
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
  const probes = layers.flatMap((layer) => Object.entries(mapping(layer.probes)));
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
  ];
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
