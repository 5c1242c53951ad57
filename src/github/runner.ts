// What this step and its runner tell each other, over @actions/core: annotations, outputs, summary, masks. The toolkit escapes what it
// writes; beside it stands here only what it cannot do.
import { error, notice, setOutput, setSecret, summary, warning } from '@actions/core';
import { plainLine, withoutCommands } from '../model/plain-text.ts';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly text: string;
}

const annotate = { error, warning, notice };
/** As much of a text as GitHub shows, less the title. */
const longestText = 4096 - 200;

/** One annotation on the run's page. core.setFailed would also end the step with 1, and codes of Bootgauge say more. */
export function writeAnnotation({ level, title, text }: Annotation): void {
  annotate[level](plainLine(text, longestText), { title: plainLine(title, 200) });
}

/** Keeps a text out of the log from here on. The runner knows the secrets of the repository, but no token that a step has made. */
export function maskSecret(text: string): void {
  if (text !== '') setSecret(text);
}

/** Sets step outputs; values are one line each. Without GITHUB_OUTPUT nothing happens: core would fall back to a command in the log. */
export function setOutputs(outputs: Readonly<Record<string, string>>): void {
  if (!process.env.GITHUB_OUTPUT) return;
  for (const [name, value] of Object.entries(outputs)) setOutput(name, plainLine(value, 2000));
}

/** Adds to the job summary; the caller keeps to its 1 MiB, which core does not know. Without GITHUB_STEP_SUMMARY nothing happens. */
export async function addSummary(markdown: string): Promise<void> {
  if (process.env.GITHUB_STEP_SUMMARY) await summary.addRaw(markdown).write();
}

/**
 * Text for the job log: a runner takes lines that begin with `::name` and `##[name]` anywhere for commands of its own. core has nothing
 * against them, and `::stop-commands::` would silence our own groups and annotations too. Control characters but line ends and colours
 * vanish.
 */
export function harmlessLog(text: string): string {
  const plain = text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[0-9;]*m)/g, '');
  return withoutCommands(plain);
}
