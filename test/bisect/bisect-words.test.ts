// Bisecting with a git of other words: those of 2.55 and later, which quotes good and bad, and words that nobody knows.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bisect } from '../../src/bisect/git-bisect.ts';
import { openSource } from '../../src/build/source.ts';
import { failing } from '../build/build-bench.ts';
import { type Bench, openBench } from '../build/little-qemu.ts';

const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
const usualPath = process.env.PATH;
const folder = mkdtempSync(join(tmpdir(), 'bootgauge-git-'));
after(() => {
  process.env.PATH = usualPath;
  rmSync(folder, { recursive: true });
});

/** From now on git's answers to `git bisect` go through sed. */
function reword(script: string): void {
  const text = `#!/bin/sh
for word; do [ "$word" != bisect ] || bisects=1; done
[ "$bisects" ] || exec '${real}' "$@"
said=$('${real}' "$@"); code=$?
printf '%s\\n' "$said" | sed "${script}"
exit $code
`;
  writeFileSync(join(folder, 'git'), text, { mode: 0o755 });
  process.env.PATH = `${folder}:${usualPath}`;
}

async function run(bench: Bench, judge: (index: number) => 'good' | 'bad' | 'skip') {
  const commits = [bench.checkout.git('rev-parse', 'HEAD')];
  for (let index = 1; index <= 5; index += 1) commits.push(bench.checkout.commit(`commit ${index}`));
  const source = await openSource(bench.checkout.folder, bench.options);
  const [good, bad] = [commits[0] as string, commits.at(-1) as string];
  const answer = async (commit: string) => judge(commits.indexOf(commit));
  const result = await bisect({ source, good, bad, known: new Map(), judge: answer }, bench.options);
  return result.kind === 'found'
    ? commits.indexOf(result.commit)
    : result.commits.map((commit) => commits.indexOf(commit)).sort();
}

test('git from 2.55 on quotes its words, and is understood', async () => {
  reword("s/first bad commit/first 'bad' commit/");
  await using bench = await openBench();
  assert.equal(await run(bench, (index) => (index >= 3 ? 'bad' : 'good')), 3);
  await using other = await openBench();
  assert.deepEqual(await run(other, () => 'skip'), [1, 2, 3, 4, 5]);
});

test('a git that is not understood ends a bisection, which would go on for ever', async () => {
  reword("s/is the first '*bad'* commit/it is/");
  await using bench = await openBench();
  await assert.rejects(
    run(bench, (index) => (index >= 3 ? 'bad' : 'good')),
    failing(3, /is not understood/, /git --version/),
  );
});
