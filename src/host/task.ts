// A piece of work that takes long enough for a person to watch it.
import type { ProgressSink } from '../model/progress.ts';

export interface TaskOptions {
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

/** Tells the start of `task`, does the work, and tells its end with the detail that the work returns. A failure is told by its error. */
export async function asTask(
  { progress, signal }: TaskOptions,
  task: string,
  work: () => Promise<string>,
): Promise<void> {
  signal.throwIfAborted();
  const begun = performance.now();
  progress({ kind: 'task-started', task });
  const detail = await work();
  progress({ kind: 'task-ended', task, seconds: (performance.now() - begun) / 1000, detail });
}
