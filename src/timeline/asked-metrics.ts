// Which metrics a side's boots were asked for: what was never asked has not failed.
import type { Boot } from '../model/boot.ts';
import { idleCpu } from '../model/metric.ts';
import type { Scenario, Side } from '../model/scenario.ts';
import { graphicsMetrics } from '../model/vulkan.ts';

export interface AskedMetrics {
  /** none: nobody can log in to this guest; the banner is all there is. */
  readonly login: 'asked' | 'none';
  /** Metrics of probes, the built-in ones of a GPU included. */
  readonly probeMetrics: readonly string[];
}

export function askedMetrics(boots: readonly Boot[], side: Side, scenario: Scenario): AskedMetrics {
  const own = boots.filter((boot) => boot.side === side);
  const ready = own.some(({ outcome }) => outcome.kind === 'ready');
  if (ready && !own.some(({ probes }) => probes.some(({ probe }) => probe === 'login'))) {
    return { login: 'none', probeMetrics: [] };
  }
  return {
    login: 'asked',
    probeMetrics: [...askedGraphicsMetrics(boots, side, scenario), ...probeMetricsOf(scenario)],
  };
}

/** Metrics of the users' probes, and of the idle guest. */
function probeMetricsOf({ probes, metrics }: Scenario): string[] {
  const idle = Object.hasOwn(metrics, idleCpu) ? [idleCpu] : [];
  return [...probes.flatMap(({ metric }) => metric ?? []), ...idle];
}

/** Of a side that could be asked: where only the banner is timed there are none. */
function askedGraphicsMetrics(boots: readonly Boot[], side: Side, scenario: Scenario): readonly string[] {
  const asked = boots.some((boot) => boot.side === side && boot.probes.some(({ probe }) => probe === 'time-to-drm'));
  return asked ? graphicsMetrics((scenario[side] ?? scenario.head).machine.gpu) : [];
}
