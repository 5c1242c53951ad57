// A few hundred reports of rows of bench:verdict, with fixed seeds: promises that a change of the rule may break unseen.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { cases } from '../bench/verdict-cases.ts';
import { playAll } from '../bench/verdict-run.ts';
import { simulate, type Tally } from '../bench/verdict-simulate.ts';

const played = (id: string, trials: number): Tally =>
  simulate(cases.find((entry) => entry.id === id) ?? assert.fail(id), 0, trials);
const flagged = ({ words }: Tally): number => (words.slower ?? 0) + (words.failed ?? 0);

test('boots of two modes in stored sessions raise few alarms: the spread of most boots does not tell how far a session may lie', () => {
  assert.ok(flagged(played('aa-stored-modes', 400)) <= 10);
  assert.ok(flagged(played('up14-stored-5', 200)) >= 180);
});

test('the bench goes on where it was cut, and comes to the same', async () => {
  const keep = join(await mkdtemp(join(tmpdir(), 'bootgauge-test-')), 'kept.jsonl');
  const worker = new URL('../bench/verdict.ts', import.meta.url);
  const options = { trials: 300, first: 0, threads: 1, say: () => {} };
  const whole = await playAll(['up10-six'], worker, { ...options, keep });
  const lines = (await readFile(keep, 'utf8')).trim().split('\n');
  assert.equal(lines.length, 2);
  // The second chunk was cut while it was written.
  await writeFile(keep, `${lines[0]}\n${lines[1]?.slice(0, 40)}`);
  const chunks: string[] = [];
  const again = await playAll(['up10-six'], worker, { ...options, keep, say: (text) => chunks.push(text) });
  assert.deepEqual(again, whole);
  assert.deepEqual(chunks, ['2 of 2 chunks (up10-six)']);
  assert.equal((await readFile(keep, 'utf8')).split('\n').length, 3);
  assert.deepEqual((whole.get('up10-six') as Tally).words, played('up10-six', 300).words);
});
