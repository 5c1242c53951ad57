// How doctor's findings look: to a person aligned columns, the one thing to do below the line it belongs to; to a program JSON.
import picocolors from 'picocolors';
import wrapAnsi from 'wrap-ansi';
import type { TerminalTraits } from '../cli/context.ts';
import type { Check } from '../host/check.ts';
import { machineKey } from '../host/facts.ts';
import type { HostFacts } from '../model/conditions.ts';
import { columnsOf, plainLine } from '../model/plain-text.ts';
import { formatCount } from '../model/units.ts';

/** The table and the sentence under it. What was found may come from outside and is made plain here. */
export function doctorTable(checks: readonly Check[], terminal: TerminalTraits): string {
  const titleColumns = Math.max(0, ...checks.map((check) => columnsOf(check.title)));
  const indent = ' '.repeat(levelColumns + titleColumns + 4);
  const lines = checks.flatMap((check) => {
    const level = paint(check.level.padEnd(levelColumns), check.level, terminal);
    const title = check.title + ' '.repeat(titleColumns - columnsOf(check.title));
    const [first = '', ...more] = wrapAnsi(
      plainLine(check.found, 1000),
      Math.max(terminal.columns - indent.length, 20),
    ).split('\n');
    const found = [`${level}  ${title}  ${first}`.trimEnd(), ...more.map((line) => indent + line)];
    // Not wrapped: it may be a command to copy.
    return check.todo === '' ? found : [...found, `${indent}-> ${plainLine(check.todo, 1000)}`];
  });
  return `${lines.join('\n')}\n\n${closing(checks)}\n`;
}

const levelColumns = 'warning'.length;

function closing(checks: readonly Check[]): string {
  const count = (level: Check['level'], word: string): string => {
    const number = checks.filter((check) => check.level === level).length;
    return number === 0 ? '' : formatCount(number, word);
  };
  const problems = count('problem', 'problem');
  const warnings = count('warning', 'warning');
  if (problems !== '')
    return `Not ready: ${[problems, warnings].filter(Boolean).join(', ')}. No run can be made here yet.`;
  return warnings === '' ? 'Ready: runs can be made here.' : `Ready: runs can be made here (${warnings}).`;
}

function paint(text: string, level: Check['level'], { colour }: TerminalTraits): string {
  const { green, yellow, red } = picocolors.createColors(colour);
  return { ok: green, warning: yellow, problem: red }[level](text);
}

/** Version of the JSON. */
const doctorSchema = 1;

export function doctorJson(facts: HostFacts, checks: readonly Check[], version: string): string {
  const ready = checks.every((check) => check.level !== 'problem');
  const machineKeys = (['hvf', 'kvm', 'tcg'] as const)
    .filter((accelerator) => accelerator !== (facts.os === 'macos' ? 'kvm' : 'hvf'))
    .map((accelerator) => machineKey(facts, accelerator));
  const findings = { schema: doctorSchema, tool: version, ready, machine: facts, machineKeys, checks };
  return `${JSON.stringify(findings, null, 2)}\n`;
}
