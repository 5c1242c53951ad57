// A lock in a project's own `.bootgauge`: for what only one process may be about, and that is kept there.
import { measurementError } from '../model/errors.ts';
import { acquireLock, type LockOptions } from './lock.ts';
import { makeOwnFolder } from './run-folder.ts';

/**
 * As `acquireLock`, for a `folder` below `.bootgauge` of the project at `root`, which is made first: what git saw there before it was
 * told otherwise would be a change of the tree that is to be built.
 */
export async function acquireProjectLock(
  root: string,
  folder: string,
  options: LockOptions & { readonly hint: string },
): Promise<AsyncDisposable> {
  try {
    await makeOwnFolder(root);
  } catch (cause) {
    throw measurementError(`cannot write to ${root}: ${(cause as Error).message}`, options.hint, cause);
  }
  return acquireLock(folder, options);
}
