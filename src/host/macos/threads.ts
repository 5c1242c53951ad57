// What the threads of a process do on macOS: `ps` tells of the process, `sample` of every thread's stack.
import { lastLine } from '../../model/plain-text.ts';
import { ask } from '../ask.ts';
import type { ThreadEntry, ThreadStacks } from '../system.ts';
import type { HostView } from '../view.ts';

/** One entry, for the process: macOS shows states of threads to debuggers only. */
export async function threads(host: HostView, pid: number): Promise<readonly ThreadEntry[]> {
  const answer = await ask(host, 'ps', ['-o', 'state=,comm=', '-p', String(pid)], { timeoutMs: 2000 });
  const [, state = '', path = ''] = /^\s*(\S)\S*\s+(.*)$/m.exec(answer.stdout) ?? [];
  if (answer.status !== 0 || state === '') return [];
  return [{ id: 0, name: path.slice(path.lastIndexOf('/') + 1), state: letters[state] ?? state, waitsIn: '' }];
}

/** As Linux calls them; U: it cannot be interrupted. */
const letters: Readonly<Record<string, string>> = { I: 'S', U: 'D' };

export async function stacks(host: HostView, pid: number, limitMs: number): Promise<ThreadStacks> {
  const answer = await ask(host, 'sample', [String(pid), '1', '-mayDie'], { timeoutMs: limitMs });
  const found = readSample(answer.stdout);
  if (found.length > 0) return { stacks: new Map([[0, found]]), note: '' };
  const why = {
    missing: 'is not there',
    hung: `did not end within ${(limitMs / 1000).toFixed(1)} s`,
    ok: lastLine(answer.stderr) || 'showed none',
  }[answer.kind];
  return { stacks: new Map(), note: `no stacks of process ${pid}: sample ${why}` };
}

/** The main thread's functions, innermost first, out of the call graph: `    + 871 name  (in library) + 12  [0x...]`. */
function readSample(text: string): readonly string[] {
  const graph = text.slice(text.indexOf('Call graph:'));
  const [, main = ''] = graph.split(/^ {4}\d+ Thread_/m);
  const names = main.split('\n').flatMap((line) => /^[\s+!:|]*\d+ (\S{1,120}) {2}\(in /.exec(line)?.[1] ?? []);
  return names.reverse().slice(0, 24);
}
