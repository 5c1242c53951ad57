// `bootgauge guest authorize` at a real guest's serial console: the reference guest with 16 KiB pages, made into one that somebody else
// might have made: a password, no key of ours, and a swap file with the signature of a kernel with 4 KiB pages.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import test from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { prepareSide } from '../../src/guest/prepare.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { writeCpio } from '../../src/kit/cpio.ts';
import { newKey } from '../../src/kit/keys.ts';
import { ensureGuest } from '../../src/kit/kit.ts';
import { configFileName } from '../../src/model/file-names.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { hashFile } from '../../src/store/digest.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';

const cli = resolve(import.meta.dirname, '../../src/cli.ts');

const config = `version: 1
defaults:
  accel: tcg
  cpus: 2
  memory: 1 GiB
  deadlines: {total: 4 min}
scenarios:
  locked:
    guest: {kind: custom, kernel: kernel, initrd: initrd-locked, disk: disk, append: console=ttyAMA0 panic=-1}
  opened:
    guest: {kind: custom, kernel: kernel, initrd: initrd-host-key, disk: disk-with-key, append: console=ttyAMA0 panic=-1, ssh: {key: cache}}
    probes:
      swap: {run: grep -q swapfile /proc/swaps}
`;

/** sha512-crypt of `secret`. */
const password = '$6$bootgauge$GOyVVniRmT6rsHcrWpifuqfZAeX0S0gnnmN9w67hQ1pX6fR9jqbmRfk1Z4E4AdJP434XFiHJmPF0.G73QfdFM.';

test('a key is put into a clone by a login on a real console, swap is made anew for 16 KiB pages, and the key lets us in', async () => {
  await using folder = await temporaryFolder('bootgauge-authorize-');
  const cache = cacheFolder(process.env, homedir());
  const kit = { cache, progress: () => {}, signal: AbortSignal.timeout(540_000) };
  const files = await ensureGuest({ kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '16k' }, kit);
  const place = (name: string): string => join(folder.path, name);
  copyFileSync(files.kernel, place('kernel'));
  copyFileSync(files.disks[0].path, place('disk'));
  // The ramdisk copies what lies below /keys into the guest. It is taken without this cache's keys behind it.
  const bare = readFileSync(join(dirname(files.kernel), 'initrd'));
  writeFileSync(place('initrd-locked'), Buffer.concat([bare, archive(true)]));
  writeFileSync(place('initrd-host-key'), Buffer.concat([bare, archive(false)]));
  writeFileSync(place(configFileName), config);
  const original = await hashFile(place('disk'));

  const answer = spawnSync(process.execPath, [cli, 'guest', 'authorize', 'locked', '-o', 'disk-with-key'], {
    cwd: folder.path,
    env: { ...process.env, BOOTGAUGE_CACHE: cache, BOOTGAUGE_GUEST_PASSWORD: 'secret' },
    encoding: 'utf8',
  });
  assert.equal(answer.status, 0, answer.stdout + answer.stderr);
  assert.equal(answer.stdout, 'disk-with-key\n');
  assert.match(answer.stderr, /made the swap again, for the page size of this kernel/);
  assert.equal(await hashFile(place('disk')), original);

  const [scenario] = scenariosOf(loadConfig(folder.path), ['opened']);
  assert.ok(scenario);
  const options = { kit, remembered: rememberIn(join(cache, 'trials.json')) };
  const boot = await bootOnce({
    plan: await prepareSide(scenario.head, scenario.profile, options),
    scenario,
    markers: markerProfileOf(scenario),
    slot: { side: 'head', round: 1, warmup: false },
    number: 1,
    onPhase: () => {},
    signal: kit.signal,
  });
  assert.deepEqual(boot.outcome, { kind: 'ready' }, Buffer.from(boot.console.bytes).toString().slice(-2000));
  const passed = boot.probes.filter(({ outcome }) => outcome === 'ok').map(({ probe }) => probe);
  assert.ok(passed.includes('login') && passed.includes('swap'), passed.join(' '));
  assert.doesNotMatch(Buffer.from(boot.console.bytes).toString(), /Unable to find swap-space signature/);
});

const hostKey = newKey('somebody');

/** What the ramdisk brings into the guest: a host key, and with `locked` the password, the swap and its entry. */
function archive(locked: boolean): Buffer {
  const directory = (path: string) => ({ path, kind: 'folder' as const, mode: 0o755 });
  const file = (path: string, content: string | Uint8Array) => ({ path, kind: 'file' as const, mode: 0o600, content });
  const once = [
    file('keys/etc/shadow', `root:${password}:19000:0:::::\n`),
    file('keys/etc/fstab', '/dev/vda / ext4 rw,relatime 0 1\n/swapfile none swap sw 0 0\n'),
    file('keys/swapfile', swapOf(4096, 128)),
  ];
  return Buffer.from(
    writeCpio([
      ...['keys', 'keys/etc', 'keys/etc/dropbear'].map(directory),
      file('keys/etc/dropbear/dropbear_ed25519_host_key', hostKey.dropbear),
      ...(locked ? once : []),
    ]),
  );
}

/** A swap area as mkswap makes it for this page size (the kernel's union swap_header). */
function swapOf(pageBytes: number, pages: number): Buffer {
  const area = Buffer.alloc(pageBytes * pages);
  area.writeUInt32LE(1, 1024);
  area.writeUInt32LE(pages - 1, 1028);
  area.write('SWAPSPACE2', pageBytes - 10, 'latin1');
  return area;
}
