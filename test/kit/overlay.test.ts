// The scripts that the reference guest has in place of OpenRC's own: they must say what OpenRC says.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { guestRecipe } from '../../src/kit/guest-recipe.ts';
import { guestOverlay } from '../../src/kit/overlay.ts';
import { folderOf } from '../helpers.ts';

/** The overlay's services and scripts of OpenRC in a folder, with the paths in them led there. */
async function guestRoot(t: TestContext): Promise<string> {
  const root = await folderOf(t, 'bootgauge-overlay-');
  const recipe = guestRecipe({ kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' });
  for (const { path, mode, text } of guestOverlay(recipe).files) {
    if (!/^(usr\/lib\/rc\/sh|etc\/init\.d)\//.test(path)) continue;
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text.replaceAll(/ (\/usr\/lib\/rc\/sh|\/etc\/init\.d)/g, ` ${root}$1`), { mode });
  }
  return root;
}

const said = (root: string, script: string, ...args: string[]): string =>
  execFileSync('sh', [join(root, 'usr/lib/rc/sh', script), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

test('a service says its steps in the words of OpenRC, and one that fails ends with its status', async (t) => {
  const root = await guestRoot(t);
  const service = join(root, 'service');
  const start = (body: string): string => {
    execFileSync('sh', ['-c', 'printf "%s" "$1" > "$0"', service, `start() {\n${body}\n}\n`]);
    return said(root, 'openrc-run.sh', service, 'start');
  };
  assert.equal(start('ebegin Setting hostname\neend 0'), ' * Setting hostname ... [ ok ]\n');
  assert.equal(
    start('ebegin "Starting networking"; eindent; ebegin lo; eend 0; eoutdent; einfo done'),
    ' * Starting networking ... *   lo ... [ ok ]\n * done\n',
  );
  assert.throws(
    () => start('ebegin "Starting sshd"\neend 3 "no host key"'),
    (error: { status: number; stdout: string }) =>
      error.status === 3 && error.stdout === ' * Starting sshd ... * no host key\n [ !! ]\n',
  );
});

test('the dependencies of each service are told as OpenRC reads them', async (t) => {
  const lines = said(await guestRoot(t), 'gendepends.sh')
    .trimEnd()
    .split('\n');
  const about = (name: string): string[] => lines.filter((line) => line.split(' ')[0] === name);
  assert.deepEqual(about('networking'), [
    ...['networking', 'networking ineed root', 'networking iafter bootmisc hostname modules dev'],
    ...['networking iprovide net', 'networking keyword -prefix'],
  ]);
  assert.deepEqual(about('hostname'), ['hostname'], 'the one before it does not lend it its dependencies');
});
