// What the kit is told by its callers.
import type { TaskOptions } from '../host/task.ts';

export interface KitOptions extends TaskOptions {
  /** Absolute path of the cache folder. */
  readonly cache: string;
  /** Debian archive to load packages from; the one of this machine's apt when not given. */
  readonly mirror?: string | undefined;
  /** File with the keys that the archive is signed with; the distribution's own when not given. */
  readonly keyring?: string | undefined;
  /** Nothing may be loaded: what is not in the cache is an error. */
  readonly offline?: boolean;
}
