// bootgauge site over a real repository: what baselines hold, what git remembers of them, kept runs with their pages, and data beside it all.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { siteSchema } from '../../src/model/site.ts';
import { exampleBoot } from '../examples/run.ts';
import { folderOf, gitIdentity } from '../helpers.ts';
import { runIn, storeRun } from './in-memory.ts';

const ids = ['aaaa', 'bbbb', 'cccc', 'dddd'].map((end, index) => `20260102T03040${index}-${end}`);
const startedAt = (id: string): string => `2026-01-02T03:04:0${id.charAt(14)}.000Z`;

/** Four runs, one after the other; the first three are accepted, each by a commit of its own. */
async function repository(t: TestContext) {
  const root = await folderOf(t, 'bootgauge site ');
  const git = (...words: string[]): string =>
    execFileSync('git', [...gitIdentity, ...words], { cwd: root, encoding: 'utf8' });
  git('init', '-q');
  writeFileSync(join(root, 'bootgauge.yml'), 'version: 1\n');
  for (const [index, id] of ids.entries()) {
    const folder = await storeRun(root, id, [exampleBoot(1, 8000 + index), exampleBoot(2, 8100 + index)]);
    const file = join(folder, 'run.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), startedAt: startedAt(id) }));
    assert.equal((await runIn(root, 'analyze', id)).code, 0);
    if (id === ids.at(-1)) continue;
    const accepted = await runIn(root, 'baseline', 'accept', id);
    assert.equal(accepted.code, 0, accepted.err);
    git('add', 'baselines');
    git('commit', '-q', '-m', `Accept ${id}`);
  }
  const [baseline] = globSync('baselines/*/*.jsonl', { cwd: root });
  assert.ok(baseline);
  const site = async (...words: string[]) => {
    const { code, err } = await runIn(root, 'site', '--output', 'the site', ...words);
    assert.equal(code, 0, err);
    return siteSchema.parse(JSON.parse(readFileSync(join(root, 'the site', 'site.json'), 'utf8')));
  };
  return { root, git, site, baseline: join(root, baseline) };
}

test('sessions and kept runs stand in the order of time, with who accepted them and their own pages', async (t) => {
  const { root, site } = await repository(t);
  const { histories } = await site('--title', 'The fork');
  assert.equal(histories.length, 1);
  const [history] = histories;
  assert.ok(history);
  assert.deepEqual(
    history.points.map(({ run, word }) => `${run} ${word}`).slice(0, 3),
    ids.slice(0, 3).map((id) => `${id} accepted`),
  );
  const last = history.points[3];
  assert.ok(last);
  assert.equal(last.run, ids[3]);
  assert.notEqual(last.word, 'accepted');
  assert.deepEqual(
    history.points.map(({ acceptedBy }) => acceptedBy),
    ['Somebody', 'Somebody', 'Somebody', ''],
  );
  assert.equal(history.metrics[0]?.name, 'time-to-ssh');
  assert.deepEqual(
    history.metrics[0].values.map((value) => value?.[0]),
    [8050, 8051, 8052, 8053],
  );
  for (const { page } of history.points) assert.ok(existsSync(join(root, 'the site', page)), page);
  for (const file of ['index.html', history.page, 'site.schema.json'])
    assert.ok(existsSync(join(root, 'the site', file)), file);
  assert.match(readFileSync(join(root, 'the site', 'index.html'), 'utf8'), /<h1>The fork<\/h1>/);
});

test('a session that a newer one pushed out is remembered; one that was taken out on purpose is not', async (t) => {
  const { root, git, site, baseline } = await repository(t);
  const [, , third] = readFileSync(baseline, 'utf8').split('\n');
  const [, second] = readFileSync(baseline, 'utf8').split('\n');
  const runs = async () =>
    (await site()).histories[0]?.points.filter(({ word }) => word === 'accepted').map(({ run }) => run);
  writeFileSync(baseline, `${second}\n${third}\n`);
  git('commit', '-qam', 'The oldest goes');
  assert.deepEqual(await runs(), ids.slice(0, 3));
  const [first] = git('show', 'HEAD~1:./'.concat(globSync('baselines/*/*.jsonl', { cwd: root })[0] ?? '')).split('\n');
  writeFileSync(baseline, `${first}\n${third}\n`);
  git('commit', '-qam', 'The second was a mistake');
  assert.deepEqual(await runs(), [ids[0], ids[2]]);
});

test('a site is written over its own earlier one, and over nothing else', async (t) => {
  const { root, site } = await repository(t);
  await site();
  await site();
  mkdirSync(join(root, 'other'));
  writeFileSync(join(root, 'other', 'index.html'), 'mine');
  const refused = await runIn(root, 'site', '--output', 'other');
  assert.equal(refused.code, 2);
  assert.match(refused.err, /other holds other files/);
  assert.deepEqual(readdirSync(join(root, 'other')), ['index.html']);
});

test('without a baseline or a run there is nothing to show, and what to do is said', async (t) => {
  const root = await folderOf(t, 'bootgauge-site-');
  const { code, err } = await runIn(root, 'site');
  assert.equal(code, 2);
  assert.match(err, /nothing to show[\s\S]*bootgauge run/);
});
