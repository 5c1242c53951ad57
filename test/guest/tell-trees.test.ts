import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { tellTrees } from '../../src/guest/tell-trees.ts';
import { surveyTree } from '../../src/host/clone-tree.ts';
import type { LauncherLaunchPlan } from '../../src/model/launch-plan.ts';
import { folderOf } from '../helpers.ts';

async function told(tree: string, assets: LauncherLaunchPlan['assets'] = []): Promise<string[]> {
  const notes: string[] = [];
  const plan = { kind: 'launcher', tree, assets } as unknown as LauncherLaunchPlan;
  await tellTrees([plan, null, plan], (event) => void (event.kind === 'note' && notes.push(event.text)));
  return notes;
}

test('small trees are cloned without a word, and an asset on another file system is told', async (t) => {
  const tree = await folderOf(t, 'bootgauge-tree-');
  await writeFile(join(tree, 'disk.img'), 'disk');
  assert.deepEqual(await told(tree, [{ from: join(tree, 'disk.img'), to: 'a.img' }]), []);
  if (!existsSync('/dev/shm')) return t.skip('no second file system here');
  const elsewhere = await mkdtemp('/dev/shm/bootgauge-asset-');
  t.after(() => rm(elsewhere, { recursive: true }));
  await writeFile(join(elsewhere, 'disk.img'), 'disk');
  const notes = await told(tree, [{ from: join(elsewhere, 'disk.img'), to: 'images/a.img' }]);
  assert.deepEqual(notes, [`images/a.img lies on another file system than ${tree}: each boot gets copies, no clones`]);
});

test('gigabytes that each boot would copy are told before the first one', async (t) => {
  const tree = await folderOf(t, 'bootgauge-tree-');
  const { bavail, bsize } = await statfs(tree);
  if (bavail * bsize < 6e9 || (await surveyTree(tree)).clones) return t.skip('too little space, or a clone is free');
  // Takes the space without writing it.
  const { status } = spawnSync('fallocate', ['-l', '1100000000', join(tree, 'disk.img')]);
  if (status !== 0) return t.skip('fallocate is not here');
  assert.deepEqual(await told(tree), [
    `each boot copies 1.1 GB into its clone of ${tree}; on APFS, Btrfs or XFS it would cost nothing`,
  ]);
});

test('a clone that does not fit on its disk is refused before the first boot', async (t) => {
  const folder = realpathSync(await folderOf(t, 'bootgauge-full-'));
  const module = pathToFileURL(resolve(import.meta.dirname, '../../src/guest/tell-trees.ts')).href;
  const program = `
    import { tellTrees } from ${JSON.stringify(module)};
    const plan = { kind: 'launcher', tree: 'small/fork', assets: [] };
    await tellTrees([plan], () => {}).catch((error) => console.log(error.exitCode, error.message));`;
  await writeFile(join(folder, 'tell.mjs'), program);
  const script = `mkdir small && mount -t tmpfs -o size=1m none small && mkdir small/fork && head -c 600000 /dev/urandom > small/fork/disk.img && '${process.execPath}' tell.mjs`;
  const { stdout, stderr, status } = spawnSync('unshare', ['-rm', 'sh', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) return t.skip(`no namespace here: ${stderr}`);
  assert.match(
    stdout,
    /^3 each boot of the launcher copies 0\.0 GB of small\/fork and its assets, and only 0\.0 GB are free/,
  );
});
