// A piece of work that takes long enough for a person to watch it.
import type { ProgressSink } from '../model/progress.ts';

export interface TaskOptions {
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

/** Tells the start of `task`, does the work, and tells its end: with the detail that the work returns, or that it failed. */
export async function asTask(
  { progress, signal }: TaskOptions,
  task: string,
  work: () => Promise<string>,
): Promise<void> {
  signal.throwIfAborted();
  const begun = performance.now();
  progress({ kind: 'task-started', task });
  const ended = (detail: string) =>
    ({ kind: 'task-ended', task, seconds: (performance.now() - begun) / 1000, detail }) as const;
  try {
    progress(ended(await work()));
  } catch (error) {
    progress({ ...ended(signal.aborted ? 'interrupted' : 'failed'), failed: true });
    throw error;
  }
}
