// The npm package as a stranger has it: packed, installed into an empty folder without any network, and asked to boot.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { builtDist } from '../github/runner.ts';

const root = resolve(import.meta.dirname, '../..');

test('the packed tarball, installed into an empty folder, boots the reference guest', async (context) => {
  const place = await mkdtemp(join(tmpdir(), 'bootgauge-stranger-'));
  context.after(() => rm(place, { recursive: true, force: true }));
  const [packed, empty] = [join(place, 'packed'), join(place, 'an empty folder')];
  await mkdir(packed);
  await mkdir(empty);
  const environment = {
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
    HOME: place,
    BOOTGAUGE_CACHE: cacheFolder(process.env, homedir()),
    BOOTGAUGE_LOCK: join(place, 'lock'),
    npm_config_update_notifier: 'false',
  };
  const call = async (folder: string, program: string, words: readonly string[], more = {}): Promise<string> => {
    const options = { cwd: folder, env: { ...environment, ...more }, maxBuffer: 1e8 };
    return (await promisify(execFile)(program, words, options)).stdout;
  };
  await call(root, process.execPath, ['pack.ts'], { BOOTGAUGE_DIST: builtDist(), BOOTGAUGE_PACKAGE: packed });
  const [tarball = ''] = await readdir(packed);
  await call(empty, 'npm', ['init', '--yes']);
  await call(empty, 'npm', ['install', '--offline', '--no-audit', '--no-fund', join(packed, tarball)]);
  const installed = JSON.parse(await readFile(join(empty, 'node_modules/bootgauge/package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  for (const key of Object.keys(installed)) assert.doesNotMatch(key, /dependencies|scripts|private/i);
  assert.deepEqual(
    await readdir(join(empty, 'node_modules')).then((names) => names.filter((name) => name[0] !== '.')),
    ['bootgauge'],
  );

  assert.match(await call(empty, 'npx', ['--no-install', 'bootgauge', 'doctor']), /qemu/i);
  const words = ['run', '--accel', 'tcg', '--warmup', '0', '--boots', '1', '--max-boots', '1'];
  assert.match(await call(empty, 'npx', ['--no-install', 'bootgauge', ...words]), /time-to-ssh/);
  assert.equal((await readdir(join(empty, '.bootgauge/runs'))).length, 1);
});
