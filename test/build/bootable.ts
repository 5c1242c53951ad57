// A checkout of the small program that stands for QEMU in a workspace where the whole program can build and boot it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { goodBoot } from '../faults/scripts.ts';
import type { World } from '../faults/world.ts';
import { type Checkout, checkOutLittleQemu } from './little-qemu.ts';

const player = resolve(import.meta.dirname, '../fixtures/qemu-player.ts');

/** A checkout in a folder of the workspace whose guests are played quickly or, when the source says so, 500 ms slower. */
export async function bootableCheckout(world: World, folder = 'a checkout'): Promise<Checkout> {
  const scripts = join(world.workspace, '..', 'scripts');
  await mkdir(scripts, { recursive: true });
  await writeFile(join(scripts, 'quick.json'), JSON.stringify(goodBoot()));
  await writeFile(join(scripts, 'slow.json'), JSON.stringify(goodBoot(600)));
  const checkout = await checkOutLittleQemu(join(world.workspace, folder));
  const header = { NODE: process.execPath, PROGRAM: player, SCRIPTS: scripts };
  await checkout.write(
    'player.h',
    Object.entries(header)
      .map(([name, path]) => `#define PLAYER_${name} ${JSON.stringify(path)}\n`)
      .join(''),
  );
  checkout.commit('Play guests');
  await writeFile(
    join(world.workspace, 'bootgauge.yml'),
    `version: 1\nqemu: {source: ${folder}, patches: []}\ndefaults: {accel: tcg, sampling: {warmup: 0, boots: 7, max-boots: 10}}\n`,
  );
  return checkout;
}
