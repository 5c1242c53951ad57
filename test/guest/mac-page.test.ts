// The launcher of docs/mac.md as it stands there: its configuration, in a checkout of a fork with the script beside it and the files of the
// guest where the page says. A small C program that is built from that checkout plays QEMU.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assetDigest } from '../../src/host/assets.ts';
import { bootableCheckout } from '../build/bootable.ts';
import { type Checkout, missingTools } from '../build/little-qemu.ts';
import { libraryAt, playedMeson } from '../build/played-meson.ts';
import { openWorld, type World } from '../faults/world.ts';
import { overlayOn } from '../fixtures/qcow2.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/mac.md'), 'utf8');
const [, example = ''] = /```yaml\n(# bootgauge\.yml\n[\s\S]*?)```/.exec(page) ?? [];
const script = resolve(import.meta.dirname, '../fixtures/launcher/scripts/run-fork.sh');

interface Fork {
  readonly checkout: Checkout;
  /** The folder that the page calls /Users/Shared/guest. */
  readonly shared: string;
  /** Writes the page's configuration, in which only these two places are others. */
  configure(change?: (text: string) => string): Promise<void>;
}

async function forkIn(world: World): Promise<Fork> {
  const checkout = await bootableCheckout(world, '.');
  await mkdir(join(checkout.folder, 'scripts'), { recursive: true });
  await copyFile(script, join(checkout.folder, 'scripts/run-alpine.sh'));
  await checkout.write('pc-bios/edk2-arm-vars.fd', 'variables');
  await checkout.write('.gitignore', '/build/\n/bootgauge-build/\n/.bootgauge/\n/bootgauge.yml\n/alpine-venus.img\n');
  checkout.commit('Run Alpine');
  const outside = resolve(world.workspace, '..');
  const renderer = await libraryAt(join(outside, 'virglrenderer'), 'virglrenderer', ['lib/pkgconfig/virglrenderer.pc']);
  await writeFile(join(outside, 'bin/meson'), `#!/bin/sh\n${playedMeson}\n`, { mode: 0o755 });
  const shared = join(outside, 'Shared');
  await mkdir(join(shared, 'alpine-installed'), { recursive: true });
  for (const name of ['alpine-installed/vmlinuz-virt', 'alpine-installed/initramfs-virt', 'alpine-virt-16k.img'])
    await writeFile(join(shared, name), name);
  for (const name of ['disk.img', 'id_ed25519']) await writeFile(join(shared, name), '', { mode: 0o600 });
  await writeFile(join(shared, 'alpine-overlay.qcow2'), await overlayOn(join(shared, 'disk.img')));
  const configure = (change: (text: string) => string = (text) => text): Promise<void> =>
    checkout.write(
      'bootgauge.yml',
      change(example)
        .replaceAll('/Users/Shared/guest', shared)
        .replace(/https:\S+virglrenderer\.git/, renderer.folder),
    );
  return { checkout, shared, configure };
}

/** The console of the last boot of the last run, and what it noted. */
async function lastBoot(world: World) {
  const boots = join(world.runs().at(-1) ?? '', 'boots');
  const names = (await readdir(boots)).sort();
  const file = async (kind: string): Promise<string> =>
    readFile(join(boots, names.filter((name) => name.endsWith(kind)).at(-1) ?? ''), 'utf8');
  const { events } = JSON.parse(await file('.json')) as { events: readonly { name: string; detail: string }[] };
  return { console: await file('.console'), event: (name: string) => events.find((one) => one.name === name)?.detail };
}

describe('the launcher of the page for Macs', { skip: missingTools() }, () => {
  let world: World;
  let fork: Fork;
  before(async () => {
    world = await openWorld('fork', { limitMs: 240_000 });
    fork = await forkIn(world);
  });
  after(() => world[Symbol.asyncDispose]());

  test('boots with its own configuration, and originals and checkout stay as they are', async () => {
    const { checkout, shared, configure } = fork;
    await configure();
    const digest = await assetDigest(shared);
    const { code, stdout, stderr } = await world.run('run', 'fork', '--boots', '1', '--max-boots', '1');
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /time-to-ssh/);
    // The second boot of the run, and the first one of its clone.
    const { console, event } = await lastBoot(world);
    assert.match(console, /^boot 1 of this checkout\n[\s\S]*OpenRC/);
    assert.match(event('qemu-started') ?? '', /-accel hvf -cpu host .*-kernel \S+\/scripts\/alpine-virt-16k\.img /);
    assert.match(
      event('qemu-started') ?? '',
      /-device virtio-gpu-gl-pci,hostmem=256M,blob=on,venus=on -display cocoa /,
    );
    assert.equal(await assetDigest(shared), digest);
    assert.equal(checkout.git('status', '--porcelain'), '');
    assert.deepEqual(await world.leftovers(), []);
  });

  test('makes its overlay in each clone where there is none, on the disk that lies in that clone', async () => {
    const { checkout, configure } = fork;
    await configure((text) => text.replace(/^.*alpine-overlay\.qcow2: .*\n/m, ''));
    await checkout.write('alpine-venus.img', 'the disk');
    // Plays it, and says on the console what it made.
    const create = `#!/bin/sh\nfor made; do :; done\necho "overlay on $6"\nprintf 'QFI' >"$made"\n`;
    await writeFile(join(world.workspace, '../bin/qemu-img'), create, { mode: 0o755 });
    const { code, stdout, stderr } = await world.run('run', 'fork', '--boots', '1', '--max-boots', '1');
    assert.equal(code, 0, stdout + stderr);
    const { console } = await lastBoot(world);
    assert.match(console, /^overlay on \/.*\/\.bootgauge-tree-\w+\/alpine-venus\.img\nboot 1 of this checkout\n/);
    assert.equal(await checkout.read('alpine-venus.img'), 'the disk');
    assert.equal(checkout.git('status', '--porcelain'), '');
  });
});
