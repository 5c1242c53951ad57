// A step that was killed while files of the base stood in for head's: the next one leaves the work tree as head has it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { holdInPlace } from '../../src/gate/held-files.ts';
import { openTree } from '../../src/gate/tree.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { type Place, strictPlace } from './place.ts';

const guestIn = (folder: string) => ({
  ...{ kind: 'launcher', folder, command: ['./run.sh'], assets: [], access: { user: 'root', key: null } },
});

/** What a gate does with the launcher of a scenario, from its begin on. */
async function hold(at: Place, base: string): Promise<AsyncDisposable> {
  const scenarios = [{ head: { guest: guestIn(at.folder) }, base: null }] as unknown as Scenario[];
  const tree = await openTree(at.repository, base);
  return holdInPlace(scenarios, {
    repository: at.repository,
    tree,
    folder: join(at.folder, '.git/held'),
    used: new Set(),
  });
}

const launcher = ({ folder }: Place): string => readFileSync(join(folder, 'run.sh'), 'utf8');
const aside = ({ folder }: Place): string[] => readdirSync(join(folder, '.git/bootgauge-aside'));

/** The same in a process that is killed before it can turn anything back. */
function killedWhileHeld(at: Place, base: string): void {
  const [files, trees] = ['held-files', 'tree'].map((name) => import.meta.resolve(`../../src/gate/${name}.ts`));
  const text = `
    const { holdInPlace } = await import(${JSON.stringify(files)});
    const { openTree } = await import(${JSON.stringify(trees)});
    const repository = { top: ${JSON.stringify(at.folder)} };
    const scenarios = [{ head: { guest: ${JSON.stringify(guestIn(at.folder))} }, base: null }];
    const tree = await openTree(repository, ${JSON.stringify(base)});
    await holdInPlace(scenarios, { repository, tree, folder: repository.top + '/.git/there', used: new Set() });
    process.kill(process.pid, 'SIGKILL');`;
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', text], { encoding: 'utf8' });
  assert.equal(signal, 'SIGKILL', stderr);
  assert.equal(launcher(at), 'base');
}

test("head's file, which a killed step had put aside, comes back with the next one", async (context) => {
  const { at, base } = await strictPlace(context, { 'run.sh': 'base' });
  at.write('run.sh', 'head');
  at.commit();
  killedWhileHeld(at, base);
  {
    await using _held = await hold(at, base);
    assert.equal(launcher(at), 'base');
  }
  assert.equal(launcher(at), 'head');
  assert.equal(at.git('status', '--porcelain'), '');
  assert.deepEqual(aside(at), []);
});

test('what a killed step had put aside does not come into the checkout of a later commit', async (context) => {
  const { at, base } = await strictPlace(context, { 'run.sh': 'base' });
  at.write('run.sh', 'head');
  at.commit();
  killedWhileHeld(at, base);
  at.git('reset', '-q', '--hard');
  at.git('switch', '-q', '--detach', base);
  at.write('other', 'x');
  at.commit();
  await (await hold(at, base))[Symbol.asyncDispose]();
  assert.equal(launcher(at), 'base');
  assert.deepEqual(aside(at), []);
});

test('a folder of head that looks like what a killed step had put aside is not believed', async (context) => {
  const { at, base } = await strictPlace(context, { 'run.sh': 'base' });
  const victim = join(at.folder, '.git/victim');
  writeFileSync(victim, 'mine');
  const moved = [{ inside: '.git/victim', standIn: createHash('sha256').update('mine').digest('hex') }];
  for (const name of ['bootgauge-aside/x', '.bootgauge-aside-x']) {
    at.write(`${name}/moved.json`, JSON.stringify({ head: at.git('rev-parse', 'HEAD'), moved }));
    at.write(`${name}/0`, 'theirs');
  }
  await (await hold(at, base))[Symbol.asyncDispose]();
  assert.equal(readFileSync(victim, 'utf8'), 'mine');
});
