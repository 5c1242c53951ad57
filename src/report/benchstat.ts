// The Go benchmark data format, which benchstat reads: `benchstat -col /side report.benchstat.txt`.
// Format: golang.org/design/14313-benchmark-format.
import type { Unit } from '../model/metric.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Report, ScenarioReport } from '../model/report.ts';

/** One line per measured boot with all its metrics. A failed boot has no line that counts, only a remark that says so. */
export function benchstatReport(report: Report): string {
  const lines = [
    `tool: bootgauge ${plainLine(report.tool)}`,
    `run: ${plainLine(report.run)}`,
    ...(report.commit === '' ? [] : [`commit: ${plainLine(report.commit)}`]),
    ...unitLines(report),
    ...report.scenarios.flatMap(scenarioLines),
  ];
  return `${lines.join('\n')}\n`;
}

function unitLines(report: Report): readonly string[] {
  const units = report.scenarios.flatMap((scenario) =>
    scenario.summaries.head.map(
      ({ metric, unit, better }) => `Unit ${unitName(metric, unit)} better=${better ?? 'lower'}`,
    ),
  );
  return [...new Set(units)];
}

function scenarioLines(scenario: ScenarioReport): readonly string[] {
  const { host, accelerator, guest } = scenario.conditions.head;
  const configuration = [
    `cpu: ${plainLine(host.chip)}`,
    `system: ${plainLine(host.osVersion)}`,
    `accelerator: ${accelerator}`,
    `guest: ${plainLine(guest.name)}`,
  ];
  const boots = scenario.boots
    .filter((boot) => !boot.warmup)
    .map((boot) => {
      const pairs = scenario.summaries.head.flatMap(({ metric, unit }) => {
        const value = boot.values[metric] ?? null;
        return value === null ? [] : [`${baseValue(value, unit)} ${unitName(metric, unit)}`];
      });
      const failed = boot.outcome.kind !== 'ready' || pairs.length === 0;
      if (failed) return `# boot ${boot.number} (${boot.side}) failed: ${plainLine(boot.outcomeText)}`;
      return `BenchmarkBoot/scenario=${word(scenario.scenario.id)}/side=${boot.side} 1 ${pairs.join(' ')}`;
    });
  return [...configuration, ...boots];
}

/** benchstat scales seconds and bytes by itself. */
function unitName(metric: string, unit: Unit): string {
  if (unit === 'ms') return `${word(metric)}-sec`;
  if (unit === 'MiB') return `${word(metric)}-B`;
  return unit === '' ? word(metric) : `${word(metric)}-${word(unit)}`;
}

function baseValue(value: number, unit: Unit): number {
  if (unit === 'ms') return Number((value / 1000).toPrecision(12));
  return unit === 'MiB' ? Math.round(value * 1024 * 1024) : value;
}

const word = (text: string): string => plainLine(text, 80).replace(/[\s/=]+/gu, '_');
