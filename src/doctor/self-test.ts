// bootgauge doctor --self-test: everything that only this machine can show is tried for real, and told in a report that can be pasted into
// an issue: no names, no serial numbers.
import { hostname, userInfo } from 'node:os';
import type { CommandContext } from '../cli/context.ts';
import { temporaryFolder } from '../host/processes.ts';
import { type AskedProgram, type HostView, thisHost } from '../host/view.ts';
import { BootgaugeError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { plainLine } from '../model/plain-text.ts';
import type { QemuChoice } from '../model/scenario.ts';
import { publishable } from '../store/publishable.ts';
import { hostSteps } from './self-test-host.ts';
import { qemuSteps } from './self-test-qemu.ts';
import type { Outcome, SelfTestLine, SelfTestPlace, SelfTestStep } from './self-test-step.ts';

export interface SelfTest {
  readonly lines: readonly SelfTestLine[];
  readonly asked: readonly AskedProgram[];
}

/** All steps together; they take less than a minute on a quiet machine. */
const longestMs = 175_000;

export async function selfTest(
  request: { readonly qemu: QemuChoice | null; readonly architecture: Architecture },
  context: CommandContext,
  limit = AbortSignal.timeout(longestMs),
): Promise<SelfTest> {
  await using scratch = await temporaryFolder('bg-self-test-');
  const asked: AskedProgram[] = [];
  const host: HostView = { ...thisHost(context.environment), heard: (one) => void asked.push(one) };
  const place: SelfTestPlace = { ...request, context, host, scratch: scratch.path, made: {} };
  const lines: SelfTestLine[] = [];
  for (const step of [...hostSteps, ...qemuSteps]) {
    context.progress({ kind: 'task-started', task: step.title });
    const begun = performance.now();
    const outcomes = await attempt(step, place, limit);
    const seconds = (performance.now() - begun) / 1000;
    context.progress({ kind: 'task-ended', task: step.title, seconds, detail: outcomes[0]?.result ?? '' });
    context.signal.throwIfAborted();
    for (const { title = step.title, ...outcome } of outcomes) lines.push({ id: step.id, title, ...outcome });
  }
  return { lines, asked };
}

async function attempt(step: SelfTestStep, place: SelfTestPlace, limit: AbortSignal): Promise<readonly Outcome[]> {
  const { signal } = place.context;
  const late = { result: 'fails', todo: 'end other work on this machine, and try again' } as const;
  if (limit.aborted) return [{ ...late, found: 'not tried: the three minutes were over' }];
  try {
    const outcome = await step.run(place, AbortSignal.any([signal, limit]));
    return 'result' in outcome ? [outcome] : outcome;
  } catch (error) {
    signal.throwIfAborted();
    // The limit may have come in its midst.
    // oxlint-disable-next-line typescript/no-unnecessary-condition
    if (limit.aborted) return [{ ...late, found: 'had not ended when the three minutes were over' }];
    const todo = error instanceof BootgaugeError && error.hint !== '' ? error.hint : 'open an issue with this report';
    return [{ result: 'fails', found: (error as Error).message, todo }];
  }
}

/** Markdown. */
export function selfTestReport({ lines, asked }: SelfTest, version: string, host: HostView): string {
  const cell = (text: string): string => plainLine(anonymous(text), 400).replaceAll('|', '\\|');
  const rows = lines.map(
    ({ title, result, found, todo }) => `| ${title} | ${result} | ${cell(found)} | ${cell(todo)} |`,
  );
  const answers = asked.flatMap((one) => [
    `### \`${cell(one.words.join(' '))}\`: ${one.kind}${(one.status ?? 0) === 0 ? '' : `, status ${one.status}`}, ${one.milliseconds} ms`,
    ...fenced(rawAnswer(one, host)),
  ]);
  return [
    `# Self-test of Bootgauge ${version}, ${host.os} on ${host.architecture}, Node ${process.versions.node}`,
    '',
    '| what | | found | to do |',
    '| :-- | :-- | :-- | :-- |',
    ...rows,
    '',
    "## What the machine's programs answered",
    ...answers,
    '',
  ].join('\n');
}

/** The table of processes says what else runs here: only our own row is told. */
function rawAnswer({ words, stdout, stderr }: AskedProgram, { pid }: HostView): string {
  if (words[0] !== 'ps') return anonymous(`${stdout}${stderr}`).slice(0, 2000);
  const rows = stdout.split('\n').filter((row) => row !== '');
  const own = rows.find((row) => new RegExp(`^\\s*${pid}\\s`).test(row)) ?? '(not ours)';
  return `${rows.length} rows, ours: ${anonymous(own).slice(0, 120)}`;
}

function fenced(text: string): string[] {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => plainLine(line, 200).replaceAll('```', "'''"));
  return lines.length === 1 && lines[0] === '' ? ['nothing'] : ['```', ...lines, '```'];
}

/** Without the user, the machine's name and what identifies it. */
function anonymous(text: string): string {
  const { username, homedir } = userInfo();
  const names = [username, hostname(), hostname().split('.')[0] ?? ''].filter((name) => name.length > 2);
  const kept = text
    .split('\n')
    .map((line) => (/serial|uuid|udid|hardware id/i.test(line) ? '(left out)' : line))
    .join('\n');
  return names.reduce(
    (told, name) => told.replaceAll(new RegExp(`(?<![\\w-])${name.replaceAll(/\W/g, '\\$&')}(?![\\w-])`, 'gi'), 'NAME'),
    publishable(kept, homedir),
  );
}
