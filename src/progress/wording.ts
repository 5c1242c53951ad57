// The words of progress, shared by all renderers. Text from outside is made plain here, before any renderer sees it.

import { outcomeText } from '../model/outcome-text.ts';
import { plainLine, withoutCommands } from '../model/plain-text.ts';
import type { ProgressEvent } from '../model/progress.ts';
import { isUtf8, type Variables } from '../model/variables.ts';

type BootStarted = Extract<ProgressEvent, { kind: 'boot-started' }>;
type BootEnded = Extract<ProgressEvent, { kind: 'boot-ended' }>;
type TaskAdvanced = Extract<ProgressEvent, { kind: 'task-advanced' }>;
type TaskEnded = Extract<ProgressEvent, { kind: 'task-ended' }>;

/** `boot 3 of 12, head` or `boot 1 of 12, warm-up`. */
export function bootName(boot: BootStarted): string {
  return `boot ${boot.number} of ${boot.of}, ${boot.warmup ? 'warm-up' : boot.side}`;
}

/** `SSH after 2.41 s`, `ready after 0.31 s`, or what went wrong. */
export function bootResult(event: BootEnded): string {
  if (event.outcome.kind !== 'ready') return safe(outcomeText(event.outcome));
  if (event.readyMs === null) return 'ready';
  return `${event.by === 'time-to-ssh' ? 'SSH' : 'ready'} after ${seconds(event.readyMs / 1000)}`;
}

/** `12.3 of 40.2 MB`, `12 of 40`. */
export function amount(event: TaskAdvanced): string {
  if (event.unit === 'items') return event.total > 0 ? `${event.done} of ${event.total}` : `${event.done}`;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  return event.total > 0 ? `${megabytes(event.done)} of ${megabytes(event.total)} MB` : `${megabytes(event.done)} MB`;
}

/** `assemble kit: 41.3 s, 61 packages`. */
export function taskResult(event: TaskEnded): string {
  const detail = event.detail === '' ? '' : `, ${safe(event.detail)}`;
  return `${safe(event.task)}: ${seconds(event.seconds)}${detail}`;
}

/** `2.41 s`, `41.3 s`, `240 s`. */
export function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}

/** Foreign text that may stand anywhere in a log: one plain line in which a CI runner finds no command. */
export const safe = (text: string): string => withoutCommands(plainLine(text, 200));

/** Signs of a terminal whose locale says UTF-8, or plain ones. */
export function signsOf(environment: Variables): Signs {
  return isUtf8(environment)
    ? { good: '✓', bad: '✗', full: '█', empty: '░', cut: '…', clean: (text) => text }
    : { good: '+', bad: 'x', full: '#', empty: '.', cut: '~', clean: (text) => text.replace(/[^ -~]/gu, '?') };
}

export interface Signs {
  readonly good: string;
  readonly bad: string;
  readonly full: string;
  readonly empty: string;
  readonly cut: string;
  /** Leaves of a text what such a terminal can show. */
  readonly clean: (text: string) => string;
}
