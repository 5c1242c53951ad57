// The live display of a terminal: what is finished scrolls away above, what goes on is redrawn below in a few lines.
import { createLogUpdate } from 'log-update';
import { columnsOf, cutToColumns } from '../model/plain-text.ts';
import type { ProgressEvent } from '../model/progress.ts';
import type { ProgressOptions, Renderer } from './renderer.ts';
import { amount, bootName, bootResult, safe, seconds, signsOf, taskResult } from './wording.ts';

export function terminalRenderer(options: ProgressOptions, now: () => number): Renderer {
  const state: State = { tasks: new Map(), boots: new Map() };
  const live = createLogUpdate(streamOf(options), { showCursor: true });
  const draw = (): void => live(liveLines(state, options, now()).join('\n'));
  const ticker = setInterval(() => (state.tasks.size + state.boots.size > 0 ? draw() : undefined), tickMs);
  ticker.unref();
  return {
    show: (event) => {
      const finished = advance(state, event, now());
      if (finished !== null) live.persist(finishedLine(finished, options));
      if (finished !== null || event.kind !== 'task-advanced') draw();
    },
    close: () => {
      clearInterval(ticker);
      live.clear();
      live.done();
    },
  };
}

const tickMs = 100;
const mostTasks = 4;

interface Task {
  readonly startedMs: number;
  progress: Extract<ProgressEvent, { kind: 'task-advanced' }> | null;
}

interface StartedBoot {
  readonly event: Extract<ProgressEvent, { kind: 'boot-started' }>;
  readonly startedMs: number;
  phase: string;
}

interface State {
  readonly tasks: Map<string, Task>;
  /** By number: both sides of a pair may boot at the same time. */
  readonly boots: Map<number, StartedBoot>;
}

interface Finished {
  readonly sign: 'good' | 'bad' | 'none';
  readonly text: string;
}

/** Takes an event in; gives what it finishes, or null. */
function advance(state: State, event: ProgressEvent, nowMs: number): Finished | null {
  switch (event.kind) {
    case 'task-started':
      state.tasks.set(event.task, { startedMs: nowMs, progress: null });
      return null;
    case 'task-advanced': {
      const task = state.tasks.get(event.task) ?? { startedMs: nowMs, progress: null };
      task.progress = event;
      state.tasks.set(event.task, task);
      return null;
    }
    case 'task-ended':
      state.tasks.delete(event.task);
      return { sign: event.failed ? 'bad' : 'good', text: taskResult(event) };
    case 'note':
      return { sign: 'none', text: safe(event.text) };
    case 'boot-started':
      state.boots.set(event.number, { event, startedMs: nowMs, phase: '' });
      return null;
    case 'phase-entered': {
      const boot = state.boots.get(event.number);
      if (boot !== undefined) boot.phase = safe(event.phase);
      return null;
    }
    case 'boot-ended': {
      const boot = state.boots.get(event.number);
      state.boots.delete(event.number);
      const name = boot === undefined ? `boot ${event.number}` : bootName(boot.event);
      const sign = event.outcome.kind === 'ready' ? 'good' : 'bad';
      return { sign, text: `${name}: ${bootResult(event)}` };
    }
  }
}

/** Stays in the scrollback, so it is wrapped by log-update and never cut. */
function finishedLine(finished: Finished, options: ProgressOptions): string {
  const signs = signsOf(options.environment);
  const good = finished.sign === 'good';
  const sign = finished.sign === 'none' ? ' ' : paint(good ? signs.good : signs.bad, good ? 32 : 31, options);
  return `${sign} ${signs.clean(finished.text)}`;
}

function liveLines(state: State, options: ProgressOptions, nowMs: number): readonly string[] {
  const width = widthOf(options);
  const tasks = [...state.tasks].slice(-mostTasks).map(([name, task]) => {
    const elapsed = seconds((nowMs - task.startedMs) / 1000);
    const { progress } = task;
    const known = progress !== null && progress.total > 0;
    const right = `${progress === null ? '' : `${amount(progress)}  `}${elapsed}`;
    return liveLine(safe(name), right, known ? progress.done / progress.total : null, width, options);
  });
  return [...tasks, ...[...state.boots.values()].flatMap((boot) => bootLines(boot, options, nowMs))];
}

function bootLines({ event, startedMs, phase }: StartedBoot, options: ProgressOptions, nowMs: number): string[] {
  const width = widthOf(options);
  const signs = signsOf(options.environment);
  const elapsed = seconds((nowMs - startedMs) / 1000);
  return [
    liveLine(bootName(event), elapsed, (event.number - 1) / Math.max(1, event.of), width, options),
    cutToColumns(`  ${signs.clean(phase === '' ? 'starting' : phase)}`, width, signs.cut),
  ];
}

/** Name at the left, figures at the right, a bar between them as long as there is room. */
function liveLine(name: string, right: string, share: number | null, width: number, options: ProgressOptions): string {
  const signs = signsOf(options.environment);
  const figures = cutToColumns(right, Math.max(8, width - 12), signs.cut);
  const label = cutToColumns(signs.clean(name), Math.max(8, width - columnsOf(figures) - 2), signs.cut);
  const room = width - columnsOf(label) - columnsOf(figures) - 4;
  const gap = ' '.repeat(Math.max(1, room + 4));
  if (share === null || room < 6) return cutToColumns(label + gap + figures, width, signs.cut);
  const length = Math.min(30, room);
  const filled = Math.round(Math.min(1, Math.max(0, share)) * length);
  const bar = paint(signs.full.repeat(filled), 36, options) + paint(signs.empty.repeat(length - filled), 2, options);
  return `${label}  ${bar}${' '.repeat(room - length + 2)}${figures}`;
}

/** One less than the window: some terminals wrap a full line. */
function widthOf(options: ProgressOptions): number {
  return Math.max(20, (options.columns ?? 80) - 1);
}

function paint(text: string, code: number, options: ProgressOptions): string {
  return options.colour === 'none' || text === '' ? text : `\u001b[${code}m${text}\u001b[0m`;
}

/** What log-update needs of a stream. */
function streamOf(options: ProgressOptions): NodeJS.WritableStream {
  const stream = {
    isTTY: true,
    get columns() {
      return options.columns ?? 80;
    },
    get rows() {
      return options.rows ?? 24;
    },
    write(text: string) {
      options.write(text);
      return true;
    },
  };
  return stream as unknown as NodeJS.WritableStream;
}
