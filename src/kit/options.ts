// What the kit is told by its callers.
import type { ProgressSink } from '../model/progress.ts';

export interface KitOptions {
  /** Absolute path of the cache folder. */
  readonly cache: string;
  /** Debian archive to load packages from; the one of this machine's apt when not given. */
  readonly mirror?: string | undefined;
  /** File with the keys that the archive is signed with; the distribution's own when not given. */
  readonly keyring?: string | undefined;
  /** Nothing may be loaded: what is not in the cache is an error. */
  readonly offline?: boolean;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

/** Runs a piece of work between a task-started and a task-ended event; the work returns the detail of its end. */
export async function asTask(options: KitOptions, task: string, work: () => Promise<string>): Promise<void> {
  options.signal.throwIfAborted();
  const begun = performance.now();
  options.progress({ kind: 'task-started', task });
  const detail = await work();
  options.progress({ kind: 'task-ended', task, seconds: (performance.now() - begun) / 1000, detail });
}
