// `--json` prints JSON and nothing else, wherever a command has figures.
import assert from 'node:assert/strict';
import test from 'node:test';
import { temporaryFolder } from '../../src/host/processes.ts';
import { exampleBoot } from '../examples/run.ts';
import { runIn, storeRun } from './in-memory.ts';

test('--json is JSON for everything that reads recorded runs', async () => {
  await using folder = await temporaryFolder('bootgauge-json-');
  const id = '20260102T030405-aaaa';
  const boots = [8000, 8100, 8020, 8130, 8060].map((milliseconds, index) => exampleBoot(index + 1, milliseconds));
  await storeRun(folder.path, id, boots);
  const json = async (...args: string[]): Promise<unknown> => {
    const { out, err } = await runIn(folder.path, ...args);
    assert.doesNotMatch(err, /error/, args.join(' '));
    return JSON.parse(out);
  };
  assert.deepEqual(await json('baseline', 'list', '--json'), []);
  assert.equal((await runIn(folder.path, 'baseline', 'accept')).code, 0);
  const [baseline] = (await json('baseline', 'list', '--json')) as { sessions: number; run: string }[];
  assert.partialDeepStrictEqual(baseline, { sessions: 1, run: id });
  assert.deepEqual(await json('analyze', '--json'), await json('analyze', '--format', 'json'));
  const [history] = (await json('history', '--json')) as { metric: string }[];
  assert.equal(history?.metric, 'time-to-ssh');
  for (const args of [
    ['blame', '--json'],
    ['guest', 'list', '--json'],
  ])
    await json(...args);
});

test('--json beside another format is a mistake', async () => {
  const { code, err } = await runIn('/', 'analyze', '--json', '--format', 'junit');
  assert.equal(code, 2);
  assert.match(err, /'--json' cannot be used with option '-f, --format <name>'/);
});
