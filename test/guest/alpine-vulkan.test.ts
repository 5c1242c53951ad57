// Which Alpine can have Venus, and that one that cannot is refused before anything is loaded, built or booted.
import assert from 'node:assert/strict';
import test from 'node:test';
import { installScript } from '../../src/guest/alpine-script.ts';
import { requireVenus, vulkanPackages } from '../../src/guest/alpine-vulkan.ts';
import { prepareSide } from '../../src/guest/prepare.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import type { AlpineGuest } from '../../src/model/guests/alpine.ts';
import type { CustomGuest } from '../../src/model/guests/custom.ts';
import type { GuestSpec } from '../../src/model/guests/guests.ts';
import type { SideSpec } from '../../src/model/scenario.ts';

const alpine = (release: string, changes: Partial<AlpineGuest> = {}): AlpineGuest => ({
  ...{ kind: 'alpine', architecture: 'arm64', release, flavor: 'virt', mirror: 'http://mirror.example.org/alpine' },
  ...{ keyring: null, packages: [], script: null, diskMiB: 512 },
  ...changes,
});
const custom = (changes: Partial<CustomGuest>): CustomGuest => ({
  ...{ kind: 'custom', architecture: 'arm64', kernel: '/k', initrd: null, disk: null, append: null, access: null },
  rest: alpine('3.22'),
  ...changes,
});
const refusal = (guest: GuestSpec): string => {
  try {
    requireVenus('venus', guest);
    return '';
  } catch (error) {
    assert.ok(error instanceof BootgaugeError);
    assert.equal(error.exitCode, 2);
    return `${error.message}; ${error.hint}`;
  }
};

test('each release has its packages: the driver for Venus came with 3.23', () => {
  const driver = (release: string): string | null => vulkanPackages(release).venus;
  for (const release of ['3.19', '3.19.7', '3.20', '3.21', '3.22', '3.22.1'])
    assert.equal(driver(release), null, release);
  for (const release of ['3.23', '3.23.4', '3.24', 'edge'])
    assert.equal(driver(release), 'mesa-vulkan-virtio', release);
  for (const release of ['3.19', 'edge']) {
    const { loader, tools, software } = vulkanPackages(release);
    assert.deepEqual([loader, tools, software], ['vulkan-loader', 'vulkan-tools', 'mesa-vulkan-swrast']);
  }
});

test('a release is installed with the packages that it has', () => {
  const script = (release: string): string =>
    installScript({ guest: alpine(release), branch: 'v3', mirror: 'http://mirror.example.org', authorizedKey: 'k' });
  assert.match(script('3.23'), /for name in vulkan-loader vulkan-tools mesa-vulkan-virtio mesa-vulkan-swrast /);
  assert.match(script('3.22.1'), /for name in vulkan-loader vulkan-tools mesa-vulkan-swrast /);
});

test('Venus on a release without its driver is refused with what to do; any other guest is not', () => {
  assert.match(
    refusal(alpine('3.22')),
    /^Alpine 3\.22 has no Vulkan driver for Venus.*mesa-vulkan-virtio; .*"3\.23".*edge/,
  );
  assert.match(refusal(custom({})), /^Alpine 3\.22 has no/);
  assert.equal(refusal(alpine('3.23')), '');
  assert.equal(refusal(alpine('edge')), '');
  assert.equal(refusal(alpine('3.22', { script: '/own-driver.sh' })), '');
  assert.equal(refusal(custom({ disk: '/own.qcow2' })), '');
  assert.equal(refusal({ kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' }), '');
  assert.doesNotThrow(() => requireVenus('plain', alpine('3.22')));
});

test('it is refused before an emulator is looked for', async () => {
  const machine = { accel: 'auto', cpus: 2, memoryMiB: 1024, gpu: 'venus', append: '', qemuArguments: [] } as const;
  const side: SideSpec = { guest: alpine('3.22'), machine, qemu: { from: 'file', path: '/nonexistent' } };
  const never = (): never => assert.fail('nothing is to be prepared');
  const kit = { cache: '/nonexistent', progress: never, signal: new AbortController().signal };
  const remembered = { read: never, write: never } as unknown as Parameters<typeof prepareSide>[2]['remembered'];
  await assert.rejects(prepareSide(side, 'timing', { kit, remembered }), /Alpine 3\.22 has no Vulkan driver for Venus/);
});
