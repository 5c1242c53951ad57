// What configure is told: the presets as they are meant, on every host, and nothing in them that differs between two work trees.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planConfigure } from '../../src/build/presets.ts';
import type { BuildSpec } from '../../src/model/build.ts';

const spec = (changes: Partial<BuildSpec> = {}): BuildSpec => ({
  source: '/fork',
  ref: null,
  patches: [],
  preset: 'minimal',
  configure: ['--enable-trace-backends=log'],
  python: null,
  environment: {},
  dependencies: [],
  ...changes,
});
const linux = { platform: 'linux', processor: 'x64', homebrew: '', prefixes: [] } as const;
const mac = { platform: 'darwin', processor: 'arm64', homebrew: '/opt/homebrew', prefixes: [] } as const;

test('minimal builds one machine with what a boot needs, and the own flags come last', () => {
  const { flags, files, target } = planConfigure(spec(), 'arm64', linux);
  assert.equal(target, 'qemu-system-aarch64');
  assert.equal(flags[0], '--target-list=aarch64-softmmu');
  assert.equal(flags.at(-1), '--enable-trace-backends=log');
  assert.ok(flags.includes('--with-devices-aarch64=bootgauge'));
  assert.match(
    files['configs/devices/aarch64-softmmu/bootgauge.mak'] ?? '',
    /^CONFIG_ARM_VIRT=y\nCONFIG_PCI_DEVICES=y\nCONFIG_VIRTIO_PCI=y\n/,
  );
  assert.match(
    planConfigure(spec(), 'x86_64', linux).files['configs/devices/x86_64-softmmu/bootgauge.mak'] ?? '',
    /CONFIG_Q35=y/,
  );
  for (const architecture of ['arm64', 'x86_64'] as const) {
    const [devices = ''] = Object.values(planConfigure(spec(), architecture, linux).files);
    // From 10.1 on the machines' ACPI tables do not link without it.
    for (const part of ['CXL', 'CXL_MEM_DEVICE', 'PXB', 'PCIE_PORT'])
      assert.match(devices, new RegExp(`^CONFIG_${part}=y$`, 'm'));
  }
});

test('hardware acceleration is asked for where the guest is of the machine', () => {
  const accelerators = (...parameters: Parameters<typeof planConfigure>) =>
    planConfigure(...parameters).flags.filter((word) => /^--enable-(tcg|kvm|hvf)$/.test(word));
  assert.deepEqual(accelerators(spec(), 'arm64', linux), ['--enable-tcg']);
  assert.deepEqual(accelerators(spec(), 'x86_64', linux), ['--enable-tcg', '--enable-kvm']);
  assert.deepEqual(accelerators(spec(), 'arm64', mac), ['--enable-tcg', '--enable-hvf']);
});

test('the preset of the macOS fork is its line, with the archiver of the system', () => {
  const { flags, environment } = planConfigure(spec({ preset: 'fork-macos' }), 'arm64', mac);
  for (const word of [
    '--enable-hvf',
    '--enable-cocoa',
    '--enable-virglrenderer',
    '--enable-virtfs',
    '--disable-fuse',
    '--disable-werror',
    '--target-list=aarch64-softmmu',
    '--extra-cflags=-I/opt/homebrew/include',
    '--extra-ldflags=-L/opt/homebrew/lib',
  ]) {
    assert.ok(flags.includes(word), word);
  }
  assert.deepEqual(environment, { AR: '/usr/bin/ar', RANLIB: '/usr/bin/ranlib' });
});

test('none says nothing but the own flags, and where Python lies is nobody else’s business', () => {
  const { flags, localFlags } = planConfigure(spec({ preset: 'none', python: '/opt/python3' }), 'arm64', linux);
  assert.deepEqual(flags, ['--enable-trace-backends=log']);
  assert.deepEqual(localFlags, ['--python=/opt/python3']);
});

test('a virglrenderer of its own is switched on in the minimal preset, and found before what Homebrew has', () => {
  const dependencies = [{ name: 'virglrenderer', source: '/virgl', ref: null, meson: [] }];
  const { flags } = planConfigure(spec({ dependencies }), 'arm64', linux);
  assert.ok(flags.includes('--enable-virglrenderer') && flags.includes('--enable-opengl'));
  const { localFlags } = planConfigure(spec({ dependencies }), 'arm64', { ...mac, prefixes: ['/first', '/second'] });
  assert.deepEqual(localFlags, [
    ...['--extra-cflags=-I/second/include', '--extra-ldflags=-L/second/lib'],
    ...['--extra-cflags=-I/first/include', '--extra-ldflags=-L/first/lib'],
  ]);
});
