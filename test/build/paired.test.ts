// The whole program builds both sides of a comparison from source and boots them in turn. A small C program stands for QEMU: it is
// configured, compiled and linked for real, and plays a guest when it is booted.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Report } from '../../src/model/report.ts';
import { openWorld, type World } from '../faults/world.ts';
import { bootableCheckout } from './bootable.ts';
import { missingTools } from './little-qemu.ts';

async function reportOf(world: World): Promise<Report> {
  return JSON.parse(await readFile(join(world.runs().at(-1) as string, 'report.json'), 'utf8')) as Report;
}

describe('paired runs of two builds', { concurrency: 2, skip: missingTools() }, () => {
  test('a patch that makes the guest slower is found, and both builds are on record', async () => {
    await using world = await openWorld();
    const checkout = await bootableCheckout(world);
    await checkout.change('hw/wfi.c', '"quick"', '"slow"');
    await writeFile(join(world.workspace, 'slow.patch'), `${checkout.git('diff')}\n`);
    checkout.git('checkout', '--quiet', '.');
    const { code, stdout, stderr } = await world.run(
      'run',
      '--base',
      'HEAD',
      '--head',
      'main',
      '--head-patch',
      'slow.patch',
    );
    assert.equal(code, 1, stdout + stderr);
    const report = await reportOf(world);
    assert.equal(report.verdict.word, 'slower', stdout);
    const { base, head } = (report.scenarios[0] as Report['scenarios'][0]).conditions;
    assert.equal(head.emulator.build?.commit, checkout.git('rev-parse', 'HEAD'));
    assert.equal(base?.emulator.build?.commit, head.emulator.build.commit);
    assert.deepEqual(
      head.emulator.build.patches.map(({ name, state }) => [name, state]),
      [['slow.patch', 'applied']],
    );
    assert.deepEqual(base.emulator.build.patches, []);
    assert.notEqual(base.emulator.digest, head.emulator.digest);
    assert.match(stderr, /building base .*4 steps|building base .*5 steps/);
    assert.match(stderr, /building head/);
    assert.match(stderr, /configuring base [^\n]*, build 1 of 2[\s\S]*configuring head [^\n]*, build 2 of 2/);
    assert.match(stdout, /[0-9a-f]{10} \+ 1 patch against [0-9a-f]{10}, \d+ interleaved pairs/);
    const markdown = await readFile(join(world.runs().at(-1) as string, 'report.md'), 'utf8');
    assert.match(markdown, /built from.*Play guests.*slow\.patch/);
    assert.match(markdown, /compiler/);
    // A binary that was just built gets a warm-up, though the configuration asks for none.
    assert.ok(report.scenarios[0]?.boots.some(({ warmup }) => warmup));
    assert.equal(checkout.git('status', '--porcelain'), '');
    assert.deepEqual(await world.leftovers(), []);
  });

  test('two sides that build the same bytes are named an A/A run', async () => {
    await using world = await openWorld();
    const checkout = await bootableCheckout(world);
    await checkout.change('hw/wfi.c', '/* Which script', '/* By which script');
    checkout.commit('Only a comment');
    const { code, stdout, stderr } = await world.run('run', '--base', 'HEAD~1', '--head', 'HEAD', '--max-boots', '1');
    assert.equal(code, 0, stdout + stderr);
    const report = await reportOf(world);
    const warnings = report.scenarios[0]?.warnings ?? [];
    assert.ok(
      warnings.some(({ code: name }) => name === 'identical-sides'),
      JSON.stringify(warnings),
    );
    assert.match(stdout, /[0-9a-f]{10} against [0-9a-f]{10}[^)]*\(an\s+A\/A\s+run/);
    const again = await world.run('run', '--base', 'HEAD~1', '--head', 'HEAD', '--max-boots', '1');
    assert.doesNotMatch(again.stderr, /building/);
  });

  test('a ref that is not there, a patch that does not apply and source that does not compile end the run before any boot', async () => {
    await using world = await openWorld();
    const checkout = await bootableCheckout(world);
    const unknown = await world.run('run', '--base', 'no-such-branch');
    assert.equal(unknown.code, 2, unknown.stderr);
    assert.match(unknown.stderr, /there is no commit 'no-such-branch'/);
    await writeFile(
      join(world.workspace, 'other.patch'),
      '--- a/main.c\n+++ b/main.c\n@@ -1,2 +1,2 @@\n /* Another program. */\n-int x;\n+int y;\n',
    );
    const refused = await world.run('run', '--head-patch', 'other.patch');
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /other\.patch does not apply to main\.c at line 1/);
    assert.doesNotMatch(refused.stderr, /configuring|building/, 'base is not built when head cannot be');
    await checkout.change('main.c', 'machine_init();', 'machine_init(');
    const broken = await world.run('run', '--base', 'HEAD');
    assert.equal(broken.code, 3, broken.stderr);
    assert.match(broken.stderr, /head .*uncommitted changes.* does not compile/);
    assert.match(broken.stderr, /main\.c:\d+:\d+: error/);
    assert.deepEqual(world.runs(), []);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('an interruption while a side is built ends at once and leaves nothing running', async () => {
    await using world = await openWorld();
    await bootableCheckout(world);
    const file = join(world.workspace, 'bootgauge.yml');
    await writeFile(file, 'version: 1\nqemu: {source: a checkout, configure: [--slow]}\n');
    const running = world.start('run', '--base', 'HEAD');
    await running.said('configuring base');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.deepEqual(await world.leftovers(), []);
    assert.deepEqual(world.runs(), []);
  });
});
