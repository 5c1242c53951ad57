import assert from 'node:assert/strict';
import test from 'node:test';
import type { Side } from '../../src/model/scenario.ts';
import { runSeries, type SeriesOptions } from '../../src/recording/series.ts';

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
  await runSeries({ sides: both, warmup: 1, minRounds: 1, maxRounds: 4, boot, enough: () => false });
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
  await runSeries({ sides: both, warmup: 1, minRounds: 1, maxRounds: 5, boot, enough: () => false });
});

test('stops after the round in which the rule says enough, and keeps exactly the measured samples', async () => {
  const { log, boot } = recorder();
  const asked: number[] = [];
  const statistics = await runSeries({
    sides: both,
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
  const [head] = await runSeries({ sides: ['head'], warmup: 1, minRounds: 1, maxRounds: 3, boot, enough: () => false });
  assert.deepEqual(log, ['wh', '1h', '2h', '3h']);
  assert.equal(head?.boots, 3);
  assert.equal(head.p50Ms, 1002);
});

test('a rule that has seen enough after the warm-ups measures nothing', async () => {
  const { log, boot } = recorder();
  assert.deepEqual(
    await runSeries({ sides: both, warmup: 1, minRounds: 1, maxRounds: 3, boot, enough: (round) => round === 0 }),
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
    runSeries({ sides: both, warmup: 0, minRounds: 1, maxRounds: 9, boot, enough: () => false }),
    (error) => error === cause,
  );
  assert.equal(boots, 4);
});
