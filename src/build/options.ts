// What the build room is told by its callers.
import type { TaskOptions } from '../host/task.ts';
import type { BuildFacts, SharedBuilds } from '../model/build.ts';
import type { Variables } from '../model/variables.ts';

export interface BuildOptions extends TaskOptions {
  /** Absolute path of the cache folder. */
  readonly cache: string;
  /** Of the command: PATH, CC, CFLAGS, PKG_CONFIG_PATH and their like reach the build. */
  readonly environment: Variables;
  /** Compilers at once; one per processor if not given. */
  readonly jobs?: number;
  /** Most that finished builds and build folders may take together; 8 GiB if not given. */
  readonly mostBytes?: number;
  /** This machine's, if not given. */
  readonly platform?: NodeJS.Platform;
  /** Of this machine's first processor; what the system tells, if not given. */
  readonly processorModel?: string;
  /** Finished builds of other machines of the same kind, for example a CI service's cache. */
  readonly shared?: SharedBuilds;
  /** Nothing may be fetched: what is missing is an error. */
  readonly offline?: boolean;
  /** Milliseconds after which a network that does not answer counts as one that is not there; ten minutes if not given. */
  readonly longestFetchMs?: number;
  /** Revisions that were read before, and shall stay what they were, for as long as the caller keeps them. */
  readonly revisions?: Map<string, Pick<BuildFacts, 'commit' | 'subject' | 'tree' | 'uncommitted'>>;
}
