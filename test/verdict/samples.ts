// Made-up series, scenarios and sessions for the tests and simulations of the judge.
import type { BaselineSession } from '../../src/model/baseline.ts';
import type { ComparableKey } from '../../src/model/conditions.ts';
import type { Unit } from '../../src/model/metric.ts';
import type { MetricRule, Scenario, SideSpec } from '../../src/model/scenario.ts';
import type { Series } from '../../src/model/series.ts';
import { normalFrom, type Random } from '../../src/stats/random.ts';
import type { JudgeInput } from '../../src/verdict/judge-input.ts';

export const gatingRule: MetricRule = { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: null };

const side: SideSpec = {
  guest: { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' },
  machine: { accel: 'tcg', cpus: 1, memoryMiB: 512, gpu: 'none', append: '', qemuArguments: [] },
  qemu: { from: 'kit' },
};

export const sampleKey: ComparableKey = {
  chip: 'Apple M2 Pro',
  osMajor: 'macOS 15',
  accelerator: 'hvf',
  guest: 'a'.repeat(64),
  scenario: 'default',
};

export function sampleScenario(
  sampling: { readonly boots: number; readonly maxBoots: number },
  rules: Readonly<Record<string, MetricRule>> = { 'time-to-ssh': gatingRule },
): Scenario {
  return {
    id: 'default',
    description: '',
    profile: 'timing',
    markers: 'alpine',
    head: side,
    base: side,
    probes: [],
    deadlines: { totalMs: 60_000, phasesMs: {} },
    metrics: rules,
    sampling: { warmup: 1, timeBudgetMs: 600_000, ...sampling },
  };
}

export function sampleSeries(
  which: 'head' | 'base',
  values: readonly (number | null)[],
  { metric = 'time-to-ssh', unit = 'ms', resolution = 10 }: { metric?: string; unit?: Unit; resolution?: number } = {},
): Series {
  const offset = which === 'head' ? 1 : 2;
  return {
    metric,
    unit,
    side: which,
    resolution,
    samples: values.map((value, index) => ({ boot: 2 * index + offset, round: index + 1, value })),
  };
}

export function sampleSession(
  run: string,
  metrics: Readonly<Record<string, readonly (number | null)[]>>,
): BaselineSession {
  return {
    schema: 1,
    run,
    recordedAt: '2026-01-01T00:00:00.000Z',
    key: sampleKey,
    facts: { osVersion: '15.5', emulator: 'QEMU emulator version 10.0.3', runner: '' },
    commit: '',
    intended: '',
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, samples]) => [name, { unit: 'ms', resolution: 10, samples }]),
    ),
  };
}

/** Head against base, one gating metric, one look. */
export function pairedInput(
  head: readonly (number | null)[],
  base: readonly (number | null)[],
  overrides: Partial<JudgeInput> = {},
): JudgeInput {
  return {
    scenario: sampleScenario({ boots: head.length, maxBoots: head.length }),
    head: [sampleSeries('head', head)],
    base: [sampleSeries('base', base)],
    sessions: [],
    headKey: sampleKey,
    ...overrides,
  };
}

/** Log-normal times with a robust generator: the same seed gives the same boots. */
export function boots(count: number, typical: number, cv: number, random: Random): number[] {
  const normal = normalFrom(random);
  return Array.from({ length: count }, () => typical * Math.exp(cv * normal()));
}
