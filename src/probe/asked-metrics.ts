// Which metrics a side's boots were asked for: what was never asked has not failed.
import type { Boot } from '../model/boot.ts';
import type { Warning } from '../model/comparison.ts';
import { awaitsSsh } from '../model/readiness.ts';
import type { Scenario, Side } from '../model/scenario.ts';
import type { ReadBoot } from '../model/timeline.ts';
import { sleepNeverBegan, sleepSwitches } from './idle.ts';
import { askedProbes, isBuiltIn, readyMetrics, usualMetricsOf } from './probes.ts';

export interface AskedMetrics {
  /** none: nobody can log in to this guest; the banner is all there is. */
  readonly login: 'asked' | 'none';
  /** What every boot records: readiness first. */
  readonly usual: readonly string[];
  /** Metrics of probes, built-in ones and users'. */
  readonly probeMetrics: readonly string[];
}

/** What the boots were not asked though it was wanted, or though nothing else can show what differs between the sides. */
export function unaskedWarnings(scenario: Scenario, read: readonly ReadBoot[]): Warning[] {
  const readyMs = read.filter(({ timeline }) => timeline.complete).map(({ timeline }) => timeline.endNs / 1e6);
  const asleep = readyMs.length === 0 ? null : sleepNeverBegan(sleepSwitches(scenario), readyMs);
  return [...unaskedProbes(scenario), ...(asleep === null ? [] : [{ code: 'wfi-sleep', text: asleep }])];
}

/** Of a guest that is not waited for by SSH. */
function unaskedProbes(scenario: Scenario): Warning[] {
  if (awaitsSsh(scenario)) return [];
  const { ready: _, ...withSsh } = scenario;
  const names = askedProbes(scenario.head, withSsh).filter(
    ({ run, later }) => run !== undefined || later !== undefined,
  );
  if (names.length === 0) return [];
  const text = `ready does not name ssh: not asked are ${names.map(({ name }) => name).join(', ')}`;
  return [{ code: 'not-asked', text }];
}

export function askedMetrics(boots: readonly Boot[], side: Side, scenario: Scenario): AskedMetrics {
  const own = boots.filter((boot) => boot.side === side);
  const ready = own.some(({ outcome }) => outcome.kind === 'ready');
  const answered = new Set(own.flatMap(({ probes }) => probes.map(({ probe }) => probe)));
  const usual = [...new Set([...readyMetrics(scenario), ...usualMetricsOf(scenario)])];
  if (ready && !answered.has('login') && awaitsSsh(scenario)) return { login: 'none', usual, probeMetrics: [] };
  const asked = askedProbes(scenario[side] ?? scenario.head, scenario).map((probe) => ({
    waitsForLogin: probe.run !== undefined && isBuiltIn(probe),
    names: probe.metrics.map(({ name }) => name),
  }));
  // Of a side that could be asked: where only the banner is timed, no boot came to the first of the built-in probes.
  const begun = asked.some(({ waitsForLogin, names }) => waitsForLogin && names.some((name) => answered.has(name)));
  const counted = asked.filter(({ waitsForLogin }) => begun || !waitsForLogin);
  return { login: 'asked', usual, probeMetrics: counted.flatMap(({ names }) => names) };
}
