import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assetDigest } from '../../src/host/assets.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { BootgaugeError } from '../../src/model/errors.ts';
import type { Emulator, LauncherLaunchPlan } from '../../src/model/launch-plan.ts';
import { launch } from '../../src/qemu/launch.ts';
import type { RunningVm } from '../../src/qemu/running-vm.ts';
import { until } from '../helpers.ts';

const place = await temporaryFolder('bootgauge-test-');
process.env.TMPDIR = place.path;
after(() => place[Symbol.asyncDispose]());

const nobody: Emulator = {
  origin: 'launcher',
  program: '/nowhere',
  leadingArguments: [],
  environment: {},
  version: 'none',
  digest: '0'.repeat(64),
};

/** A folder with a launcher in it, and the plan that runs it. */
async function launcher(
  script: string,
  changes: Partial<LauncherLaunchPlan> = {},
): Promise<{ plan: LauncherLaunchPlan; folder: string; [Symbol.asyncDispose](): PromiseLike<void> }> {
  const home = await temporaryFolder('bootgauge-tree-');
  const folder = join(home.path, 'my tree');
  await mkdir(join(folder, 'scripts'), { recursive: true });
  const file = join(folder, 'scripts/run.sh');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  const plan: LauncherLaunchPlan = {
    kind: 'launcher',
    command: ['scripts/run.sh', 'run'],
    folder,
    tree: folder,
    environment: { SSH_PORT: '{port}' },
    port: null,
    console: { from: 'stdout' },
    qmp: null,
    assets: [],
    backing: [],
    binary: null,
    emulator: nobody,
    rewrite: {},
    explain: '',
    architecture: 'arm64',
    accelerator: 'tcg',
    ssh: { user: 'root', privateKeyPath: '', hostKey: null },
    guest: { name: 'launcher', digest: '1'.repeat(64), packages: {} },
    notes: [],
    ...changes,
  };
  return { plan, folder, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

const said = (vm: RunningVm): string => Buffer.from(vm.console.snapshot().bytes).toString();

test('a launcher runs in a clone of its folder with its words, variables and our port, and its output is the console', async () => {
  // On Linux a pipe that can be opened by its name.
  const stderr = process.platform === 'linux' ? '/dev/stderr' : '&2';
  await using own = await launcher(`echo "$PWD|$1|$FLAG|$SSH_PORT"; echo complaint >${stderr}; sleep 60`, {
    environment: { SSH_PORT: '{port}', FLAG: 'a b' },
  });
  await using vm = await launch(own.plan);
  await until(() => said(vm).includes('\n') && vm.stderr() !== '');
  assert.equal(said(vm), `${vm.tree}|run|a b|${vm.sshPort}\n`);
  assert.notEqual(vm.tree, realpathSync(own.folder));
  assert.deepEqual(vm.command, [join(own.folder, 'scripts/run.sh'), 'run']);
  assert.equal(vm.stderr(), 'complaint\n');
  assert.deepEqual(
    vm.events().map(({ name }) => name),
    ['spawned', 'tree-cloned'],
  );
});

test('standard input stays open, and what is typed arrives', async () => {
  await using own = await launcher('read word; echo "heard $word"; read more || echo closed; sleep 60');
  await using vm = await launch(own.plan);
  vm.type('hello\n');
  await until(() => said(vm).includes('heard hello'));
  await delay(100);
  assert.doesNotMatch(said(vm), /closed/);
});

test('tokens of the job are no part of what a launcher is told', async () => {
  process.env.GITHUB_TOKEN = 'secret';
  await using own = await launcher('env; echo done; sleep 60');
  await using vm = await launch(own.plan);
  await until(() => said(vm).includes('done'));
  delete process.env.GITHUB_TOKEN;
  assert.doesNotMatch(said(vm), /secret/);
});

test('all that a launcher leaves behind ends with it, in whatever session it hides', {
  skip: process.platform !== 'linux',
}, async () => {
  await using own = await launcher('setsid sh -c "echo pid $$ > hidden; exec sleep 601" & sleep 60 & echo up; wait');
  const vm = await launch(own.plan);
  await until(() => said(vm).includes('up') && existsSync(join(vm.tree ?? '', 'hidden')));
  await vm[Symbol.asyncDispose]();
  assert.deepEqual(processes('sleep 601'), []);
});

for (const words of ['-accel kvm', '--accel kvm,x=1', '-machine virt,accel=kvm']) {
  test(`the accelerator that its QEMU was told by ${words} is seen, wherever that has moved to`, {
    skip: process.platform !== 'linux',
  }, async () => {
    await using own = await launcher(`(setsid sh -c 'echo up; sleep 602; :' qemu -S ${words} &); sleep 60`);
    await using vm = await launch(own.plan);
    await until(() => said(vm).includes('up'));
    await vm.inspect();
    assert.deepEqual(
      vm.events().flatMap(({ name, detail }) => (name === 'accelerator' ? [detail] : [])),
      ['kvm'],
    );
  });
}

test('assets are clones for one boot: the originals keep their bytes and the tree is as it was', async () => {
  await using originals = await temporaryFolder('bootgauge-assets-');
  const [disk, share] = [join(originals.path, 'disk.img'), join(originals.path, 'share')];
  await writeFile(disk, 'original');
  await mkdir(join(share, 'sub'), { recursive: true });
  await writeFile(join(share, 'sub', 'file'), 'shared');
  await symlink('sub/file', join(share, 'link'));
  const before = await Promise.all([assetDigest(disk), assetDigest(share)]);
  await using own = await launcher(
    'cat images/deep/disk.img share/link; echo changed > images/deep/disk.img; rm share/sub/file; echo; echo up; sleep 60',
    {
      assets: [
        { from: disk, to: 'images/deep/disk.img' },
        { from: share, to: 'share' },
      ],
    },
  );
  for (const _ of [1, 2]) {
    const vm = await launch(own.plan);
    await until(() => said(vm).includes('up'));
    assert.match(said(vm), /^originalshared\n/);
    assert.deepEqual(readdirSync(own.folder), ['scripts']);
    await vm[Symbol.asyncDispose]();
    assert.deepEqual(readdirSync(own.folder), ['scripts']);
  }
  assert.deepEqual(await Promise.all([assetDigest(disk), assetDigest(share)]), before);
});

test('an asset takes the place of what lies there, in the clone alone, and never lies outside of it', async () => {
  await using own = await launcher('cat scripts/notes; echo up; sleep 60');
  const notes = join(own.folder, 'scripts/notes');
  await writeFile(notes, 'own');
  await using originals = await temporaryFolder('bootgauge-assets-');
  const from = join(originals.path, 'notes');
  await writeFile(from, 'given\n');
  {
    await using vm = await launch({ ...own.plan, assets: [{ from, to: 'scripts/notes' }] });
    await until(() => said(vm).includes('up'));
    assert.equal(said(vm), 'given\nup\n');
  }
  assert.equal(readFileSync(notes, 'utf8'), 'own');
  await symlink('/tmp', join(own.folder, 'out'));
  for (const [to, complaint] of [
    ['../beside', /lies outside/],
    ['.', /lies outside/],
    ['out/file', /leads out of/],
  ] as const) {
    await assert.rejects(launch({ ...own.plan, assets: [{ from, to }] }), (error: BootgaugeError) => {
      assert.equal(error.exitCode, 2);
      assert.match(error.message, complaint);
      return true;
    });
  }
  const missing = [{ from: '/nowhere/disk.img', to: 'disk.img' }];
  await assert.rejects(
    launch({ ...own.plan, assets: missing }),
    /\/nowhere\/disk\.img cannot be placed at disk\.img: there is no such file/,
  );
  assert.deepEqual(readdirSync(join(own.folder, '..')), ['my tree']);
});

test("the measured QEMU stands where the launcher expects it, with variables that a system's shell would take away", async () => {
  await using own = await launcher('build/qemu -M virt; sleep 60', {
    binary: 'build/qemu',
    rewrite: 'none',
    environment: { SSH_PORT: '{port}', DYLD_LIBRARY_PATH: "/it's here" },
    emulator: {
      ...nobody,
      // No program of the system: those lose what is looked for.
      program: process.execPath,
      leadingArguments: [
        '-p',
        '[...process.argv.slice(1), process.env.KIT, process.env.DYLD_LIBRARY_PATH].join(" ")',
        '--',
      ],
      environment: { KIT: 'of the kit' },
    },
  });
  const vm = await launch(own.plan);
  await until(() => said(vm).includes('\n'));
  assert.equal(said(vm), "-M virt of the kit /it's here\n");
  await vm[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(own.folder), ['scripts']);
});

test('a fixed port that somebody else holds is an error that names it, before anything is started', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await using own = await launcher('touch started; sleep 60', { port });
  await assert.rejects(launch(own.plan), (error: BootgaugeError) => {
    assert.equal(error.exitCode, 3);
    assert.match(error.message, new RegExp(`port ${port} .* in use`));
    return true;
  });
  assert.ok(!existsSync(join(own.folder, 'started')));
  server.close();
});

test('a launcher that is not there is an error that names it', async () => {
  await using own = await launcher('', { command: ['scripts/walk.sh'] });
  await assert.rejects(launch(own.plan), /cannot start .*scripts\/walk\.sh: there is no such file/);
});

test('a console on a socket is read from the moment that it is there, however long its path', async () => {
  const offer = `require('node:net').createServer((s) => s.write('from the socket\\n')).listen('console.sock')`;
  const deep = join('deep'.repeat(20), 'deeper'.repeat(5));
  await using own = await launcher(
    `echo words of the script; cd '${deep}'; sleep 0.2; exec '${process.execPath}' -e "${offer}"`,
  );
  await mkdir(join(own.folder, deep), { recursive: true });
  await using vm = await launch({
    ...own.plan,
    console: { from: 'socket', path: join(own.folder, deep, 'console.sock') },
  });
  await until(() => said(vm).includes('socket'));
  assert.equal(said(vm), 'from the socket\n');
  assert.match(vm.stderr(), /words of the script/);
});

test('QMP is listened to where it is offered, and asked for nothing that changes the guest', async () => {
  const script = `
    const asked = [];
    require('node:net').createServer((socket) => {
      socket.write('{"QMP": {"version": {}, "capabilities": []}}\\n');
      socket.on('data', (bytes) => {
        for (const line of bytes.toString().trim().split('\\n')) {
          const { execute, id } = JSON.parse(line);
          asked.push(execute);
          socket.write(JSON.stringify({ return: {}, id }) + '\\n');
        }
        console.log('asked ' + asked);
        socket.write('{"event": "RESET", "data": {"guest": true}}\\n');
      });
    }).listen('qmp.sock');
  `;
  await using own = await launcher(`exec '${process.execPath}' server.cjs`);
  await writeFile(join(own.folder, 'server.cjs'), script);
  await using vm = await launch({ ...own.plan, qmp: join(own.folder, 'qmp.sock') });
  await until(() => vm.events().some(({ name }) => name === 'qmp:RESET'));
  assert.ok(vm.events().some(({ name }) => name === 'qmp-ready'));
  assert.equal(said(vm), 'asked qmp_capabilities\n');
});

function processes(text: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      } catch {
        return '';
      }
    })
    .filter((line) => line === text);
}
