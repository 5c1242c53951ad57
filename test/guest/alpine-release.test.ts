import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { packagesOf, seenFromGuest } from '../../src/guest/alpine-install.ts';
import { findRelease, loadRelease, rememberedRelease } from '../../src/guest/alpine-release.ts';
import { installScript, settleScript } from '../../src/guest/alpine-script.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import type { AlpineGuest } from '../../src/model/guests/alpine.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-release-'));
after(() => rmSync(folder, { recursive: true }));
const sum = (text: string, algorithm: string): string => createHash(algorithm).update(text).digest('hex');

/** Path -> text of a mirror; everything else is 404. */
async function mirrorOf(files: Readonly<Record<string, string | Buffer>>) {
  const server = createServer((request, response) => {
    const text = files[request.url ?? ''];
    response.writeHead(text === undefined ? 404 : 200).end(text);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const guestAt = (mirror: string, changes: Partial<AlpineGuest> = {}): AlpineGuest => ({
  kind: 'alpine',
  architecture: 'arm64',
  release: '3.22',
  flavor: 'virt',
  mirror,
  keyring: null,
  packages: [],
  script: null,
  diskMiB: 512,
  ...changes,
});
const options = { cache: folder, progress: () => {}, signal: new AbortController().signal };
const at = '/v3.22/releases/aarch64';
const name = 'alpine-netboot-3.22.2-aarch64.tar.gz';

async function fails(promise: Promise<unknown>, exitCode: number, pattern: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof BootgaugeError);
    assert.equal(error.exitCode, exitCode);
    assert.match(error.message, pattern);
    return true;
  });
}

test('the newest of a release is found in the index, whatever else stands there', async () => {
  const index = `---
-
  title: "Mini root filesystem"
  desc: |
    Minimal root filesystem.
  branch: v3.22
  arch: aarch64
  version: 3.22.2
  flavor: alpine-minirootfs
  file: alpine-minirootfs-3.22.2-aarch64.tar.gz
-
  title: "Netboot"
  branch: v3.22
  version: 3.22.2
  flavor: alpine-netboot
  file: ${name}
  size: 214748364
  sha256: ${sum('x', 'sha256')}
  sha512: ${sum('x', 'sha512')}
-
  strange: [entry]
`;
  await using mirror = await mirrorOf({ [`${at}/latest-releases.yaml`]: index });
  assert.deepEqual(await findRelease(guestAt(mirror.url), options), {
    version: '3.22.2',
    branch: 'v3.22',
    url: `${mirror.url}${at}/${name}`,
    checksum: { algorithm: 'sha512', value: sum('x', 'sha512') },
  });
});

test('one release is pinned by its number, with whichever checksum the mirror has', async () => {
  await using mirror = await mirrorOf({ [`${at}/${name}.sha256`]: `${sum('x', 'sha256')}  ${name}\n` });
  const found = await findRelease(guestAt(mirror.url, { release: '3.22.2' }), options);
  assert.deepEqual([found.version, found.checksum.algorithm], ['3.22.2', 'sha256']);
  await fails(findRelease(guestAt(mirror.url, { release: '3.22.7' }), options), 3, /no Alpine 3\.22\.7 for aarch64/);
});

test('an installation goes on with the release that it began with, and asks again where its note is damaged', async () => {
  await using mirror = await mirrorOf({ [`${at}/${name}.sha256`]: `${sum('x', 'sha256')}  ${name}\n` });
  const guest = guestAt(mirror.url, { release: '3.22.2' });
  const place = mkdtempSync(join(folder, 'installation-'));
  const found = await rememberedRelease(guest, place, options);
  const note = join(place, 'release.json');
  const begun = { ...found, version: '3.22.1' };
  writeFileSync(note, JSON.stringify(begun));
  assert.deepEqual(await rememberedRelease(guest, place, options), begun);
  for (const damaged of ['{"version": "3.22', '{"url": 7}', 'null']) {
    writeFileSync(note, damaged);
    assert.deepEqual(await rememberedRelease(guest, place, options), found);
  }
});

test('no mirror, no such release, an index that is none, and a hostile file name are told', async () => {
  await fails(findRelease(guestAt(''), options), 2, /the mirror is missing/);
  await using mirror = await mirrorOf({
    [`${at}/latest-releases.yaml`]: '<html>',
    '/edge/releases/aarch64/latest-releases.yaml': `- {flavor: alpine-netboot, version: 1, file: ../../etc/passwd, sha256: ${sum('x', 'sha256')}}`,
    '/v3.21/releases/aarch64/latest-releases.yaml': `- {flavor: alpine-netboot, version: 3.21.0, file: netboot.tar.gz}`,
  });
  await fails(findRelease(guestAt(mirror.url), options), 3, /names no network installer/);
  await fails(findRelease(guestAt(mirror.url, { release: 'edge' }), options), 3, /names no network installer/);
  await fails(findRelease(guestAt(mirror.url, { release: '3.21' }), options), 3, /no checksum/);
  await fails(findRelease(guestAt(mirror.url, { release: '3.99' }), options), 3, /v3\.99.*is not there/);
});

test('a signature is checked with the keyring that is configured', {
  skip: spawnSync('gpg', ['--version']).status !== 0,
}, async () => {
  const home = join(folder, 'gpg');
  mkdirSync(home, { mode: 0o700 });
  const gpg = (...words: string[]) => execFileSync('gpg', ['--batch', '--homedir', home, ...words], { stdio: 'pipe' });
  for (const who of ['alpine@example.org', 'other@example.org']) {
    gpg('--passphrase', '', '--quick-generate-key', who, 'ed25519', 'sign', 'never');
    gpg('--armor', '--output', join(folder, `${who}.asc`), '--export', who);
  }
  const file = join(folder, 'file');
  writeFileSync(file, 'x');
  gpg('--local-user', 'alpine@example.org', '--armor', '--output', join(folder, 'file.sig'), '--detach-sign', file);
  spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  const signature = readFileSync(join(folder, 'file.sig'));
  await using mirror = await mirrorOf({
    '/file': 'x',
    '/file.asc': signature,
    '/changed': 'y',
    '/changed.asc': signature,
    '/unsigned': 'x',
  });
  const release = (path: string, text: string) => ({
    version: '1',
    branch: 'v1',
    url: `${mirror.url}/${path}`,
    checksum: { algorithm: 'sha256' as const, value: sum(text, 'sha256') },
  });
  const signed = guestAt(mirror.url, { keyring: join(folder, 'alpine@example.org.asc') });
  const stranger = guestAt(mirror.url, { keyring: join(folder, 'other@example.org.asc') });
  const place = join(folder, 'loaded');
  await loadRelease(release('file', 'x'), place, signed, options);
  await fails(loadRelease(release('file', 'x'), place, stranger, options), 3, /is not signed by a key of/);
  await fails(loadRelease(release('changed', 'y'), place, signed, options), 3, /is not signed by a key of/);
  await fails(loadRelease(release('unsigned', 'x'), place, signed, options), 3, /asc is not there/);
});

test('the scripts that run in the guest are shell, whatever the guest', () => {
  for (const release of ['3.19', 'edge']) {
    for (const architecture of ['arm64', 'x86_64'] as const) {
      for (const flavor of ['virt', 'lts'] as const) {
        const guest = guestAt('http://mirror.example.org/alpine', {
          release,
          architecture,
          flavor,
          packages: ['htop'],
        });
        const input = { guest, branch: 'v3.19', mirror: guest.mirror, authorizedKey: 'ssh-ed25519 AAAA x' };
        const checked = spawnSync('sh', ['-n'], { input: installScript(input), encoding: 'utf8' });
        assert.deepEqual([checked.status, checked.stderr], [0, '']);
      }
    }
  }
  assert.equal(spawnSync('sh', ['-n'], { input: settleScript }).status, 0);
});

test('packages are told by name and version, and a mirror of this machine as the guest sees it', () => {
  assert.deepEqual(packagesOf('busybox-1.37.0-r18\ngtk+3.0-3.24.49-r0\nlibstdc++-14.2.0-r6\nWARNING: x\n'), {
    busybox: '1.37.0-r18',
    'gtk+3.0': '3.24.49-r0',
    'libstdc++': '14.2.0-r6',
  });
  assert.equal(seenFromGuest('http://127.0.0.1:8080/alpine'), 'http://10.0.2.2:8080/alpine');
  assert.equal(seenFromGuest('http://localhost/alpine'), 'http://10.0.2.2/alpine');
  assert.equal(seenFromGuest('https://127.0.0.1.example.org/a'), 'https://127.0.0.1.example.org/a');
});
