// Guests as they lie in the cache, without assembling one: keys, damage, export and import of a small made-up guest.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { pointTo } from '../../src/kit/entry.ts';
import { describeGuestParts } from '../../src/kit/guest.ts';
import {
  findGuest,
  guestDigest,
  guestFolderName,
  guestRoom,
  recipeDigest,
  unlockGuest,
} from '../../src/kit/guest-entry.ts';
import { guestByName, guestName, guestRecipe } from '../../src/kit/guest-recipe.ts';
import { ensureKeys } from '../../src/kit/keys.ts';
import { ensureEmulator, listGuests, removeGuest } from '../../src/kit/kit.ts';
import type { KitOptions } from '../../src/kit/options.ts';
import { exportGuest, importGuest } from '../../src/kit/transfer.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import { hashFile, hashValue } from '../../src/store/digest.ts';
import { runWith } from '../commands/in-memory.ts';

const spec: ReferenceGuest = { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' };
const name = guestName(spec);

async function temporary(t: TestContext): Promise<KitOptions> {
  const cache = await mkdtemp(join(tmpdir(), 'bootgauge, kït '));
  t.after(() => rm(cache, { recursive: true, force: true }));
  return { cache, progress: () => undefined, signal: new AbortController().signal };
}

/** A guest whose parts are a few bytes; everything else is as in a real one. Returns its folder. */
async function placeGuest({ cache }: KitOptions): Promise<string> {
  const recipe = recipeDigest(guestRecipe(spec));
  const packages = { libc6: '2.41', openrc: '0.56' };
  const digest = guestDigest(recipe, packages);
  const folderName = guestFolderName({ name, digest });
  const folder = join(guestRoom(cache), folderName);
  await mkdir(folder, { recursive: true });
  for (const part of ['kernel', 'initrd', 'disk']) await writeFile(join(folder, part), `the ${part}`.padEnd(512));
  const described = await describeGuestParts(folder);
  const texts = { append: 'console=ttyAMA0', kernelRelease: '6.12', architecture: 'arm64' };
  const manifest = { schema: 1, name, digest, recipe, packages, ...texts, ...described };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await pointTo(guestRoom(cache), name, recipe, folderName);
  return folder;
}

test('keys are made once, kept private, and the same for every taker', async (t) => {
  const options = await temporary(t);
  const [first, second] = await Promise.all([ensureKeys(options), ensureKeys(options)]);
  assert.deepEqual(first, second);
  assert.deepEqual(await ensureKeys(options), first);
  assert.equal((await stat(first.privateKeyPath)).mode & 0o777, 0o600);
  assert.equal((await stat(first.archive)).mode & 0o777, 0o600);
});

test('damaged keys are named and never replaced', async (t) => {
  const options = await temporary(t);
  const { privateKeyPath } = await ensureKeys(options);
  await rm(join(options.cache, 'keys/keys.cpio'));
  const before = await readFile(privateKeyPath, 'utf8');
  await assert.rejects(ensureKeys(options), { exitCode: 3, message: /damaged/ });
  assert.equal(await readFile(privateKeyPath, 'utf8'), before);
});

test("a found guest boots with this cache's keys behind its initial ramdisk", async (t) => {
  const options = await temporary(t);
  await placeGuest(options);
  const found = await findGuest(options.cache, guestRecipe(spec));
  assert.ok(found !== null && typeof found !== 'string');
  const files = await unlockGuest(found, options);
  const initrd = await readFile(files.initrd);
  assert.equal(files.initrdDigest, await hashFile(join(dirname(files.initrd), 'initrd')));
  assert.ok(initrd.subarray(0, 512).toString().startsWith('the initrd'));
  assert.ok(initrd.includes('keys/root/.ssh/authorized_keys'));
  assert.match(files.ssh.hostKey ?? '', /^ssh-ed25519 AAAA/);
  assert.deepEqual(await unlockGuest(found, options), files);
});

test('damage is found and told: a missing file, a changed one, a hand-edited manifest, a broken pointer', async (t) => {
  const damages: [string, (folder: string, options: KitOptions) => Promise<unknown>][] = [
    ['the file disk of reference-arm64-dropbear is missing', (folder) => rm(join(folder, 'disk'))],
    ['the file kernel of reference-arm64-dropbear was changed', (folder) => writeFile(join(folder, 'kernel'), 'x')],
    [
      'the manifest of reference-arm64-dropbear cannot be read',
      (folder) => writeFile(join(folder, 'manifest.json'), '{}'),
    ],
    ['the manifest of reference-arm64-dropbear cannot be read', (folder) => rm(folder, { recursive: true })],
    [
      'the manifest of reference-arm64-dropbear cannot be read',
      (_, { cache }) =>
        writeFile(join(guestRoom(cache), `${name}.json`), '{"schema":1,"recipe":"","folder":"../../etc"}'),
    ],
  ];
  for (const [message, damage] of damages) {
    const options = await temporary(t);
    const folder = await placeGuest(options);
    await damage(folder, options);
    assert.equal(await findGuest(options.cache, guestRecipe(spec)), message);
    assert.equal((await listGuests(options.cache))[0]?.problem, message);
  }
});

test('a guest that was made anew leaves the one before it to runs that go on, and nothing older', async (t) => {
  const { cache } = await temporary(t);
  const room = guestRoom(cache);
  const others = [`${name}.lock`, `${name}-16k-${'0'.repeat(16)}`];
  for (const other of others) await mkdir(join(room, other), { recursive: true });
  const generations = ['a', 'b', 'c', 'd'].map((letter) => `${name}-${letter.repeat(16)}`);
  for (const folder of generations) {
    await mkdir(join(room, folder));
    await writeFile(join(room, folder, 'disk'), '');
    await pointTo(room, name, 'recipe', folder);
  }
  assert.deepEqual((await readdir(room)).sort(), [...others, `${name}.json`, ...generations.slice(2)].sort());
  await writeFile(join(room, `${name}.json`), '{"hand": "edited"');
  await pointTo(room, name, 'recipe', generations[3] as string);
  assert.deepEqual((await readdir(room)).sort(), [...others, `${name}.json`, ...generations.slice(3)].sort());
});

test('a cache whose path the loader of the kit would cut in two is refused', async (t) => {
  const options = await temporary(t);
  for (const part of ['a:b', 'a;b', '$ORIGIN']) {
    const refused = ensureEmulator({ ...options, cache: join(options.cache, part) });
    await assert.rejects(refused, { exitCode: 2, message: /colon, a semicolon/ });
  }
});

test('a guest of another recipe is not taken', async (t) => {
  const options = await temporary(t);
  const folder = await placeGuest(options);
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { packages: Record<string, string> };
  await writeFile(path, JSON.stringify({ ...manifest, recipe: hashValue('another') }));
  assert.equal(await findGuest(options.cache, guestRecipe(spec)), null);
});

test('a guest that was exported, removed and imported is the same guest with the keys of its new cache', async (t) => {
  const [from, to] = [await temporary(t), await temporary(t)];
  await placeGuest(from);
  const before = (await listGuests(from.cache))[0]?.manifest;
  const archive = join(from.cache, 'out', 'guest.tar');
  await exportGuest(name, archive, from);
  assert.deepEqual(await readdir(join(from.cache, 'out')), ['guest.tar']);
  await removeGuest(name, from);
  assert.deepEqual(await listGuests(from.cache), []);
  const { manifest } = await importGuest(archive, to);
  assert.equal(manifest.digest, before?.digest);
  assert.deepEqual(manifest.contents, before?.contents);
  assert.notEqual((await ensureKeys(from)).hostKey, (await ensureKeys(to)).hostKey);
  assert.deepEqual(await readdir(join(to.cache, 'work')), []);
});

test('a guest is imported from an address when its digest is right, and nothing stays of one that is not', async (t) => {
  const [from, to] = [await temporary(t), await temporary(t)];
  await placeGuest(from);
  const archive = join(from.cache, 'guest.tar');
  await exportGuest(name, archive, from);
  const bytes = await readFile(archive);
  const server = createServer((_, response) => response.end(bytes)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/guest.tar`;
  const guest = (...words: string[]) =>
    runWith({ folder: to.cache, environment: { BOOTGAUGE_CACHE: to.cache } }, ['guest', 'import', ...words]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const cases: readonly (readonly [string[], number, RegExp])[] = [
    [[url], 2, /an address needs the digest of its file\nadd --sha256/],
    [[url, '--sha256', 'abc'], 2, /--sha256 is no SHA-256 digest/],
    [[url, '--sha256', '0'.repeat(64)], 3, /is not what was asked for: its sha256 is [\da-f]{64}, not 0{64}/],
    [[archive, '--sha256', '0'.repeat(64)], 2, /is not what was asked for: its sha256 is another one/],
    [['http://[', '--sha256', sha256], 2, /is no address/],
    [[join(to.cache, 'none'), '--sha256', sha256], 2, /none is not a file/],
  ];
  for (const [words, expected, message] of cases) {
    const { code, err } = await guest(...words);
    assert.equal(code, expected, err);
    assert.match(err, message);
    assert.deepEqual(await listGuests(to.cache), []);
  }
  // Two at a time, which would load into the same file.
  const imports = await Promise.all([0, 1].map(() => guest(url, '--sha256', sha256.toUpperCase())));
  for (const { code, out, err } of imports) {
    assert.equal(code, 0, err);
    assert.match(out, new RegExp(`^${name} [\\da-f]{64}\n$`));
  }
  assert.deepEqual(await readdir(join(to.cache, 'downloads')), []);
});

test('an export never writes over a file', async (t) => {
  const options = await temporary(t);
  await placeGuest(options);
  const archive = join(options.cache, 'guest.tar');
  await writeFile(archive, 'mine');
  await assert.rejects(exportGuest(name, archive, options), { exitCode: 2 });
  assert.equal(await readFile(archive, 'utf8'), 'mine');
});

test('an archive that is not an untouched export is refused and leaves nothing in the cache', async (t) => {
  const source = await temporary(t);
  const folder = await placeGuest(source);
  const archive = join(source.cache, 'bad.tar');
  const pack = (...parameters: string[]) => execFileSync('tar', ['-cf', archive, '-C', folder, ...parameters]);
  const parts = ['kernel', 'initrd', 'disk', 'manifest.json'];
  const cases: [RegExp, () => Promise<unknown>][] = [
    [/not a tar archive/, () => writeFile(archive, 'no archive at all'.repeat(100))],
    [/"\.\.\/evil"/, async () => pack('--transform=s,kernel,../evil,', ...parts)],
    [/"\/tmp\/evil"/, async () => pack('-P', '--transform=s,kernel,/tmp/evil,', ...parts)],
    [/"extra"/, async () => writeFile(join(folder, 'extra'), '').then(() => pack(...parts, 'extra'))],
    [/manifest\.json exactly once/, async () => pack('kernel', 'initrd', 'disk')],
    [/disk exactly once/, async () => pack(...parts, 'disk')],
    [/kernel .* is damaged/, async () => writeFile(join(folder, 'kernel'), 'changed').then(() => pack(...parts))],
    [
      /kernel .* is damaged/,
      async () => {
        await rm(join(folder, 'kernel'));
        await symlink('/etc/passwd', join(folder, 'kernel'));
        pack(...parts);
      },
    ],
    [
      /manifest .* cannot be read/,
      async () => writeFile(join(folder, 'manifest.json'), '{').then(() => pack(...parts)),
    ],
  ];
  for (const [message, make] of cases) {
    const target = await temporary(t);
    await make();
    await assert.rejects(importGuest(archive, target), { name: 'BootgaugeError', exitCode: 2, message });
    assert.deepEqual(await listGuests(target.cache), []);
    assert.deepEqual(await readdir(join(target.cache, 'work')), []);
  }
});

test('a manifest whose package versions were edited is refused', async (t) => {
  const source = await temporary(t);
  const folder = await placeGuest(source);
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { packages: Record<string, string> };
  await writeFile(path, JSON.stringify({ ...manifest, packages: { ...manifest.packages, openrc: '0.99' } }));
  const archive = join(source.cache, 'edited.tar');
  execFileSync('tar', ['-cf', archive, '-C', folder, 'kernel', 'initrd', 'disk', 'manifest.json']);
  await assert.rejects(importGuest(archive, await temporary(t)), { exitCode: 2, message: /digest/ });
});

test('names and guests are one to one, and every guest has a recipe of its own', () => {
  const names = ['reference-arm64-dropbear', 'reference-arm64-openssh-16k', 'reference-x86_64-openssh'];
  for (const known of names) assert.equal(guestName(guestByName(known) as ReferenceGuest), known);
  for (const unknown of ['', 'reference', 'reference-x86_64-dropbear-16k', '../x'])
    assert.equal(guestByName(unknown), null);
  const digests = names.map((known) => recipeDigest(guestRecipe(guestByName(known) as ReferenceGuest)));
  assert.equal(new Set(digests).size, names.length);
});

test('the digest depends on package versions and not on the order in which they came', () => {
  const digest = guestDigest('recipe', { one: '1', two: '2' });
  assert.equal(guestDigest('recipe', { two: '2', one: '1' }), digest);
  assert.notEqual(guestDigest('recipe', { one: '1', two: '3' }), digest);
});
