// The small program that stands for QEMU is built with the real meson too: taken from Debian, as the kit is, and run by the machine's Python.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { findProgram } from '../../src/host/files.ts';
import { openAptWorld } from '../../src/kit/apt-world.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { missingTools } from '../build/little-qemu.ts';

const call = promisify(execFile);
const lacking = missingTools();
const needed =
  lacking !== false ? lacking : findProgram({ environment: process.env }, 'python3') ? false : 'needs python3';

test('the stand-in for QEMU is configured and followed by the real meson', { skip: needed }, async (context) => {
  const place = await mkdtemp(join(tmpdir(), 'bootgauge-meson-'));
  context.after(() => rm(place, { recursive: true, force: true }));
  const world = await openAptWorld('amd64', {
    cache: cacheFolder(process.env, homedir()),
    progress: () => {},
    signal: context.signal,
  });
  // Of what it depends on, Python and ninja are the machine's.
  const meson = (await world.resolve(['meson'])).filter(({ name }) => name === 'meson');
  const [file] = await world.download(meson);
  assert.ok(file);
  await call('dpkg-deb', ['--extract', file, join(place, 'root')]);
  // Beside its program meson finds its modules however it is started, also by ninja when meson.build has changed.
  await symlink('../lib/python3/dist-packages/mesonbuild', join(place, 'root/usr/bin/mesonbuild'));
  await writeFile(join(place, 'meson'), `#!/bin/sh\nexec python3 '${place}/root/usr/bin/meson' "$@"\n`, {
    mode: 0o755,
  });
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const tests = resolve(import.meta.dirname, '../build/configured.test.ts');
  const words = ['--test', '--test-reporter=tap', '--test-name-pattern', 'by the real meson', tests];
  const env = { ...environment, PATH: `${place}${delimiter}${process.env.PATH}` };
  const { stdout } = await call(process.execPath, words, { env });
  assert.match(stdout, /^ *ok \d+ - is set up by the real meson(?!.*# SKIP).*$/m);
});
