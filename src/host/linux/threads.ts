// The threads of processes: what each does by /proc, and its stack where a debugger is installed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine } from '../../model/plain-text.ts';
import { ask } from '../ask.ts';
import { findProgram } from '../files.ts';
import type { ThreadEntry, ThreadStacks } from '../system.ts';
import { type HostView, readHostFile } from '../view.ts';

const mostThreads = 64;

/** Threads of one process; none when it has ended. */
export function threads(host: HostView, pid: number): Promise<readonly ThreadEntry[]> {
  return Promise.resolve(
    threadIds(host, pid)
      .slice(0, mostThreads)
      .map((thread) => {
        const place = `proc/${pid}/task/${thread}`;
        const waitsIn = readHostFile(host, `${place}/wchan`);
        return {
          id: thread,
          name: readHostFile(host, `${place}/comm`),
          state: /^State:\s+(\S)/m.exec(readHostFile(host, `${place}/status`))?.[1] ?? '',
          waitsIn: waitsIn === '0' ? '' : waitsIn,
        };
      }),
  );
}

function threadIds({ root }: HostView, pid: number): number[] {
  try {
    return readdirSync(join(root, `proc/${pid}/task`)).map(Number);
  } catch {
    return [];
  }
}

/** Asks eu-stack, or gdb where that is not there. The process stands still meanwhile: only for one that is about to be ended. */
export async function stacks(host: HostView, pid: number, limitMs: number): Promise<ThreadStacks> {
  const tool = ['eu-stack', 'gdb'].find((name) => findProgram(host, name) !== null);
  if (tool === undefined)
    return { stacks: new Map(), note: 'no stacks of the host: neither eu-stack nor gdb is installed' };
  const args =
    tool === 'eu-stack'
      ? ['-q', '-n', '24', '-p', String(pid)]
      : ['-nx', '-batch', '-iex', 'set debuginfod enabled off', '-p', String(pid), '-ex', 'thread apply all bt 24'];
  const answer = await ask(host, tool, args, { timeoutMs: limitMs });
  const found = readStacks(answer.stdout);
  if (found.size > 0) return { stacks: found, note: '' };
  const why = answer.kind === 'hung' ? `did not end within ${(limitMs / 1000).toFixed(1)} s` : lastLine(answer.stderr);
  return { stacks: found, note: `no stacks of process ${pid}: ${tool} ${why || 'showed none'}` };
}

/** Thread -> functions, innermost first, of eu-stack's `TID 12:` or gdb's `Thread 1 (... LWP 12)` and their `#0  0x... name`. */
function readStacks(text: string): Map<number, readonly string[]> {
  const found = new Map<number, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n')) {
    const thread = /^TID (\d+):/.exec(line)?.[1] ?? /^Thread \d+ .{0,60}\bLWP (\d+)\b/.exec(line)?.[1];
    if (thread !== undefined) {
      current = [];
      found.set(Number(thread), current);
    }
    const name = /^#\d+\s+(?:0x[0-9a-f]+ )?(?:in )?([^\s(]{1,120})/.exec(line)?.[1];
    if (name !== undefined && name !== '??' && current.length < 24) current.push(name);
  }
  for (const [thread, stack] of found) if (stack.length === 0) found.delete(thread);
  return found;
}
