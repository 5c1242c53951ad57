// How doctor's findings look: to a person aligned columns, the one thing to do below the line it belongs to; to a program JSON.
import picocolors from 'picocolors';
import wrapAnsi from 'wrap-ansi';
import type { TerminalTraits } from '../cli/context.ts';
import type { Check } from '../host/check.ts';
import { machineKey } from '../host/facts.ts';
import type { HostFacts } from '../model/conditions.ts';
import { columnsOf, plainLine } from '../model/plain-text.ts';
import { formatCount } from '../model/units.ts';
import type { SelfTestLine } from './self-test-step.ts';

/** The table and the sentence under it. What was found may come from outside and is made plain here. */
export function doctorTable(checks: readonly Check[], terminal: TerminalTraits): string {
  return table(checks, terminal, closing(checks));
}

/** The same of the self-test. */
export function selfTestTable(lines: readonly SelfTestLine[], terminal: TerminalTraits): string {
  const levels = { passes: 'ok', fails: 'problem', 'not applicable': 'skipped' } as const;
  const failed = lines.filter(({ result }) => result === 'fails').length;
  const sentence =
    failed === 0 ? 'Everything that applies here passes.' : `${formatCount(failed, 'line fails', 'lines fail')}.`;
  const rows = lines.map(({ title, result, found, todo }) => ({ level: levels[result], title, found, todo }));
  return table(rows, terminal, sentence);
}

interface Row extends Pick<Check, 'title' | 'found' | 'todo'> {
  readonly level: Check['level'] | 'skipped';
}

function table(rows: readonly Row[], terminal: TerminalTraits, end: string): string {
  const titleColumns = Math.max(0, ...rows.map((row) => columnsOf(row.title)));
  const indent = ' '.repeat(levelColumns + titleColumns + 4);
  const lines = rows.flatMap((row) => {
    const level = paint(row.level.padEnd(levelColumns), row.level, terminal);
    const title = row.title + ' '.repeat(titleColumns - columnsOf(row.title));
    const [first = '', ...more] = wrapAnsi(
      plainLine(row.found, 1000),
      Math.max(terminal.columns - indent.length, 20),
    ).split('\n');
    const found = [`${level}  ${title}  ${first}`.trimEnd(), ...more.map((line) => indent + line)];
    // Not wrapped: it may be a command to copy.
    return row.todo === '' ? found : [...found, `${indent}-> ${plainLine(row.todo, 1000)}`];
  });
  return `${lines.join('\n')}\n\n${end}\n`;
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

function paint(text: string, level: Row['level'], { colour }: TerminalTraits): string {
  const { green, yellow, red, dim } = picocolors.createColors(colour);
  return { ok: green, warning: yellow, problem: red, skipped: dim }[level](text);
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
