// Files that are damaged, edited by hand, in the way or cannot be written: a message that names the file, and nothing lost.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { goodBoot } from './scripts.ts';
import { openWorld, type World } from './world.ts';

async function recordedRun(world: World): Promise<string> {
  const { code, stderr } = await world.boot(goodBoot());
  assert.equal(code, 0, stderr);
  return world.runs().at(-1) as string;
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}

const isRoot = process.getuid?.() === 0;

describe('files that are damaged or in the way', { concurrency: 4 }, () => {
  test('a damaged run is refused with the file and what is wrong with it, and is left as it is', async () => {
    await using world = await openWorld();
    const run = await recordedRun(world);
    const damages: readonly (readonly [string, RegExp, (path: string) => Promise<void>])[] = [
      ['run.json', /run\.json cannot be read/, (path) => truncate(path, 200)],
      [
        'run.json',
        /run\.json cannot be read[\s\S]*scenarios/,
        (path) => edit(path, (text) => text.replace('"scenario":', '"Scenario":')),
      ],
      [
        'run.json',
        /newer Bootgauge \(schema 99\)/,
        (path) => edit(path, (text) => text.replace('"schema": 1', '"schema": 99')),
      ],
      ['boots/0001.json', /0001\.json cannot be read/, (path) => truncate(path, 300)],
      [
        'boots/0001.json',
        /0001\.json cannot be read[\s\S]*atNs/,
        (path) => edit(path, (text) => text.replace(/"atNs":\d+/, '"atNs":-5')),
      ],
      [
        'boots/0001.json',
        /rising pairs/,
        (path) => edit(path, (text) => text.replace(/"reads":\[0,/, '"reads":[9000,')),
      ],
      ['boots/0001.console', /0001\.console[\s\S]*bytes/, (path) => truncate(path, 20)],
      ['boots/0001.console', /0001\.console/, (path) => rm(path)],
    ];
    const copy = join(world.workspace, 'copy');
    for (const [file, expected, damage] of damages) {
      await cp(run, copy, { recursive: true });
      await damage(join(copy, file));
      const { code, stderr } = await world.run('analyze', copy);
      assert.equal(code, 2, `${file}: ${stderr}`);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /fault in Bootgauge/);
      await rm(copy, { recursive: true });
    }
    assert.equal((await world.run('analyze')).code, 0);
  });

  test('a run edited so that times contradict each other ends with a sentence, not with a fault', async () => {
    await using world = await openWorld();
    const run = await recordedRun(world);
    await edit(join(run, 'boots/0001.json'), (text) =>
      text
        .replaceAll(/"atNs":(\d+)/g, (_, digits) => `"atNs":${Number(digits) % 1000}`)
        .replace('"round":1', '"round":7'),
    );
    const { code, stderr } = await world.run('analyze');
    assert.notEqual(code, null);
    assert.doesNotMatch(stderr, /fault in Bootgauge/);
  });

  test('a baseline that was truncated or edited is refused by line, before anything is booted', async () => {
    await using world = await openWorld();
    await recordedRun(world);
    const accepted = await world.run('baseline', 'accept');
    assert.equal(accepted.code, 0, accepted.stderr);
    const [file] = globSync('baselines/*/*.jsonl', { cwd: world.workspace });
    const path = join(world.workspace, file as string);
    const whole = await readFile(path, 'utf8');
    const damages: readonly string[] = [
      whole.slice(0, -40),
      whole.replace('"schema":1', '"schema":"one"'),
      whole.replace(/"samples":\[[^\]]*\]/, '"samples":["fast"]'),
    ];
    const runs = world.runs().length;
    for (const damaged of damages) {
      await writeFile(path, damaged);
      const { code, stderr } = await world.boot(goodBoot());
      assert.equal(code, 2, stderr);
      assert.match(stderr, /\.jsonl/);
      assert.match(stderr, /line|:\d/);
      assert.equal(await readFile(path, 'utf8'), damaged);
    }
    const refused = await world.run('baseline', 'accept');
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /\.jsonl/);
    assert.equal(await readFile(path, 'utf8'), damages.at(-1));
    assert.equal(world.runs().length, runs, 'a run was begun that could not be judged');
  });

  test('a damaged cache is told: keys by their folder, remembered trials are forgotten', async () => {
    await using world = await openWorld();
    await recordedRun(world);
    await writeFile(join(world.cache, 'trials.json'), '{"half');
    assert.equal((await world.boot(goodBoot())).code, 0);
    for (const key of globSync('keys/**/id_ed25519', { cwd: world.cache })) await truncate(join(world.cache, key), 0);
    const { code, stderr } = await world.boot(goodBoot());
    assert.equal(code, 3, stderr);
    assert.match(stderr, /keys.* damaged/);
    assert.match(stderr, /^remove the folder/m);
  });

  test('a guest that was changed in the cache is assembled anew, and a mirror that cannot be reached is said', async () => {
    await using world = await openWorld();
    for (const disk of globSync('guests/*/disk', { cwd: world.cache })) await truncate(join(world.cache, disk), 7);
    await writeFile(join(world.workspace, 'bootgauge.yml'), 'version: 1\nkit:\n  mirror: http://127.0.0.1:9/debian\n');
    const { code, stderr } = await world.boot(goodBoot());
    assert.equal(code, 3, stderr);
    assert.match(stderr, /disk of \S+ was changed: assembling it again/);
    assert.match(stderr, /127\.0\.0\.1:9/);
    assert.doesNotMatch(stderr, /fault in Bootgauge/);
    assert.deepEqual(world.runs(), []);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a cache that cannot be a folder is named with the variable that moves it', async () => {
    await using world = await openWorld();
    await writeFile(join(world.workspace, 'file'), '');
    for (const cache of [join(world.workspace, 'file', 'cache'), '/proc/bootgauge', '/dev/null']) {
      world.environment.BOOTGAUGE_CACHE = cache;
      const { code, stderr } = await world.boot(goodBoot());
      assert.equal(code, 3, `${cache}: ${stderr}`);
      assert.ok(stderr.includes(cache), stderr);
      assert.match(stderr, /BOOTGAUGE_CACHE/);
    }
    assert.deepEqual(world.runs(), []);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a workspace in which nothing can be written ends before the first boot', async () => {
    await using world = await openWorld();
    await writeFile(join(world.workspace, '.bootgauge'), 'in the way');
    const { code, stderr } = await world.boot(goodBoot());
    assert.equal(code, 3, stderr);
    assert.match(stderr, /cannot write the run to .*\.bootgauge/);
    assert.equal(await readFile(join(world.workspace, '.bootgauge'), 'utf8'), 'in the way');
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a read-only workspace is said', { skip: isRoot && 'root may write everywhere' }, async () => {
    await using world = await openWorld();
    await chmod(world.workspace, 0o555);
    const { code, stderr } = await world.boot(goodBoot());
    await chmod(world.workspace, 0o755);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /cannot write the run/);
  });

  test('output files below /proc end with an error and not with a command that never returns', async () => {
    await using world = await openWorld();
    const commands = [
      ['schema', '-o', '/proc/x/y'],
      ['schema', '-o', '/proc/x/y/z'],
      ['guest', 'export', 'reference-arm64-dropbear', '/proc/x/y/guest.tar'],
    ];
    for (const words of commands) {
      const running = world.start(...words);
      const limit = setTimeout(() => running.child.kill('SIGKILL'), 20_000);
      const { code, stderr } = await running.ended;
      clearTimeout(limit);
      assert.ok(code === 2 || code === 3, `${words.join(' ')}: ended with ${code}\n${stderr}`);
      assert.match(stderr, /\/proc\/x/);
      assert.doesNotMatch(stderr, /fault in Bootgauge/);
    }
  });

  test('a disk that fills up while boots are written keeps what was written, and the message names the file', async (t) => {
    await using world = await openWorld();
    const mounted = isRoot && (await mountSmallDisk(world.workspace));
    if (!mounted) return t.skip('needs root and the right to mount a small tmpfs');
    try {
      const flood = { ...goodBoot(700), flood: { atMs: 110, bytes: 1_500_000 } };
      const qemu = await world.player(flood);
      const words = ['--accel', 'tcg', '--warmup', '0', '-n', '9', '--max-boots', '9'];
      const { code, stderr } = await world.run('run', '--qemu', qemu, ...words);
      assert.equal(code, 3, stderr);
      assert.match(stderr, /cannot write .*boots.*no space left/is);
      assert.match(stderr, /free some disk space/);
      assert.deepEqual(await world.leftovers(), []);
      const [run] = world.runs();
      const boots = globSync('boots/*.json', { cwd: run });
      assert.ok(boots.length >= 1, 'no finished boot was kept');
      assert.deepEqual(globSync('**/.*[0-9]-[0-9a-f]*', { cwd: run }), [], 'half a file was left');
      const copy = join(world.cache, 'copy');
      await cp(run as string, copy, { recursive: true });
      const again = await world.run('analyze', copy);
      assert.equal(again.code, 0, again.stderr);
      const full = await world.run('analyze', run as string);
      assert.ok(full.code === 0 || full.code === 3, full.stderr);
      assert.doesNotMatch(full.stderr, /fault in Bootgauge/);
    } finally {
      execFileSync('umount', [world.workspace]);
    }
  });

  test('a temporary folder that is missing is said, with the variable to set', async () => {
    await using world = await openWorld();
    world.environment.TMPDIR = join(world.workspace, 'missing');
    const { code, stderr } = await world.boot(goodBoot());
    assert.equal(code, 3, stderr);
    assert.match(stderr, /cannot make a temporary folder in .*missing/);
    assert.match(stderr, /TMPDIR/);
  });

  test('links in place of the run folder are followed, and never written through to other places', async () => {
    await using world = await openWorld();
    const elsewhere = join(world.cache, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, join(world.workspace, '.bootgauge'));
    const { code, stderr } = await world.boot(goodBoot());
    assert.equal(code, 0, stderr);
    assert.ok(existsSync(join(elsewhere, 'runs')));
  });
});

async function mountSmallDisk(folder: string): Promise<boolean> {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
  return status === 0;
}
