// One measurement at a time on one machine: a lock outside every workspace and every user's cache.

import { measurementError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { Variables } from '../model/variables.ts';
import { acquireLock } from './lock.ts';
import { sharedFolder } from './shared-folder.ts';

export interface MachineLockOptions {
  /** BOOTGAUGE_LOCK names another folder, for runners that do not share /tmp. */
  readonly environment: Variables;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

/** Waits until nobody measures on this machine, and keeps others waiting until disposal. */
export async function lockMachine({ environment, progress, signal }: MachineLockOptions): Promise<AsyncDisposable> {
  const folder = environment.BOOTGAUGE_LOCK || '/tmp/bootgauge-machine.lock';
  try {
    await sharedFolder(folder);
    return await acquireLock(folder, { what: 'this machine to measure', progress, signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw measurementError(
      `cannot lock this machine in ${folder}: ${(cause as Error).message}`,
      'set BOOTGAUGE_LOCK to a folder that everybody who measures here may write',
      cause,
    );
  }
}
