// Which metrics a side's boots were asked for: what was never asked has not failed.
import type { Boot } from '../model/boot.ts';
import type { Scenario, Side } from '../model/scenario.ts';
import { askedProbes, isBuiltIn } from './probes.ts';

export interface AskedMetrics {
  /** none: nobody can log in to this guest; the banner is all there is. */
  readonly login: 'asked' | 'none';
  /** Metrics of probes, built-in ones and users'. */
  readonly probeMetrics: readonly string[];
}

export function askedMetrics(boots: readonly Boot[], side: Side, scenario: Scenario): AskedMetrics {
  const own = boots.filter((boot) => boot.side === side);
  const ready = own.some(({ outcome }) => outcome.kind === 'ready');
  const answered = new Set(own.flatMap(({ probes }) => probes.map(({ probe }) => probe)));
  if (ready && !answered.has('login')) return { login: 'none', probeMetrics: [] };
  const asked = askedProbes(scenario[side] ?? scenario.head, scenario).map((probe) => ({
    waitsForLogin: probe.run !== undefined && isBuiltIn(probe),
    names: probe.metrics.map(({ name }) => name),
  }));
  // Of a side that could be asked: where only the banner is timed, no boot came to the first of the built-in probes.
  const begun = asked.some(({ waitsForLogin, names }) => waitsForLogin && names.some((name) => answered.has(name)));
  const counted = asked.filter(({ waitsForLogin }) => begun || !waitsForLogin);
  return { login: 'asked', probeMetrics: counted.flatMap(({ names }) => names) };
}
