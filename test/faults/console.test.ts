// Consoles that hurt: floods, garbage, and text that means to be read as something else.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { goodBoot } from './scripts.ts';
import { openWorld } from './world.ts';

// Side by side: most of a command's time is waiting.
describe('consoles that hurt', { concurrency: 4 }, () => {
  test('100 MB without a newline cost neither the boot nor the memory', async () => {
    await using world = await openWorld();
    world.environment.NODE_OPTIONS = '--max-old-space-size=256';
    const script = { ...goodBoot(1500), flood: { atMs: 110, bytes: 100 * 1024 * 1024 } };
    const { code, stdout, stderr } = await world.boot(script, '--timeout', '30 s');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /time-to-ssh +[\d.]+ m?s/);
    const [run] = world.runs();
    const console = await readFile(join(run as string, 'boots', '0001.console'));
    assert.ok(console.length <= 16 * 1024 * 1024, `${console.length} bytes were kept`);
    assert.deepEqual(await world.leftovers(), []);
    assert.equal((await world.run('analyze')).code, 0);
  });

  test('binary garbage and terminal sequences reach no terminal and no report', async () => {
    await using world = await openWorld();
    const garbage = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 151 + 7) % 256));
    const good = goodBoot(300);
    const script = {
      ...good,
      console: [
        ...(good.console ?? []),
        [120, { base64: garbage.toString('base64') }],
        [130, '\r\n\u001b]0;stolen title\u0007\u001b[2J\u001b[31m * Starting \u001b[5mevil\u001b[0m ... [ ok ]\r\n'],
        [140, '::stop-commands::x\r\n::set-output name=a::b\r\n * Starting @everyone <script>| `x` ... [ ok ]\r\n'],
      ] as const,
    };
    const { code, stdout, stderr } = await world.boot(script);
    assert.equal(code, 0, stderr);
    const [run] = world.runs();
    const report = await readFile(join(run as string, 'report.md'), 'utf8');
    const picture = await readFile(join(run as string, 'report.svg'), 'utf8');
    for (const [what, text] of Object.entries({ stdout, stderr, report, picture })) {
      assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/, `${what} holds control characters`);
      assert.doesNotMatch(text, /^\s*::/m, `${what} holds a workflow command`);
      if (what !== 'stdout' && what !== 'stderr') assert.doesNotMatch(text, /<script/, `${what} holds a script`);
    }
    assert.doesNotMatch(report, /(?<![\\\w`])@everyone/);
    assert.deepEqual(await world.leftovers(), []);
  });

  test('a panic line full of garbage is shown harmlessly', async () => {
    await using world = await openWorld();
    const line = 'Kernel panic - not syncing: \u001b[2J\u001b]0;t\u0007::error::x `@me` <script> | \u202e';
    const { code, stdout, stderr } = await world.boot({ console: [[10, `${line}\r\n`]] });
    assert.equal(code, 1, stderr);
    assert.match(stdout + stderr, /Kernel panic/);
    for (const text of [stdout, stderr]) assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u202e]/);
  });
});
