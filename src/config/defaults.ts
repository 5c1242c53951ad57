// What holds where neither bootgauge.yml nor the command line says anything.

import type { ReferenceGuest } from '../model/guests/reference.ts';
import type { Deadlines, MetricRule, SideSpec } from '../model/scenario.ts';
import { gating } from '../probe/probe.ts';
import { metricDefinitions } from '../probe/probes.ts';
import { type MarkerProfileName, markerProfileNames } from '../timeline/marker-profiles.ts';

export const defaultScenarioId = 'default';

export const defaultGuest: ReferenceGuest = {
  kind: 'reference',
  architecture: 'arm64',
  sshd: 'dropbear',
  pages: '4k',
};

export const defaultSide: SideSpec = {
  guest: defaultGuest,
  machine: { accel: 'auto', cpus: 2, memoryMiB: 1024, gpu: 'none', append: '', qemuArguments: [] },
  qemu: { from: 'kit' },
};

/** What the console shows decides. */
export const defaultMarkers: MarkerProfileName = 'auto';
/** `alpine (default), openrc, ...`, for help. */
export const markerChoices = markerProfileNames
  .map((name) => (name === defaultMarkers ? `${name} (default)` : name))
  .join(', ');

export const defaultDeadlines: Deadlines = { totalMs: 120_000, phasesMs: {} };
export const defaultProbeTimeoutMs = 30_000;
export const defaultResponsiveness = { withinMs: 20_000 };

/** Rule of a metric that only the configuration names: a probe's, a phase's, a service's. It was named to be judged. */
export const defaultNamedRule = gating;
/** Of a metric that is named: what Bootgauge measures itself has a rule of its own. */
export const defaultRuleOf = (metric: string): MetricRule =>
  metricDefinitions.find(({ name }) => name === metric)?.rule ?? defaultNamedRule;
export const defaultRules: Readonly<Record<string, MetricRule>> = Object.fromEntries(
  metricDefinitions.filter(({ onlyWhenNamed }) => onlyWhenNamed !== true).map(({ name, rule }) => [name, rule]),
);
