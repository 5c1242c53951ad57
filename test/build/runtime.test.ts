// What an emulator runs on: by content, only what can matter, and part of the comparable key.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runtimeFacts as allFacts } from '../../src/build/conditions.ts';
import { librariesIn } from '../../src/build/graphics-libraries.ts';
import { type Conditions, comparableKey, keyDifferences, sidesAreIdentical } from '../../src/model/conditions.ts';
import type { Emulator } from '../../src/model/launch-plan.ts';
import type { Scenario } from '../../src/model/scenario.ts';

const emulator = (changes: Partial<Emulator> = {}): Emulator => ({
  origin: 'build',
  program: '/bin/sh',
  leadingArguments: [],
  environment: {},
  version: 'QEMU emulator version 10.0.0',
  digest: 'a'.repeat(64),
  ...changes,
});
const signal = new AbortController().signal;
const runtimeFacts = async (...asked: Parameters<typeof allFacts>) => (await allFacts(...asked)).runtime;

test('libraries of ldd and of otool are read, graphics only', () => {
  const ldd =
    '\tlinux-vdso.so.1 (0x0000)\n\tlibvirglrenderer.so.1 => /usr/lib/libvirglrenderer.so.1 (0x0001)\n\tlibc.so.6 => /lib/libc.so.6 (0x0002)\n';
  assert.deepEqual(librariesIn(ldd), ['/usr/lib/libvirglrenderer.so.1']);
  const otool =
    '/opt/qemu:\n\t/opt/homebrew/lib/libMoltenVK.dylib (compatibility version 1.0.0)\n\t/usr/lib/libSystem.B.dylib (compatibility version 1.0.0)\n';
  assert.deepEqual(librariesIn(otool), ['/opt/homebrew/lib/libMoltenVK.dylib']);
});

test('declared variables, drivers, render server and firmware count by content; paths do not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bootgauge-runtime-'));
  try {
    await mkdir(join(folder, 'firmware'));
    await writeFile(join(folder, 'firmware/bios.bin'), 'bios');
    await writeFile(join(folder, 'libdriver.so'), 'driver');
    await writeFile(join(folder, 'virtio_icd.json'), '{"ICD": {"library_path": "./libdriver.so"}}');
    await writeFile(join(folder, 'server'), 'server');
    const environment = {
      HVF_WFI_SLEEP: '1',
      VK_DRIVER_FILES: join(folder, 'virtio_icd.json'),
      RENDER_SERVER_EXEC_PATH: join(folder, 'server'),
      LD_LIBRARY_PATH: folder,
    };
    const subject = emulator({ environment, leadingArguments: ['-L', join(folder, 'firmware')] });
    const facts = await runtimeFacts(subject, {
      gpu: 'venus',
      environment: { HOME: '/root', TOKEN: 'secret' },
      signal,
    });
    assert.deepEqual(Object.keys(facts).sort(), ['HVF_WFI_SLEEP', 'driver virtio_icd', 'firmware', 'render server']);
    assert.equal(facts.HVF_WFI_SLEEP, '1');
    const set = await runtimeFacts(emulator({ environment: { HVF_WFI_SLEEP: '' } }), {
      gpu: 'none',
      environment: { VN_DEBUG: '' },
      signal,
    });
    assert.deepEqual(set, { HVF_WFI_SLEEP: '' });
    await writeFile(join(folder, 'libdriver.so'), 'another driver');
    const later = await runtimeFacts(subject, { gpu: 'venus', environment: {}, signal });
    assert.notEqual(later['driver virtio_icd'], facts['driver virtio_icd']);
    assert.equal(later['render server'], facts['render server']);
    const plain = await runtimeFacts(subject, { gpu: 'none', environment: {}, signal });
    assert.deepEqual(Object.keys(plain).sort(), ['HVF_WFI_SLEEP', 'firmware']);
    assert.deepEqual(await runtimeFacts(emulator({ origin: 'kit' }), { gpu: 'venus', environment: {}, signal }), {});
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('without a variable the driver that a Mac has from Homebrew counts, by content', async () => {
  const root = await mkdtemp(join(tmpdir(), 'bootgauge-runtime-'));
  try {
    const folder = join(root, 'opt/homebrew/etc/vulkan/icd.d');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'MoltenVK_icd.json'), '{"ICD": {"library_path": "../libMoltenVK.dylib"}}');
    await writeFile(join(folder, '../libMoltenVK.dylib'), 'one');
    const facts = () =>
      runtimeFacts(emulator(), { gpu: 'venus', environment: {}, signal, host: { os: 'macos', root } });
    const before = await facts();
    assert.ok('driver MoltenVK_icd' in before, Object.keys(before).join(' '));
    await writeFile(join(folder, '../libMoltenVK.dylib'), 'another');
    assert.notEqual((await facts())['driver MoltenVK_icd'], before['driver MoltenVK_icd']);
    const linux = { os: 'linux' as const, root };
    const elsewhere = await runtimeFacts(emulator(), { gpu: 'venus', environment: {}, signal, host: linux });
    assert.ok(!('driver MoltenVK_icd' in elsewhere));
  } finally {
    await rm(root, { recursive: true });
  }
});

test("libraries are the ones that dyld would take: DYLD_LIBRARY_PATH first, then the image's own paths", async () => {
  const root = await mkdtemp(join(tmpdir(), 'bootgauge runtime-'));
  try {
    const place = async (path: string, content: string): Promise<string> => {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), content, { mode: 0o755 });
      return join(root, path);
    };
    const program = await place('qemu/bin/qemu-system-aarch64', 'program');
    await place('qemu/lib/libvirglrenderer.1.dylib', 'installed');
    await place('qemu/libexec/virgl_render_server', 'server');
    await place('own/libvirglrenderer.1.dylib', 'own');
    await place('own/libMoltenVK.dylib', 'molten');
    const line = (name: string): string => `\\t${name} (compatibility version 1.0.0, current version 1.0.0)\\n`;
    await place(
      'tools/otool',
      `#!/bin/sh
case "$*" in
  "-L "*qemu-system-aarch64) printf '${line('@rpath/libvirglrenderer.1.dylib')}${line('/usr/lib/libSystem.B.dylib')}' ;;
  "-l "*qemu-system-aarch64) printf '          cmd LC_RPATH\\n      cmdsize 40\\n         path @loader_path/../lib (offset 12)\\n' ;;
  "-L "*own/libvirglrenderer*) printf '${line('@loader_path/libMoltenVK.dylib')}' ;;
esac\n`,
    );
    const facts = (variables: Record<string, string>) =>
      runtimeFacts(emulator({ program, environment: variables }), {
        gpu: 'venus',
        environment: { PATH: `${join(root, 'tools')}:${process.env.PATH}` },
        signal,
        host: { os: 'macos', root: join(root, 'nowhere') },
      });
    const installed = await facts({});
    assert.deepEqual(Object.keys(installed).sort(), ['libvirglrenderer', 'render server']);
    const own = await facts({ DYLD_LIBRARY_PATH: join(root, 'own') });
    assert.deepEqual(Object.keys(own).sort(), ['libMoltenVK', 'libvirglrenderer']);
    assert.notEqual(own.libvirglrenderer, installed.libvirglrenderer);
  } finally {
    await rm(root, { recursive: true });
  }
});

test('a declared variable that names a file or folder counts by its content, and an installed QEMU brings its firmware', async () => {
  const root = await mkdtemp(join(tmpdir(), 'bootgauge-runtime-'));
  try {
    for (const folder of ['bin', 'share/qemu', 'copy']) await mkdir(join(root, folder), { recursive: true });
    const program = join(root, 'bin/qemu-system-x86_64');
    await writeFile(program, 'program');
    await writeFile(join(root, 'share/qemu/bios.bin'), 'bios');
    await writeFile(join(root, 'settings'), 'one');
    await writeFile(join(root, 'copy/settings'), 'one');
    const facts = (settings: string) =>
      runtimeFacts(emulator({ origin: 'path', program, environment: { MVK_SETTINGS: settings, FOLDER: root } }), {
        gpu: 'none',
        environment: {},
        signal,
      });
    const first = await facts(join(root, 'settings'));
    assert.deepEqual(Object.keys(first).sort(), ['FOLDER', 'MVK_SETTINGS', 'firmware']);
    assert.deepEqual(await facts(join(root, 'copy/settings')), first, 'equal content in another place');
    await writeFile(join(root, 'copy/settings'), 'two');
    assert.notEqual((await facts(join(root, 'copy/settings'))).MVK_SETTINGS, first.MVK_SETTINGS);
    assert.equal((await facts('/nowhere/at all')).MVK_SETTINGS, '/nowhere/at all');
    // Boots write there: by its content no two of them would be alike.
    const environment = { TMPDIR: root, MESA_SHADER_CACHE_DIR: root };
    const written = await runtimeFacts(emulator({ origin: 'build', program, environment }), {
      ...{ gpu: 'none', environment: {}, signal },
    });
    assert.deepEqual(written, environment);
    await writeFile(join(root, 'share/qemu/bios.bin'), 'another');
    assert.notEqual((await facts(join(root, 'settings'))).firmware, first.firmware);
  } finally {
    await rm(root, { recursive: true });
  }
});

const machine = { accel: 'tcg', cpus: 2, memoryMiB: 1024, gpu: 'none', append: '', qemuArguments: [] };
const guest = { kind: 'reference' };
const scenario = {
  id: 's',
  profile: 'timing',
  probes: [],
  head: { machine, guest },
  base: { machine, guest },
} as unknown as Scenario;
const conditions = (runtime: Record<string, string> | undefined, digest = 'a'): Conditions =>
  ({
    host: { chip: 'c', osMajor: 'o' },
    accelerator: 'tcg',
    emulator: { origin: 'build', version: 'v', digest, ...(runtime && { runtime }) },
    guest: { name: 'g', digest: 'g', packages: {} },
  }) as unknown as Conditions;

test('what an emulator runs on is a part of the comparable key, the emulator itself is not', () => {
  const key = (runtime: Record<string, string> | undefined, digest?: string) =>
    comparableKey(conditions(runtime, digest), scenario);
  assert.deepEqual(keyDifferences(key({ HVF_WFI_SLEEP: '1' }, 'a'), key({ HVF_WFI_SLEEP: '1' }, 'b')), []);
  assert.deepEqual(keyDifferences(key({ HVF_WFI_SLEEP: '1' }), key({ HVF_WFI_SLEEP: '0' })), ['runtime']);
  assert.deepEqual(keyDifferences(key(undefined), key({ HVF_WFI_SLEEP: '0' })), ['runtime']);
  assert.deepEqual(keyDifferences(key(undefined, 'a'), key(undefined, 'b')), []);
});

test('two sides are identical when bytes, what they run on and settings are', () => {
  const both = (head: Conditions, base: Conditions | null, spec = scenario) => sidesAreIdentical(spec, { head, base });
  assert.equal(both(conditions(undefined), conditions(undefined)), true);
  assert.equal(both(conditions(undefined), conditions(undefined, 'b')), false);
  assert.equal(both(conditions({ HVF_WFI_SLEEP: '1' }), conditions(undefined)), false);
  const other = { ...scenario, base: { guest, machine: { ...machine, cpus: 4 } } } as unknown as Scenario;
  assert.equal(both(conditions(undefined), conditions(undefined), other), false);
  assert.equal(both(conditions(undefined), null), false);
});

test('sides whose dependencies or launchers are others are not identical, though their QEMU is the same bytes', () => {
  const built = (...dependencyKeys: string[]): Conditions => {
    const one = conditions(undefined);
    return { ...one, emulator: { ...one.emulator, build: { dependencyKeys } } } as unknown as Conditions;
  };
  assert.equal(sidesAreIdentical(scenario, { head: built('a', 'b'), base: built('a', 'b') }), true);
  assert.equal(sidesAreIdentical(scenario, { head: built('a', 'c'), base: built('a', 'b') }), false);
  const launchedFrom = (folder: string) => ({ machine, guest: { kind: 'launcher', folder } });
  const launched = (head: string, base: string): boolean =>
    sidesAreIdentical({ ...scenario, head: launchedFrom(head), base: launchedFrom(base) } as unknown as Scenario, {
      head: conditions(undefined),
      base: conditions(undefined),
    });
  assert.equal(launched('/fork', '/fork'), true);
  assert.equal(launched('/fork', '/fork-before'), false);
});
