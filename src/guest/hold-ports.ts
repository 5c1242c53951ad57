// Fixed ports of launchers, held for a whole run: two jobs on one machine that use the same one take turns.
import { join } from 'node:path';
import type { LaunchPlan } from '../model/launch-plan.ts';
import type { ProgressSink } from '../model/progress.ts';
import { acquireLock } from '../store/lock.ts';
import { sharedFolder } from '../store/shared-folder.ts';

/** Waits for other runs of this machine that hold one of the plans' ports, says for whom it waits, and holds them until disposal. */
export async function holdPorts(
  plans: readonly (LaunchPlan | null)[],
  options: { readonly progress: ProgressSink; readonly signal: AbortSignal },
): Promise<AsyncDisposable> {
  await using held = new AsyncDisposableStack();
  const ports = plans.flatMap((plan) => (plan?.kind === 'launcher' && plan.port !== null ? [plan.port] : []));
  // In rising order, so that two runs with two ports each never wait for each other.
  for (const port of [...new Set(ports)].sort((one, other) => one - other)) {
    const folder = join(place, `port-${port}`);
    await sharedFolder(place);
    await sharedFolder(folder);
    held.use(await acquireLock(folder, { ...options, what: `port ${port}` }));
  }
  return held.move();
}

/** Not TMPDIR, which every job and every user of a Mac has an own one of. */
const place = '/tmp/bootgauge-ports';
