import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { authorize } from '../../src/guest/authorize.ts';
import { planLauncher } from '../../src/guest/launcher.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { BootgaugeError } from '../../src/model/errors.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';

const key = 'ssh-ed25519 AAAAexample bootgauge';

/** A launcher whose "guest" is a shell behind a login; what it writes into its home ends on its "disk". */
const script = `#!/bin/sh
printf 'booting\\nlocalhost login: '
read -r user
printf 'Password: '
read -r password
if [ "$user:$password" != root:secret ]; then
	printf 'Login incorrect\\nlocalhost login: '
	sleep 60
fi
printf 'localhost:~# '
export HOME=$PWD/home PATH="$PWD/bin:$PATH"
mkdir -p "$HOME"
exec sh -s 2> /dev/null
`;
const powerOff = `#!/bin/sh
cat "$HOME/.ssh/authorized_keys" >> images/disk.img
rm -r "$HOME"
kill -9 $PPID
`;

async function tree() {
  const folder = await temporaryFolder('bootgauge-test-');
  for (const [path, text] of [
    ['run.sh', script],
    ['bin/poweroff', powerOff],
    ['original.img', 'the disk\n'],
  ] as const) {
    await mkdir(join(folder.path, 'bin'), { recursive: true });
    await writeFile(join(folder.path, path), text);
    await chmod(join(folder.path, path), 0o755);
  }
  return folder;
}

async function authorizeIn(folder: string, changes: { password?: string; asset?: string | null } = {}) {
  const guest: LauncherGuest = {
    kind: 'launcher',
    architecture: 'arm64',
    command: ['./run.sh', '{port}'],
    folder,
    environment: {},
    port: null,
    console: { from: 'stdout' },
    qmp: null,
    assets: [{ from: join(folder, 'original.img'), to: 'images/disk.img' }],
    binary: null,
    access: { user: 'root', key: null },
  };
  const options = { cache: folder, progress: () => {}, signal: AbortSignal.timeout(60_000) };
  const plan = await planLauncher({ guest, accel: 'tcg', emulator: null, kit: options });
  await authorize({
    plan,
    publicKey: key,
    user: 'root',
    password: 'secret',
    output: join(folder, 'with-key.img'),
    asset: null,
    timeoutMs: 10_000,
    options,
    ...changes,
  });
}

test('a key is put into a clone by a login on the console, and the original stays as it is', async () => {
  await using folder = await tree();
  await authorizeIn(folder.path);
  assert.equal(await readFile(join(folder.path, 'with-key.img'), 'utf8'), `the disk\n${key}\n`);
  assert.equal(await readFile(join(folder.path, 'original.img'), 'utf8'), 'the disk\n');
  assert.deepEqual((await readdir(folder.path)).sort(), ['bin', 'original.img', 'run.sh', 'with-key.img']);
});

test('a guest that refuses the password is shown, and nothing is left', async () => {
  await using folder = await tree();
  await assert.rejects(authorizeIn(folder.path, { password: 'wrong' }), (error: BootgaugeError) => {
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /does not let root log in on its console\n.*Login incorrect/s);
    return true;
  });
  assert.deepEqual((await readdir(folder.path)).sort(), ['bin', 'original.img', 'run.sh']);
});

test('an asset that is not there is named with those that are', async () => {
  await using folder = await tree();
  await assert.rejects(authorizeIn(folder.path, { asset: 'images/other' }), (error: BootgaugeError) => {
    assert.deepEqual([error.exitCode, error.hint], [2, 'name one with --asset; there are: images/disk.img']);
    return true;
  });
});
