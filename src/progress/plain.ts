// Plain lines for logs: one per event that matters; long work gives a sign of life every ten seconds.
import { withoutCommands } from '../model/plain-text.ts';
import type { ProgressEvent } from '../model/progress.ts';
import type { ProgressOptions, Renderer } from './renderer.ts';
import { amount, bootName, bootResult, safe, seconds, taskResult } from './wording.ts';

/** Least time between two signs of life of one task or boot. */
const quietMs = 10_000;

/** A task that nobody heard of for so long is told to be still at it. */
const silenceMs = 30_000;

export function plainRenderer(options: Pick<ProgressOptions, 'write'>, now: () => number): Renderer {
  const { show, stillRunning } = plainLines(now);
  const write = (lines: readonly string[]): void => {
    for (const line of lines) options.write(`${withoutCommands(line)}\n`);
  };
  const ticker = setInterval(() => write(stillRunning()), 1000);
  ticker.unref();
  return {
    show: (event) => write(show(event)),
    close: () => clearInterval(ticker),
  };
}

interface PlainLines {
  /** The lines to be written now. */
  readonly show: (event: ProgressEvent) => readonly string[];
  readonly stillRunning: () => readonly string[];
}

/** Keeps what it needs to hold back what need not be written. */
function plainLines(now: () => number): PlainLines {
  const spoken = new Map<string, number>();
  const begun = new Map<string, number>();
  const boots = new Map<number, string>();
  const due = (key: string): boolean => {
    const at = now();
    if (at - (spoken.get(key) ?? at - quietMs) < quietMs) return false;
    spoken.set(key, at);
    return true;
  };
  const show: PlainLines['show'] = (event) => {
    switch (event.kind) {
      case 'task-started':
        spoken.set(`task ${event.task}`, now());
        begun.set(event.task, now());
        return [`${safe(event.task)} ...`];
      case 'task-advanced':
        return due(`task ${event.task}`) ? [`${safe(event.task)}: ${amount(event)}`] : [];
      case 'task-ended':
        spoken.delete(`task ${event.task}`);
        begun.delete(event.task);
        return [taskResult(event)];
      case 'note':
        return [safe(event.text)];
      case 'boot-started':
        boots.set(event.number, `${safe(event.scenario)}: ${bootName(event)}`);
        spoken.set(`boot ${event.number}`, now());
        return [];
      case 'phase-entered': {
        const text = `${boots.get(event.number) ?? `boot ${event.number}`}: in ${safe(event.phase)}`;
        return due(`boot ${event.number}`) ? [`${text} after ${seconds(event.atNs / 1e9)}`] : [];
      }
      case 'boot-ended': {
        const name = boots.get(event.number) ?? `boot ${event.number}`;
        boots.delete(event.number);
        spoken.delete(`boot ${event.number}`);
        return [`${name}: ${bootResult(event)}`];
      }
    }
  };
  const stillRunning = (): readonly string[] =>
    [...begun].flatMap(([task, startedMs]) => {
      const at = now();
      if (at - (spoken.get(`task ${task}`) ?? startedMs) < silenceMs) return [];
      spoken.set(`task ${task}`, at);
      return [`${safe(task)}: still running after ${seconds((at - startedMs) / 1000)}`];
    });
  return { show, stillRunning };
}
