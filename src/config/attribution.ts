// What `run --explain` adds: the same boots with a verbose console, in a scenario of their own that nothing is judged by.
import { usageError } from '../model/errors.ts';
import { attributionId, type MetricRule, type Scenario } from '../model/scenario.ts';

/** The scenarios, each timing one followed by the one that explains it, of `boots` boots; figures of the two never share a table. */
export function withAttribution(scenarios: readonly Scenario[], boots: number): Scenario[] {
  const all = scenarios.flatMap((scenario) =>
    scenario.profile === 'timing' && !scenario.count ? [scenario, explaining(scenario, boots)] : [scenario],
  );
  const twice = all.find(({ id }, index) => all.findIndex((other) => other.id === id) !== index);
  if (twice === undefined) return all;
  throw usageError(
    `--explain needs the name ${twice.id} for itself, and another scenario has it`,
    'name the other one otherwise, or the scenarios one at a time on the command line',
  );
}

function explaining(scenario: Scenario, boots: number): Scenario {
  const silenced = (rule: MetricRule): MetricRule => ({ ...rule, gate: false, max: null });
  return {
    ...scenario,
    id: attributionId(scenario.id),
    description: `why ${scenario.id} takes its time: kernel initcalls on a verbose console`,
    profile: 'attribution',
    metrics: Object.fromEntries(Object.entries(scenario.metrics).map(([name, rule]) => [name, silenced(rule)])),
    sampling: { ...scenario.sampling, warmup: 0, boots, maxBoots: boots },
  };
}
