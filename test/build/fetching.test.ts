// What is fetched when, and what is said when it cannot be or may not be: networks that are gone, silent or forbidden.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { provideHistory } from '../../src/bisect/git-bisect.ts';
import type { BuildOptions } from '../../src/build/options.ts';
import { readRevision } from '../../src/build/revision.ts';
import { openSource } from '../../src/build/source.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { sideBuilder } from '../../src/measure/side-builder.ts';
import type { BuildSpec } from '../../src/model/build.ts';
import { runWith } from '../commands/in-memory.ts';
import { failing } from './build-bench.ts';
import { type Bench, checkoutAt, missingTools, openBench } from './little-qemu.ts';

/** As a command of its own would. */
async function commitIn(bench: Bench, source: string, ref: string | null, changes: Partial<BuildOptions> = {}) {
  const options = { ...bench.options, signal: new AbortController().signal, ...changes };
  return (await readRevision(await openSource(source, options), ref, options)).commit;
}

const urlOf = (bench: Bench): string => pathToFileURL(bench.checkout.folder).href;

const offline = { offline: true };

/** The bench's newest commit alone, with a remote. */
function shallowClone(bench: Bench) {
  const folder = join(bench.folder, 'shallow');
  const words = ['clone', '--quiet', '--depth=1', '--no-single-branch', urlOf(bench), folder];
  execFileSync('git', words, { stdio: 'ignore' });
  return checkoutAt(folder);
}

describe('without a network', { concurrency: 2 }, () => {
  test('offline a URL is what the cache holds of it, and what it lacks is an error that says so', async () => {
    await using bench = await openBench();
    const url = urlOf(bench);
    await assert.rejects(
      commitIn(bench, url, null, offline),
      failing(2, /no copy of file:.* in the cache, and --offline fetches nothing/, /run once without --offline/),
    );
    const first = await commitIn(bench, url, 'main');
    const second = bench.checkout.commit('second');
    for (const ref of [null, 'main', first, 'main...']) assert.equal(await commitIn(bench, url, ref, offline), first);
    assert.ok(bench.notes().includes(`${url} is not contacted with --offline: 'main' is taken as last fetched`));
    for (const ref of [second, 'no-such']) {
      await assert.rejects(
        commitIn(bench, url, ref, offline),
        failing(2, new RegExp(`no commit '${ref}' in what was last fetched of file:.*--offline`)),
      );
    }
    assert.equal(await commitIn(bench, url, second), second);
  });

  test('offline neither a ref nor history is fetched for a checkout', async () => {
    await using bench = await openBench();
    const [start] = [bench.checkout.git('rev-parse', 'HEAD'), bench.checkout.commit('second')];
    bench.checkout.git('checkout', '--quiet', '-b', 'topic', start);
    bench.checkout.commit('topic');
    const clone = shallowClone(bench);
    bench.checkout.git('tag', 'new');
    const [before, objects] = [clone.git('for-each-ref'), clone.git('count-objects')];
    await assert.rejects(commitIn(bench, clone.folder, 'new', offline), failing(2, /'new'.*--offline/, /git fetch/));
    const history = /shallow clone that lacks history .*main.* and --offline fetches nothing/;
    await assert.rejects(commitIn(bench, clone.folder, 'main...', offline), failing(2, history, /unshallow/));
    const end = (name: string) => ({ name, commit: clone.git('rev-parse', name) });
    const options = { ...bench.options, ...offline };
    const source = await openSource(clone.folder, options);
    const ends = { good: end('origin/main'), bad: end('HEAD') };
    await assert.rejects(provideHistory(source, ends, options), failing(2, history));
    assert.deepEqual([clone.git('for-each-ref'), clone.git('count-objects')], [before, objects]);
    assert.equal(await commitIn(bench, clone.folder, 'HEAD', offline), clone.git('rev-parse', 'HEAD'));
  });

  test('offline reaches what is built by run, study and bisect', async () => {
    await using bench = await openBench();
    const text = `version: 1\nqemu: { source: ${urlOf(bench)} }\nscenarios:\n  one:\n    guest: reference\n`;
    await writeFile(join(bench.folder, 'bootgauge.yml'), text);
    const study = 'version: 1\nname: two\nfactors:\n  which: { one: { ref: HEAD }, two: { ref: HEAD~1 } }\n';
    await writeFile(join(bench.folder, 'study.yml'), study);
    const environment = { BOOTGAUGE_CACHE: bench.options.cache };
    for (const words of [
      ['run', '--base', 'HEAD~1', '--head', 'HEAD'],
      ['bisect', 'HEAD~1', 'HEAD'],
      ['study', 'study.yml'],
    ]) {
      const { code, err } = await runWith({ folder: bench.folder, environment }, [...words, '--offline']);
      assert.equal(code, 2, err);
      assert.match(err, /no copy of file:.* in the cache, and --offline fetches nothing/, words[0]);
    }
  });

  test('a network that falls silent in the middle is one that is not there', async () => {
    await using bench = await openBench();
    const url = urlOf(bench);
    const first = await commitIn(bench, url, 'main');
    const { gitFolder } = await openSource(url, bench.options);
    const [script, count] = [join(bench.folder, 'silent.sh'), join(bench.folder, 'count')];
    const answerOnce = `#!/bin/sh\nif mkdir '${count}' 2>/dev/null; then exec git-upload-pack "$@"; fi\nexec sleep 600\n`;
    await writeFile(script, answerOnce, { mode: 0o755 });
    execFileSync('git', ['-C', gitFolder, 'config', 'remote.origin.uploadpack', `'${script}'`]);
    const second = bench.checkout.commit('second');
    assert.equal(await commitIn(bench, url, 'main', { longestFetchMs: 2000 }), first);
    assert.deepEqual(bench.notes(), [`${url} cannot be reached: 'main' is taken as last fetched`]);
    await assert.rejects(
      commitIn(bench, url, second, { longestFetchMs: 1000 }),
      failing(3, /which cannot be reached: git \S+ got no answer for 1 s/),
    );
  });

  test('a commit that the copy of a URL lacks is the fault of a network that is gone, else of its name', async () => {
    await using bench = await openBench();
    const url = urlOf(bench);
    await commitIn(bench, url, 'main');
    const second = bench.checkout.commit('second');
    const wrong = 'f'.repeat(40);
    const notGitFetch = /^(?!.*git fetch)/;
    await assert.rejects(commitIn(bench, url, wrong), failing(2, /no commit 'f+' in file:/, notGitFetch));
    await rename(bench.checkout.folder, `${bench.checkout.folder} elsewhere`);
    await assert.rejects(
      commitIn(bench, url, wrong),
      failing(3, /no commit 'f+' in what was last fetched of file:.*, which cannot be reached: \S/, /network/),
    );
    await rename(`${bench.checkout.folder} elsewhere`, bench.checkout.folder);
    assert.equal(await commitIn(bench, url, second), second);
  });
});

test('a branch of a URL whose name is all digits of an id is brought up to date, and an id asks nobody', async () => {
  await using bench = await openBench();
  const { git, commit } = bench.checkout;
  const url = urlOf(bench);
  const names = ['20261120', 'deadbeef'];
  for (const name of names) git('branch', name);
  const first = await commitIn(bench, url, 'main');
  const moved = commit('moved');
  for (const name of names) git('branch', '--force', name, moved);
  for (const name of names) assert.equal(await commitIn(bench, url, name), moved, name);
  await rename(bench.checkout.folder, `${bench.checkout.folder} elsewhere`);
  for (const id of [first, first.slice(0, 10)]) assert.equal(await commitIn(bench, url, id), first);
  assert.deepEqual(bench.notes(), []);
  assert.equal(await commitIn(bench, url, 'deadbeef'), moved);
  assert.deepEqual(bench.notes(), [`${url} cannot be reached: 'deadbeef' is taken as last fetched`]);
});

const sidesOf = (...builds: readonly BuildSpec[]) =>
  builds.map((build) => ({ qemu: { from: 'build' as const, build } }));

test('a side is built as it was when all sides were checked, whatever is committed or fetched meanwhile', {
  skip: missingTools(),
}, async () => {
  await using bench = await openBench();
  const { cache, environment, progress, signal } = bench.options;
  const context = { environment, progress, signal } as CommandContext;
  const url = urlOf(bench);
  const [asItStands, remote] = [bench.spec({ ref: null }), bench.spec({ source: url, ref: 'main' })];
  const first = bench.checkout.git('rev-parse', 'HEAD');
  await bench.checkout.change('hw/machine.c', 'usleep(1000)', 'usleep(7)');
  const builder = sideBuilder({ cache, context, mostBytes: null, offline: false });
  await builder.check(sidesOf(asItStands, remote));
  const second = bench.checkout.commit('committed while base is built');
  assert.equal(await commitIn(bench, url, 'main'), second, 'another process fetches it');
  const build = async (spec: BuildSpec) => (await builder.build({ spec, architecture: 'arm64', slot: 'head' })).build;
  assert.equal((await build(remote))?.commit, first);
  const facts = await build(asItStands);
  assert.equal(facts?.commit, first);
  assert.match(facts.uncommitted?.diff ?? '', /usleep\(7\)/);
});
