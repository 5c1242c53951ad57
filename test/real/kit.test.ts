// The kit for real: assembled by root and by a plain user, killed in the middle, wanted by two at once - and booted.
// Packages come from this machine's mirror, or from its cache where it has them.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { chown, copyFile, cp, link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { after, before } from 'node:test';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { hashFile } from '../../src/store/digest.ts';

/** Long, with spaces, commas and letters beyond ASCII: the kit must work from anywhere. */
const awkward = `a place, for bootgauge's kït ${'x'.repeat(100)}`;
const nobody = 65534;
const isRoot = process.getuid?.() === 0;
let folder: string;
let first: string;
let second: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootgauge-real-'));
  [first, second] = [join(folder, 'first'), join(folder, awkward)];
  await shareArchives(first);
  await shareArchives(second);
  // A plain user may not be able to read this checkout: it gets a copy.
  const packages = [...withDependencies(importedPackages())].map((name) => join('node_modules', name));
  for (const part of ['src', 'test/fixtures', 'test/guest', 'package.json', ...packages]) {
    await cp(join(import.meta.dirname, '../..', part), join(folder, 'checkout', part), { recursive: true });
  }
  await copyFile(process.execPath, join(folder, 'node'));
  if (isRoot) spawnSync('chown', ['-R', `${nobody}:${nobody}`, folder]);
});

after(() => rm(folder, { recursive: true, force: true }));

/** Loaded packages are taken over, so that a test loads little; they are verified again by size and apt. */
async function shareArchives(cache: string): Promise<void> {
  const target = join(cache, 'apt/archives');
  await mkdir(target, { recursive: true });
  const source = join(cacheFolder(process.env, homedir()), 'apt/archives');
  for (const name of (await readdir(source).catch(() => [])).filter((file) => file.endsWith('.deb'))) {
    const [from, to] = [join(source, name), join(target, name)];
    // One file for two owners is no good where the second one is somebody else.
    await (isRoot ? copyFile(from, to) : link(from, to).catch(() => copyFile(from, to)));
  }
}

/** What src imports, but for the Action's own. */
function importedPackages(): string[] {
  const root = join(import.meta.dirname, '../../src');
  const texts = globSync('**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));
  const names = texts.flatMap((text) => [...text.matchAll(/ from '((?:@[\w-]+\/)?[\w-]+)(?:\/[^']*)?';$/gm)]);
  return [...new Set(names.map(([, name = '']) => name))].filter((name) => !name.startsWith('@actions'));
}

/** Packages and all that they need, as npm has laid them side by side. */
function withDependencies(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names.filter((one) => !found.has(one))) {
    found.add(name);
    const text = readFileSync(join(import.meta.dirname, '../../node_modules', name, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    withDependencies(Object.keys(dependencies), found);
  }
  return found;
}

interface Builder {
  readonly child: ChildProcess;
  readonly events: Record<string, unknown>[];
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
  event(kind: string): Record<string, unknown> | undefined;
}

function build(parameters: readonly string[], owner: { uid: number; gid: number } | null): Builder {
  const child = spawn(join(folder, 'node'), [join(folder, 'checkout/test/fixtures/kit-builder.ts'), ...parameters], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(owner ?? {}),
  });
  const events: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line) as Record<string, unknown>);
    child.emit('told');
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, events, errors: () => errors, ended, event: (kind) => events.find((event) => event.kind === kind) };
}

/** Somebody who is not root, whoever runs the tests. */
const plainUser = isRoot ? { uid: nobody, gid: nobody } : null;

async function until(builder: Builder, task: string): Promise<void> {
  while (!builder.events.some((event) => event.kind === 'task-started' && String(event.task).startsWith(task))) {
    await once(builder.child, 'told');
  }
}

async function folderOf(cache: string): Promise<string> {
  const pointer = JSON.parse(await readFile(join(cache, 'guests/reference-arm64-dropbear.json'), 'utf8')) as {
    folder: string;
  };
  return join(cache, 'guests', pointer.folder);
}

test('an unreachable mirror is an error that names it', async () => {
  const builder = build([join(folder, 'unreachable'), 'guest', 'http://127.0.0.1:9/debian'], null);
  assert.equal(await builder.ended, 3, builder.errors());
  assert.match(builder.errors(), /package lists of http:\/\/127\.0\.0\.1:9\/debian could not be loaded/);
  assert.match(builder.errors(), /mirror/);
});

test('a cache that a plain user may not write is an error that names BOOTGAUGE_CACHE', { skip: !isRoot }, async () => {
  await mkdir(join(folder, 'closed'), { mode: 0o755 });
  await chown(join(folder, 'closed'), 0, 0);
  const builder = build([join(folder, 'closed'), 'guest'], plainUser);
  assert.equal(await builder.ended, 3);
  assert.match(builder.errors(), /cannot be written[\s\S]*BOOTGAUGE_CACHE/);
});

test('an assembly that was killed leaves nothing half, and two at once assemble the guest one time', async () => {
  const killed = build([first, 'guest'], null);
  await until(killed, 'assembling');
  killed.child.kill('SIGKILL');
  await killed.ended;
  assert.deepEqual(
    (await readdir(join(first, 'guests'))).filter((name) => !name.endsWith('.lock')),
    [],
  );
  assert.equal((await readdir(join(first, 'work'))).length, 1);
  await writeFile(join(first, 'guests/reference-arm64-dropbear.json'), '{"hand": "edited"');
  const both = [build([first, 'guest'], null), build([first, 'guest'], null)];
  for (const builder of both) assert.equal(await builder.ended, 0, builder.errors());
  const digests = both.map((builder) => builder.event('guest')?.digest);
  assert.equal(digests[0], digests[1]);
  const assemblies = both
    .flatMap(({ events }) => events)
    .filter(({ kind, task }) => kind === 'task-ended' && /^assembling/.test(String(task)));
  assert.equal(assemblies.length, 1);
  assert.deepEqual(await readdir(join(first, 'work')), []);
});

test("a plain user's guest is the same to the byte, from an awkward path too, and lets its owner log in with Venus there", async () => {
  const builder = build([second, 'boot'], plainUser);
  assert.equal(await builder.ended, 0, builder.errors());
  const [mine, theirs] = [await folderOf(first), await folderOf(second)];
  assert.equal(
    builder.event('guest')?.digest,
    (JSON.parse(await readFile(join(mine, 'manifest.json'), 'utf8')) as { digest: string }).digest,
  );
  for (const part of ['kernel', 'initrd', 'disk']) {
    assert.equal(await hashFile(join(theirs, part)), await hashFile(join(mine, part)), part);
  }
  const { text, console } = builder.event('answer') as { text: string; console: string };
  assert.match(text, /^0\n0:0\n/);
  assert.match(text, /deviceName\s+= Virtio-GPU Venus/);
  assert.match(text, /driverID\s+= DRIVER_ID_MESA_VENUS/);
  for (const line of [
    'OpenRC',
    'Scanning hardware for mdev ... [ ok ]',
    'Starting dropbear ... [ ok ]',
    'bootgauge: ssh-banner',
  ]) {
    assert.ok(console.includes(line), line);
  }
});
