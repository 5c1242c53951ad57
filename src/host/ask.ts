// Asks a small program of the machine a question. Bounded in time and size, never throws: no answer is an answer.
import { findProgram } from './files.ts';
import { runProgram } from './processes.ts';
import type { HostView } from './view.ts';

export interface Answer {
  /** ok: it ran and ended by itself (see `status`); missing: no such program; hung: killed at the time limit. */
  readonly kind: 'ok' | 'missing' | 'hung';
  /** Exit status; null when it did not end by itself. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program found on the view's PATH, in the C locale. After `timeoutMs` (5 s if not given) its whole process group
 * is killed, and what it wrote so far is the answer.
 */
export async function ask(
  host: HostView,
  program: string,
  programArguments: readonly string[],
  options: { readonly timeoutMs?: number } = {},
): Promise<Answer> {
  const begun = performance.now();
  const answer = await answerOf(host, program, programArguments, options.timeoutMs ?? 5000);
  const milliseconds = Math.round(performance.now() - begun);
  host.heard?.({ words: [program, ...programArguments], ...answer, milliseconds });
  return answer;
}

/** A runner's PATH may lack the folders in which macOS keeps its own programs. */
const systemFolders = process.platform === 'darwin' ? ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] : [];

async function answerOf(
  host: HostView,
  program: string,
  programArguments: readonly string[],
  timeoutMs: number,
): Promise<Answer> {
  const missing: Answer = { kind: 'missing', status: null, stdout: '', stderr: '' };
  const path = findProgram(host, program, host.root === '/' ? systemFolders : []);
  if (path === null) return missing;
  try {
    const result = await runProgram(path, programArguments, {
      timeoutMs,
      maximumBytes: 1 << 20,
      environment: toolEnvironment(host),
    });
    const { stdout, stderr } = result;
    return { kind: result.timedOut ? 'hung' : 'ok', status: result.timedOut ? null : result.code, stdout, stderr };
  } catch {
    // Found, but not a program that this machine can run.
    return missing;
  }
}

/** Standard output of a program that ended with status 0, trimmed; empty otherwise. */
export async function askText(host: HostView, program: string, ...arguments_: readonly string[]): Promise<string> {
  const answer = await ask(host, program, arguments_);
  return answer.status === 0 ? answer.stdout.trim() : '';
}

/**
 * Standard output of a program of the user's own PATH that ends with status 0 within 20 s; empty otherwise. Throws nothing but the reason
 * of an abort.
 */
export async function outputOrNothing(
  program: string,
  args: readonly string[],
  options: { readonly environment: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<string> {
  const answer = await runProgram(program, args, { ...options, timeoutMs: 20_000 }).catch((error) => {
    if (options.signal.aborted) throw error;
    return null;
  });
  return answer?.code === 0 ? answer.stdout : '';
}

/** Numbers and messages are to come in one language; DEVELOPER_DIR chooses the Xcode that is asked about. */
function toolEnvironment(host: HostView): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'DEVELOPER_DIR'].flatMap((name) => {
    const value = host.environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: 'C', LANG: 'C' };
}
