import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Side } from '../../src/model/scenario.ts';
import { roundSlots } from '../../src/recording/schedule.ts';
import { runSeries, type SeriesOptions } from '../../src/recording/series.ts';
import { median } from '../../src/stats/quantiles.ts';

const both: readonly Side[] = ['base', 'head'];

function recorder(durations: (index: number) => number = (index) => 1000 + index) {
  const log: string[] = [];
  const boot: SeriesOptions['boot'] = async (slot) => {
    log.push(`${slot.warmup ? 'w' : slot.round}${slot.side[0]}`);
    await new Promise((resolve) => setImmediate(resolve));
    return durations(log.length - 1);
  };
  return { log, boot };
}

test('boots warm-ups first and then lets base and head take turns at going first', async () => {
  const { log, boot } = recorder();
  await runSeries({ sides: both, seed: 2, warmup: 1, minRounds: 1, maxRounds: 4, boot, enough: () => false });
  assert.deepEqual(log, ['wb', 'wh', '1b', '1h', '2h', '2b', '3b', '3h', '4h', '4b']);
});

test('never runs two boots at the same time', async () => {
  let running = 0;
  const boot = async (): Promise<number> => {
    running += 1;
    assert.equal(running, 1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running -= 1;
    return 5;
  };
  await runSeries({ sides: both, seed: 1, warmup: 1, minRounds: 1, maxRounds: 5, boot, enough: () => false });
});

test('stops after the round in which the rule says enough, and keeps exactly the measured samples', async () => {
  const { log, boot } = recorder();
  const asked: number[] = [];
  const statistics = await runSeries({
    sides: both,
    seed: 1,
    warmup: 0,
    minRounds: 2,
    maxRounds: 50,
    boot,
    enough: (round) => {
      asked.push(round);
      return round === 3;
    },
  });
  assert.deepEqual(asked, [0, 2, 3]);
  assert.equal(log.length, 6);
  assert.deepEqual(
    statistics.map(({ side, boots, meanMs }) => ({ side, boots, meanMs })),
    [
      { side: 'base', boots: 3, meanMs: (1000 + 1003 + 1004) / 3 },
      { side: 'head', boots: 3, meanMs: (1001 + 1002 + 1005) / 3 },
    ],
  );
});

test('one side alone is a series too', async () => {
  const { log, boot } = recorder();
  const [head] = await runSeries({
    sides: ['head'],
    seed: 1,
    warmup: 1,
    minRounds: 1,
    maxRounds: 3,
    boot,
    enough: () => false,
  });
  assert.deepEqual(log, ['wh', '1h', '2h', '3h']);
  assert.equal(head?.boots, 3);
  assert.equal(head.p50Ms, 1002);
});

test('a rule that has seen enough after the warm-ups measures nothing', async () => {
  const { log, boot } = recorder();
  assert.deepEqual(
    await runSeries({
      sides: both,
      seed: 1,
      warmup: 1,
      minRounds: 1,
      maxRounds: 3,
      boot,
      enough: (round) => round === 0,
    }),
    [],
  );
  assert.deepEqual(log, ['wb', 'wh']);
});

test('an error ends the series at once and is thrown on as it is', async () => {
  const cause = new Error('disk full');
  let boots = 0;
  const boot = async (): Promise<number> => {
    boots += 1;
    if (boots === 4) throw cause;
    return 5;
  };
  await assert.rejects(
    runSeries({ sides: both, seed: 1, warmup: 0, minRounds: 1, maxRounds: 9, boot, enough: () => false }),
    (error) => error === cause,
  );
  assert.equal(boots, 4);
});

test('tinybench says of the boots what our own statistics say, whatever their order', async () => {
  const times = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(times, async (durations) => {
      const left = durations.values();
      const boot = async (): Promise<number> => left.next().value as number;
      const rounds = { warmup: 0, minRounds: durations.length, maxRounds: durations.length };
      const [head] = await runSeries({ sides: ['head'], seed: 1, ...rounds, boot, enough: () => false });
      assert.ok(head);
      const mean = durations.reduce((sum, value) => sum + value, 0) / durations.length;
      const sd = Math.sqrt(durations.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (durations.length - 1));
      const near = (found: number, wanted: number): void =>
        assert.ok(Math.abs(found - wanted) <= 1e-9 * mean, `${found}, not ${wanted}`);
      assert.equal(head.boots, durations.length);
      near(head.meanMs, mean);
      near(head.sdMs, sd);
      near(head.p50Ms, median(durations));
      // The width of equal times is what rounding leaves of it.
      assert.ok(head.rme * mean >= (1.95 * sd) / Math.sqrt(durations.length) - 1e-9 * mean);
    }),
  );
});

test('a duration that is none is refused: tinybench would put its own in its place', async () => {
  for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    const boot = async (): Promise<number> => wrong;
    const series = runSeries({
      sides: ['head'],
      seed: 1,
      warmup: 0,
      minRounds: 1,
      maxRounds: 1,
      boot,
      enough: () => false,
    });
    await assert.rejects(series, { name: 'RangeError', message: `a boot of head took ${wrong} ms` });
  }
});

test('a round that does not count is taken again, beyond the most if need be', async () => {
  const { log, boot } = recorder();
  const asked: number[] = [];
  const replaces = (round: number): boolean => {
    asked.push(round);
    return round < 5;
  };
  await runSeries({
    sides: ['head'],
    seed: 1,
    warmup: 0,
    minRounds: 3,
    maxRounds: 3,
    boot,
    enough: () => false,
    replaces,
  });
  assert.equal(log.length, 5);
  assert.deepEqual(asked, [3, 4, 5]);
});

test('who goes first is drawn for each two rounds, balanced within them, and the same seed draws the same', () => {
  const firsts = (seed: number) =>
    Array.from({ length: 40 }, (_, index) =>
      roundSlots(both, index + 1, seed)
        .map(({ side }) => side)
        .join(),
    );
  assert.deepEqual(firsts(7), firsts(7));
  for (const seed of [1, 2, 3]) {
    const order = firsts(seed);
    for (let at = 0; at < order.length; at += 2) {
      assert.deepEqual(new Set(order.slice(at, at + 2)), new Set(['base,head', 'head,base']));
    }
    const blocks = new Set(order.filter((_, index) => index % 2 === 0));
    assert.equal(blocks.size, 2, 'blocks of both kinds');
  }
});

test('a block that an interruption cut is ended by the order that it began with', () => {
  const firsts = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => roundSlots(both, from + index, 7)[0]?.side);
  for (const cut of [1, 2, 5])
    assert.deepEqual([...firsts(1, cut), ...firsts(cut + 1, 8)], firsts(1, 8), `after round ${cut}`);
  assert.equal(new Set(firsts(5, 6)).size, 2);
});
