// What the Tab key offers is what the commands take, tried in the shells themselves.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { temporaryFolder } from '../../src/host/processes.ts';
import { runIn } from './in-memory.ts';

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

async function scriptIn(folder: string, shell: string): Promise<string> {
  const { code, out, err } = await runIn(folder, 'completion', shell);
  assert.deepEqual([code, err], [0, '']);
  const path = join(folder, `completion.${shell}`);
  await writeFile(path, out);
  return path;
}

test('bash completes commands, commands of commands, options and their values', async () => {
  await using folder = await temporaryFolder('bootgauge-completion-');
  const script = await scriptIn(folder.path, 'bash');
  const offered = (...words: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bootgauge; printf "%s\\n" "${COMPREPLY[@]}"',
        '-',
        script,
        'bootgauge',
        ...words,
      ],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n');
  assert.deepEqual(offered('so'), ['soak']);
  assert.deepEqual(offered('guest', 'i'), ['import']);
  assert.deepEqual(offered('guest', 'build', '--arch', ''), ['arm64', 'x86_64']);
  assert.deepEqual(offered('run', 'some-scenario', '--gpu', 'v'), ['venus']);
  assert.deepEqual(offered('analyze', '--js'), ['--json']);
  assert.deepEqual(offered('completion', 'f'), ['fish']);
  assert.deepEqual(offered('analyze', 'a-ru'), ['']);
});

test('zsh takes the same script', { skip: !has('zsh') }, async () => {
  await using folder = await temporaryFolder('bootgauge-completion-');
  const script = await scriptIn(folder.path, 'zsh');
  const words = `autoload -U compinit; compinit -u -d ${join(folder.path, 'dump')}; source ${script}; print $_comps[bootgauge]`;
  assert.match(execFileSync('zsh', ['-f', '-c', words], { encoding: 'utf8' }), /_bootgauge/);
});

test('fish shows what each command does', { skip: !has('fish') }, async () => {
  await using folder = await temporaryFolder('bootgauge-completion-');
  const script = await scriptIn(folder.path, 'fish');
  const offered = (line: string): string =>
    execFileSync('fish', ['-N', '-c', `source ${script}; complete -C ${JSON.stringify(line)}`], {
      encoding: 'utf8',
      env: { ...process.env, HOME: folder.path },
    });
  assert.match(offered('bootgauge so'), /^soak\tboot until it is known/m);
  assert.match(offered('bootgauge guest im'), /^import\t/m);
  assert.match(offered('bootgauge run --gpu v'), /^venus\b/m);
});

test('a shell that is not known is named with those that are', async () => {
  const { code, err } = await runIn('/', 'completion', 'tcsh');
  assert.equal(code, 2);
  assert.match(err, /Allowed choices are bash, zsh, fish/);
});
