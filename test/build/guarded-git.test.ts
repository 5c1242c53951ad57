// Every git that is started here reads the objects that it asks for, in the repository that is one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { type TestContext } from 'node:test';
import { headCommit, tryGit } from '../../src/build/git.ts';
import { folderOf, gitIdentity } from '../helpers.ts';

const { signal } = new AbortController();

async function checkout(context: TestContext) {
  const folder = await folderOf(context, 'bootgauge-guarded-');
  const git = (...words: string[]): string =>
    execFileSync('git', [...gitIdentity, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  git('init', '-q');
  const commit = (text: string): string => {
    writeFileSync(join(folder, 'file'), text);
    git('add', '-A');
    git('commit', '-qm', text);
    return git('rev-parse', 'HEAD');
  };
  return { folder, git, commit };
}

test('an object that was replaced is read as it was', async (context) => {
  const { folder, git, commit } = await checkout(context);
  const [base, head] = [commit('base'), commit('head')];
  git('replace', base, head);
  assert.equal(git('show', `${base}:file`), 'head', 'git itself reads the other one');
  assert.equal((await tryGit(folder, ['show', `${base}:file`], { signal })).stdout, 'base');
});

test('a folder of a checkout that looks like a repository is none, and one that stands alone is', async (context) => {
  const { folder, git, commit } = await checkout(context);
  const head = commit('head');
  const fake = join(folder, 'vm');
  execFileSync('git', ['clone', '-q', '--bare', folder, fake], { stdio: 'ignore' });
  const words = ['-c', 'core.bare=true', 'rev-parse', '--absolute-git-dir'];
  assert.notEqual((await tryGit(fake, words, { signal })).stdout.trim(), fake);
  assert.equal(await headCommit(fake, { signal }), '', 'nor is its commit the one of a measurement');
  const alone = join(await folderOf(context, 'bootgauge-bare-'), 'mirror');
  cpSync(fake, alone, { recursive: true });
  assert.equal((await tryGit(alone, ['rev-parse', 'HEAD'], { signal })).stdout.trim(), head);
  // One of our own may lie below a home folder that is a checkout.
  const own = join(folder, 'cache/stores/x.git');
  mkdirSync(join(own, '..'), { recursive: true });
  cpSync(fake, own, { recursive: true });
  assert.equal((await tryGit(own, ['rev-parse', 'HEAD'], { signal })).stdout.trim(), head);
  assert.ok(existsSync(join(fake, 'HEAD')) && git('status', '--porcelain') !== '');
});

test('no git is started without these guards', () => {
  const source = resolve(import.meta.dirname, '../../src');
  const starting = globSync('**/*.ts', { cwd: source }).filter((file) =>
    /(?:runProgram|startProcess|outputOf|runLines)\(\s*'git'/.test(readFileSync(join(source, file), 'utf8')),
  );
  assert.deepEqual(starting.sort(), ['build/git.ts', 'gate/git.ts', 'gate/tree.ts']);
  for (const file of starting)
    assert.match(readFileSync(join(source, file), 'utf8'), /\bguarded\b|gitArguments\(/, file);
});
