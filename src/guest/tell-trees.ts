// What the clones of launchers' trees will cost, told before the first boot where it is much.
import { stat } from 'node:fs/promises';
import { surveyTree, type TreeSurvey } from '../host/clone-tree.ts';
import { copiedSize } from '../host/copier.ts';
import { measurementError } from '../model/errors.ts';
import type { LauncherLaunchPlan, LaunchPlan } from '../model/launch-plan.ts';
import type { ProgressSink } from '../model/progress.ts';

/** Throws a measurementError where a clone does not fit on its disk. */
export async function tellTrees(plans: readonly (LaunchPlan | null)[], progress: ProgressSink): Promise<void> {
  const launchers = plans.flatMap((plan) => (plan?.kind === 'launcher' ? [plan] : []));
  const byTree = new Map(launchers.map((plan) => [plan.tree, plan]));
  for (const plan of byTree.values()) {
    const { far, bytes } = await copiedAssets(plan, await surveyTree(plan.tree));
    if (far.length > 0) {
      const text = `${far.join(', ')} ${far.length === 1 ? 'lies' : 'lie'} on another file system than ${plan.tree}: each boot gets copies, no clones`;
      progress({ kind: 'note', text });
    }
    if (bytes >= muchBytes) {
      const text = `each boot copies ${gigabytes(bytes)} into its clone of ${plan.tree}; on APFS, Btrfs or XFS it would cost nothing`;
      progress({ kind: 'note', text });
    }
  }
}

const muchBytes = 1e9;
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

async function copiedAssets({ tree, assets }: LauncherLaunchPlan, { clones, copiedBytes, freeBytes }: TreeSurvey) {
  const { dev } = await stat(tree);
  const far: string[] = [];
  let bytes = copiedBytes;
  for (const { from, to } of assets) {
    const isFar = (await stat(from)).dev !== dev;
    if (isFar) far.push(to);
    if (isFar || !clones) bytes += await copiedSize(from);
  }
  if (bytes > freeBytes) {
    throw measurementError(
      `each boot of the launcher copies ${gigabytes(bytes)} of ${tree} and its assets, and only ${gigabytes(freeBytes)} are free beside it`,
      'free space there, or keep the tree on APFS, Btrfs or XFS, where a clone takes none',
    );
  }
  return { far, bytes };
}
