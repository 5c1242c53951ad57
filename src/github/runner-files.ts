// What the runner reads from us: step outputs, the job summary, and a job log in which foreign text is never a command.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { plainLine } from '../model/plain-text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Sets step outputs; values are one line each. Without GITHUB_OUTPUT nothing happens. */
export function setOutputs(environment: Environment, outputs: Readonly<Record<string, string>>): void {
  if (!environment.GITHUB_OUTPUT) return;
  const text = Object.entries(outputs).map(([name, value]) => {
    const delimiter = `bootgauge_${randomUUID()}`;
    return `${name}<<${delimiter}\n${plainLine(value, 2000)}\n${delimiter}\n`;
  });
  appendFileSync(environment.GITHUB_OUTPUT, text.join(''));
}

/** Adds to the job summary. Without GITHUB_STEP_SUMMARY nothing happens. */
export function addSummary(environment: Environment, markdown: string): void {
  if (environment.GITHUB_STEP_SUMMARY) appendFileSync(environment.GITHUB_STEP_SUMMARY, markdown);
}

/**
 * Text for the job log: a runner takes lines that begin with `::name` and `##[name]` anywhere for commands of its own.
 * Control characters but line ends and colours vanish.
 */
export function harmlessLog(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[0-9;]*m)/g, '')
    .replace(/^(\s*)::/gm, '$1: :')
    .replaceAll('##[', '# #[');
}
