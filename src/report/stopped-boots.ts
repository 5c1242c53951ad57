// Boots that never came up: until where each of them came, how long it stood there, and what is known of why.
import { plainLine } from '../model/plain-text.ts';
import type { BootRow, ScenarioReport } from '../model/report.ts';
import type { Side } from '../model/scenario.ts';
import { formatValue } from './format.ts';

export interface StoppedBoot {
  readonly boot: number;
  readonly side: Side;
  /** `default, boot 3 (head): hung in networking (deadline 120 s)`. */
  readonly title: string;
  /** `It came through qemu-start (583 ms) and openrc (2.10 s), and stood in networking for 117 s; on base that takes 1.20 s.` */
  readonly way: string;
  /** The cause and what to do; empty where nothing is known. */
  readonly cause: string;
  readonly evidence: readonly string[];
  readonly lastLines: readonly string[];
}

/** Of one side, in their order. */
export function stoppedBoots(scenario: ScenarioReport, side: Side): readonly StoppedBoot[] {
  return scenario.boots
    .filter((row) => row.side === side && row.reached !== undefined)
    .map((row) => {
      const { number, outcomeText, lastLines = [] } = row;
      const cause = scenario.findings.find(({ severity, boots }) => severity === 'error' && boots.includes(number));
      return {
        ...{ boot: number, side, way: wayText(row, scenario) },
        title: `${plainLine(scenario.scenario.id, 80)}, boot ${number} (${side}): ${plainLine(outcomeText)}`,
        cause: cause === undefined ? '' : `${plainLine(cause.cause)} ${plainLine(cause.advice, 600)}`,
        // The console's own lines stand below.
        evidence: (cause?.evidence ?? []).map((line) => plainLine(line)).filter((line) => !/^last words /.test(line)),
        lastLines: lastLines.map((line) => plainLine(line)),
      };
    });
}

function wayText({ side, reached = [] }: BootRow, scenario: ScenarioReport): string {
  const last = reached.at(-1);
  if (last === undefined) return 'It came through nothing: no phase of it is known.';
  const passed = reached.slice(0, -1).map(({ name, ms }) => `${plainLine(name, 60)} (${formatValue(ms, 'ms')})`);
  const through = passed.length === 0 ? 'It' : `It came through ${listed(passed)}, and`;
  const stood = `stood in ${plainLine(last.name, 60)} for ${formatValue(last.ms, 'ms')}`;
  return `${through} ${stood}${elsewhere(last.name, side, scenario)}.`;
}

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

/** How long that phase takes where it ends. */
function elsewhere(name: string, side: Side, { blame = [] }: ScenarioReport): string {
  for (const other of blame) {
    const phase = other.phases.find((one) => one.name === name && one.ms > 0);
    if (phase === undefined) continue;
    const takes = `takes ${formatValue(phase.ms, 'ms')}`;
    return other.side === side ? `; in boots that come up it ${takes}` : `; on ${other.side} it ${takes}`;
  }
  return '';
}
