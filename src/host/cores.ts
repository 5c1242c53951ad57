// The cores that guests may have for themselves.
import { availableParallelism } from 'node:os';
import { systemOf } from './systems.ts';
import { type HostView, thisHost } from './view.ts';

/** Physical cores of the fastest kind that are this process's to use; a container's share of processors is the most. */
export async function performanceCores(host: HostView = thisHost(), share = availableParallelism()): Promise<number> {
  return Math.min(share, await (await systemOf(host)).performanceCores(host));
}
