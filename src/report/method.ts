// What a reader needs to believe and repeat a run: conditions, method and command lines, as plain text for any format.

import type { Conditions } from '../model/conditions.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import { attributionOf, countId } from '../model/scenario.ts';
import { formatCount } from '../model/units.ts';
import { buildLine, compilerLine, configureLine, runtimeLine } from './build-lines.ts';
import { machineSize } from './compared.ts';
import { formatValue } from './format.ts';
import { isJoint, isOfStudy } from './next-step.ts';
import { shellWord } from './shell-word.ts';
import { vulkanLine } from './vulkan-text.ts';

/** Name and value of every condition; where base differs from head both are given. */
export function conditionRows(scenario: ScenarioReport): readonly (readonly [string, string])[] {
  const { head, base } = scenario.conditions;
  const both = (read: (conditions: Conditions) => string): string => {
    const [headValue, baseValue] = [read(head), base === null ? read(head) : read(base)];
    return headValue === baseValue ? headValue : `${headValue} (base: ${baseValue})`;
  };
  const { before, after } = scenario.hostState;
  const loads = [before, ...(after === null ? [] : [after])].map((state) => state.loadAverage.toFixed(2));
  const busy = [...new Set([...before.busy, ...(after?.busy ?? [])])];
  const rows: readonly (readonly [string, string])[] = [
    ['scenario', scenario.scenario.description],
    ['chip', `${head.host.chip} (${head.host.architecture}, ${formatCount(head.host.cpus, 'CPU')})`],
    ['memory', formatValue(head.host.memoryMiB, 'MiB')],
    ['system', `${head.host.osMajor}, ${head.host.osVersion}`],
    ['runner', head.host.runner],
    ['accelerator', both((conditions) => conditions.accelerator)],
    ['emulator', both((conditions) => `${conditions.emulator.version} (${shortDigest(conditions.emulator.digest)})`)],
    ['built from', both(buildLine)],
    ['configure', both(configureLine)],
    ['compiler', both(compilerLine)],
    ['runs on', both(runtimeLine)],
    ['guest', both((conditions) => `${conditions.guest.name} (${shortDigest(conditions.guest.digest)})`)],
    ['machine', machine(scenario)],
    ['Vulkan', vulkanLine(scenario).replace(/^Vulkan(?: on both sides)?: /, '')],
    ['profile', scenario.scenario.profile],
    ['console read as', chosenMarkers(scenario)],
    ['power', before.power],
    ['load before, after', loads.join(', ')],
    ['busy programs', busy.join(', ')],
    ['baseline', baseline(scenario)],
    ['risk of a false alarm', risk(scenario)],
  ];
  return rows.filter(([, value]) => value !== '');
}

/** Which init system the consoles showed, where nobody said how they are to be read. */
function chosenMarkers({ typical }: ScenarioReport): string {
  const names = [...new Set(typical.flatMap(({ timeline }) => timeline.chosenMarkers ?? []))];
  return names.length === 0 ? '' : `${names.join(', ')} (by what it shows; markers: in bootgauge.yml says otherwise)`;
}

/** How the numbers came about, and the command lines that repeat, re-judge and accept the run. */
export function methodText(report: Report): { readonly sentences: readonly string[]; readonly commands: string[] } {
  const paired = report.scenarios.some((scenario) => scenario.scenario.base !== null);
  return {
    sentences: [
      'Times are counted from just before the emulator starts; values are medians with 95 % intervals.',
      paired && !report.scenarios.some(isJoint) ? 'Base and head were booted alternately in one session.' : '',
      '"Unchanged" means that a slowdown as large as the limit is ruled out, not that both sides are equal.',
      `Run ${report.run}, ${report.startedAt}, bootgauge ${report.tool}.`,
    ].filter((sentence) => sentence !== ''),
    commands: [
      ...runCommands(report),
      `bootgauge analyze ${shellWord(report.run)}`,
      ...(report.finished && report.scenarios.some(canBeBaseline)
        ? [`bootgauge baseline accept ${shellWord(report.run)}`]
        : []),
    ],
  };
}

const canBeBaseline = (scenario: ScenarioReport): boolean =>
  !isOfStudy(scenario) &&
  !isJoint(scenario) &&
  scenario.scenario.profile === 'timing' &&
  scenario.scenario.soak === undefined &&
  !scenario.scenario.count;

/** The command line as it was given; where there was none, one for each scenario. One that explains has no name that `run` knows: it comes with the other. */
function runCommands(report: Report): string[] {
  const given = report.command === undefined ? [] : [['bootgauge', ...report.command].map(shellWord).join(' ')];
  if (report.scenarios.every(isOfStudy)) return [...given, `bootgauge study --report ${shellWord(report.run)}`];
  if (given.length > 0) return given;
  const scenarios = report.scenarios.map(({ scenario }) => scenario);
  const explaining = scenarios.map((scenario) => attributionOf(scenario, scenarios));
  return scenarios.flatMap((scenario, index) => {
    if (explaining.includes(scenario) || scenario.count) return [];
    const explain = explaining[index]?.sampling.boots;
    const count = scenarios.find((other) => other.count && other.id === countId(scenario.id))?.sampling.boots;
    const more = `${explain === undefined ? '' : ` --explain ${explain}`}${count === undefined ? '' : ` --count ${count}`}`;
    const profile = scenario.profile === 'timing' ? '' : ` --profile ${scenario.profile}`;
    return [`bootgauge run ${shellWord(scenario.id)}${profile}${more}`];
  });
}

function machine(scenario: ScenarioReport): string {
  const { head, base } = scenario.scenario;
  const text = (side: typeof head): string => {
    const { machine: spec } = side;
    return [
      ...machineSize(side),
      spec.gpu === 'none' ? '' : `${spec.gpu} GPU`,
      spec.append === '' ? '' : `append ${spec.append}`,
      ...spec.qemuArguments,
    ]
      .filter((part) => part !== '')
      .join(', ');
  };
  const own = text(head);
  return base === null || text(base) === own ? own : `${own} (base: ${text(base)})`;
}

function baseline(scenario: ScenarioReport): string {
  const { sessions, path } = scenario.baseline;
  return sessions === 0 ? '' : `${formatCount(sessions, 'session')}${path === '' ? '' : ` in ${path}`}`;
}

/** How the error was spent: what a metric that did not change risked, so far and in all looks, of being called slower. */
function risk({ comparisons }: ScenarioReport): string {
  const percent = (error: number): string => `${(100 * error).toFixed(2)} %`;
  return comparisons
    .flatMap(({ gate, metric, spent }) =>
      gate && spent !== undefined ? [`${metric} ${percent(spent.error)} so far, ${percent(spent.of)} at most`] : [],
    )
    .join('; ');
}

const shortDigest = (digest: string): string => digest.slice(0, 12);
