// Asks a small program of the machine a question. Bounded in time and size, never throws: no answer is an answer.
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { HostView } from './view.ts';

export interface Answer {
  /** ok: it ran and ended by itself (see `status`); missing: no such program; hung: killed at the time limit. */
  readonly kind: 'ok' | 'missing' | 'hung';
  /** Exit status; null when it did not end by itself. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

const sizeLimit = 1 << 20;

/**
 * Runs a program found on the view's PATH, in the C locale and with nothing else of the environment but what tools
 * need to find themselves. After `timeoutMs` its whole process group is killed and what it wrote so far is returned.
 */
export function ask(
  host: HostView,
  program: string,
  arguments_: readonly string[],
  options: { readonly timeoutMs?: number } = {},
): Promise<Answer> {
  const started = performance.now();
  const path = findProgram(host, program);
  if (path === null) {
    return Promise.resolve({ kind: 'missing', status: null, stdout: '', stderr: '', milliseconds: 0 });
  }
  return new Promise((resolve) => {
    const child = spawn(path, arguments_, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: toolEnvironment(host),
    });
    const written = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        if (written[name].length < sizeLimit) written[name] += text.slice(0, sizeLimit);
      });
    }
    let ended = false;
    const end = (kind: Answer['kind'], status: number | null): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      killGroup();
      // A process that cannot even be killed (uninterruptible sleep) must not hold up the command.
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      resolve({ kind, status, ...written, milliseconds: Math.round(performance.now() - started) });
    };
    const killGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group is gone: what was wanted.
      }
    };
    const timer = setTimeout(() => end('hung', null), options.timeoutMs ?? 5000);
    child.on('error', () => end('missing', null));
    child.on('close', (status) => end('ok', status));
  });
}

/** Standard output of a program that ended with status 0, trimmed; empty otherwise. */
export async function askText(host: HostView, program: string, ...arguments_: readonly string[]): Promise<string> {
  const answer = await ask(host, program, arguments_);
  return answer.status === 0 ? answer.stdout.trim() : '';
}

/** Absolute path of an executable file on the view's PATH or in the folders given after it, or null. */
export function findProgram(host: HostView, name: string, moreFolders: readonly string[] = []): string | null {
  const folders = [...(host.environment.PATH ?? '').split(delimiter), ...moreFolders].filter((folder) => folder !== '');
  const candidates = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function toolEnvironment(host: HostView): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'DEVELOPER_DIR'].flatMap((name) => {
    const value = host.environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: 'C', LANG: 'C' };
}
