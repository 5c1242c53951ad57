// `run --count` from end to end, with a player that counts and with one that cannot.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { StoredBoot } from '../../src/model/boot.ts';
import { goodBoot } from './scripts.ts';
import { openWorld } from './world.ts';

describe('counted boots', { concurrency: 2 }, () => {
  test('come after the timed ones, and are kept with their counts', async () => {
    await using world = await openWorld();
    const script = { ...goodBoot(), answers: { 'query-replay': { mode: 'none', icount: 3_031_100_000 } } };
    const { code, stdout, stderr } = await world.boot(script, '--count', '2');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /the guest runs 3031 million instructions until it is ready/i);
    const boots = join(world.runs()[0] ?? '', 'boots');
    const stored = readdirSync(boots)
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => JSON.parse(readFileSync(join(boots, name), 'utf8')) as StoredBoot);
    assert.deepEqual(
      stored.map(({ scenario }) => scenario),
      ['default', 'default.count', 'default.count'],
    );
    const [timed, counted] = stored;
    assert.ok(timed?.work === undefined && (counted?.work?.length ?? 0) > 5);
    assert.ok(counted?.command.includes('shift=3,sleep=off'));
    const accepted = await world.run('baseline', 'accept');
    assert.equal(accepted.code, 0, accepted.stderr);
    assert.doesNotMatch(accepted.stdout + accepted.stderr, /default\.count/);
    assert.deepEqual(await world.leftovers(), []);
  });

  for (const [what, answers, why] of [
    ['has no counter', {}, /query-replay/],
    ['does not count', { 'query-replay': { mode: 'none', icount: 0 } }, /does\s+not\s+count\s+instructions/],
    ['answers nothing', { 'query-replay': null }, /does\s+not\s+count\s+instructions/],
    ['answers nonsense', { 'query-replay': { icount: 1e300 } }, /does\s+not\s+count\s+instructions/],
  ] as const)
    test(`a QEMU that ${what} is told, and the timed boots stand`, async () => {
      await using world = await openWorld();
      const { code, stdout, stderr } = await world.boot({ ...goodBoot(), answers }, '--count', '1');
      assert.equal(code, 0, stderr);
      assert.match(stdout, why);
      assert.match(stdout, /no boot of head was counted to its end/i);
      assert.deepEqual(await world.leftovers(), []);
    });

  test('--count with a hypervisor is refused before anything boots', async () => {
    await using world = await openWorld();
    const { code, stderr } = await world.run('run', '--accel', 'kvm', '--count', '2');
    assert.equal(code, 2, stderr);
    assert.match(stderr, /only TCG knows how many instructions its guest ran/);
    assert.deepEqual(world.runs(), []);
  });
});
