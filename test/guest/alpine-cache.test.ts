import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { listAlpine, removeAlpine } from '../../src/guest/alpine.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { describeFile } from '../../src/kit/entry.ts';

const name = 'alpine-3.22-arm64-virt-00000000';

/** As an installation leaves it; earlier versions kept the sha256 of the disk, too. */
async function place(cache: string, more: object): Promise<void> {
  const folder = join(cache, 'alpine', `${name}-${'0'.repeat(16)}`);
  await mkdir(folder, { recursive: true });
  const files = ['kernel', 'initrd', 'disk'];
  for (const file of files) await writeFile(join(folder, file), file);
  const manifest = {
    ...{ schema: 1, name, recipe: 'r', digest: 'd'.repeat(64).replaceAll('d', '0'), version: '3.22.1' },
    ...{ packages: {}, hostKey: null, files: await Promise.all(files.map((file) => describeFile(folder, file))) },
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...more }));
  const pointer = { schema: 1, recipe: 'r', folder: `${name}-${'0'.repeat(16)}` };
  await writeFile(join(cache, 'alpine', `${name}.json`), JSON.stringify(pointer));
}

test('an installed Alpine is found with and without the digest of its disk, beside one that was only begun', async () => {
  for (const more of [{}, { disk: '0'.repeat(64) }]) {
    await using cache = await temporaryFolder('bootgauge-alpine-');
    await place(cache.path, more);
    await mkdir(join(cache.path, 'alpine/work-alpine-edge-arm64-virt-11111111'));
    const listed = await listAlpine(cache.path);
    assert.deepEqual(
      listed.map(({ name: one, problem }) => [one, problem]),
      [
        [name, ''],
        ['alpine-edge-arm64-virt-11111111', 'not finished yet'],
      ],
    );
    const options = { cache: cache.path, progress: () => {}, signal: new AbortController().signal };
    for (const { name: one } of listed) await removeAlpine(one, options);
    assert.deepEqual(await listAlpine(cache.path), []);
  }
});
