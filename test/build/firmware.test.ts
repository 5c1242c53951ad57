// What an emulator's devices load is kept with it, wherever the cache lies and whoever brought it there.
import assert from 'node:assert/strict';
import { cp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import type { SharedBuilds } from '../../src/model/build.ts';
import { build, steps } from './build-bench.ts';
import { type Bench, missingTools, openBench } from './little-qemu.ts';

/** A tree as QEMU's: ROMs and keymaps as they are, UEFI packed, and blobs of other machines that are too large to keep. */
async function withFirmware(): Promise<Bench> {
  const bench = await openBench();
  await bench.checkout.write('pc-bios/efi-virtio.rom', 'rom');
  await bench.checkout.write('pc-bios/vgabios-ramfb.bin', 'bios');
  await bench.checkout.write('pc-bios/keymaps/en-us', 'keys');
  await bench.checkout.write('pc-bios/keymaps/meson.build', 'build');
  await bench.checkout.write('pc-bios/skiboot.lid', 'other');
  await bench.checkout.write('pc-bios/huge.bin', 'x'.repeat(2 ** 20 + 1));
  const rule = [
    'rule unpack',
    '  command = mkdir -p pc-bios && printf efi >$out && truncate -s 64M $out',
    'build pc-bios/edk2-aarch64-code.fd: unpack',
  ].join('\\n');
  await bench.checkout.write(
    'configure',
    `${await bench.checkout.read('configure')}printf '${rule}\\n' >>build.ninja\n`,
  );
  bench.checkout.commit('firmware');
  return bench;
}

const place = (leadingArguments: readonly string[]): string => {
  assert.equal(leadingArguments[0], '-L');
  return leadingArguments[1] ?? '';
};

describe('firmware', { concurrency: 2, skip: missingTools() }, () => {
  test('of an arm64 build is ROMs, keymaps and UEFI, and takes no more room than it holds', async () => {
    await using bench = await withFirmware();
    const { emulator } = await build(bench);
    const folder = place(emulator.leadingArguments);
    for (const [path, text] of [
      ['efi-virtio.rom', 'rom'],
      ['vgabios-ramfb.bin', 'bios'],
      ['keymaps/en-us', 'keys'],
    ] as const)
      assert.equal(await readFile(join(folder, path), 'utf8'), text);
    const uefi = await stat(join(folder, 'edk2-aarch64-code.fd'));
    assert.equal(uefi.size, 64 * 2 ** 20);
    assert.ok(uefi.blocks * 512 <= 2 ** 20, `${uefi.blocks} blocks`);
    assert.equal((await readFile(join(folder, 'edk2-aarch64-code.fd'))).subarray(0, 4).toString('latin1'), 'efi\0');
    for (const path of ['skiboot.lid', 'huge.bin', 'keymaps/meson.build'])
      await assert.rejects(stat(join(folder, path)), { code: 'ENOENT' });
  });

  test('is found where the cache was moved to, and a build that lost some of it is made again', async () => {
    await using bench = await withFirmware();
    await build(bench);
    const cache = join(bench.folder, 'moved');
    await rename(bench.options.cache, cache);
    const moved = await build(bench, {}, { cache });
    assert.equal(steps(moved), null);
    const rom = join(place(moved.emulator.leadingArguments), 'efi-virtio.rom');
    assert.ok(rom.startsWith(cache));
    await rm(rom);
    assert.notEqual(steps(await build(bench, {}, { cache })), null);
    assert.equal(await readFile(rom, 'utf8'), 'rom');
  });

  test('comes with a build that another machine shared, which is not taken without it', async () => {
    await using bench = await withFirmware();
    const box = join(bench.folder, 'shared');
    let loses = false;
    const shared: SharedBuilds = {
      async restore(key, _beginning, folder) {
        const found = await stat(join(box, key)).catch(() => null);
        if (found === null) return false;
        await cp(join(box, key), folder, { recursive: true });
        if (loses) await rm(join(folder, 'firmware/keymaps'), { recursive: true });
        return true;
      },
      save: (key, folder) => cp(folder, join(box, key), { recursive: true }),
    };
    const made = await build(bench, {}, { shared });
    assert.notEqual(steps(made), null);
    const restored = await build(bench, {}, { shared, cache: resolve(bench.folder, 'empty') });
    assert.equal(steps(restored), null);
    assert.equal(await readFile(join(place(restored.emulator.leadingArguments), 'keymaps/en-us'), 'utf8'), 'keys');
    loses = true;
    assert.notEqual(steps(await build(bench, {}, { shared, cache: resolve(bench.folder, 'other') })), null);
  });
});
