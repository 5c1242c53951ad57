// The QEMU at a launcher's `binary`: what it is given, when it starts, how it ends, and launchers that treat it in odd ways.
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { LauncherLaunchPlan } from '../../src/model/launch-plan.ts';
import { launch } from '../../src/qemu/launch.ts';
import type { RunningVm } from '../../src/qemu/running-vm.ts';
import { folderOf, until } from '../helpers.ts';

/** Says what it was given, speaks QMP where it is told to, and ends as PLAY says. */
const player = `
const words = process.argv.slice(2);
const socket = words.map((word) => /path=(.*)/.exec(word)?.[1]).find(Boolean);
const say = (line) => console.log(line);
say('qemu ' + words.join(' ').replace(/path=[^ ,]*/, 'path=QMP'));
say('DYLD ' + process.env.DYLD_LIBRARY_PATH + ', OWN ' + process.env.OWN);
const end = () => {
  if (process.env.PLAY === 'crash') process.kill(process.pid, 'SIGSEGV');
  if (process.env.PLAY === 'end') process.exit(3);
};
if (socket === undefined) end();
else {
  const qmp = require('node:net').connect(socket);
  qmp.write('{"QMP": {"version": {}, "capabilities": []}}\\n');
  qmp.on('data', (bytes) => {
    for (const line of bytes.toString().trim().split('\\n')) {
      const { execute, id } = JSON.parse(line);
      const value = execute === 'query-status' ? { running: process.env.PLAY !== 'paused', status: '' } : {};
      qmp.write(JSON.stringify({ return: value, id }) + '\\n');
      if (execute === 'query-status' && process.env.PLAY === 'paused') qmp.write('{"event": "RESUME"}\\n');
      if (execute === 'query-status') setTimeout(end, 50);
    }
  });
}
setTimeout(() => {}, 60_000);
`;

/** A launcher that is this script, and the plan that runs it with the player as its QEMU. */
async function launcher(t: TestContext, script: string, changes: Partial<LauncherLaunchPlan> = {}) {
  const outer = await folderOf(t, 'bootgauge-stand-in-');
  const tree = join(outer, 'my tree');
  await mkdir(join(tree, 'build'), { recursive: true });
  await writeFile(join(tree, 'run.sh'), `#!/bin/sh\n${script}\n`);
  await chmod(join(tree, 'run.sh'), 0o755);
  await writeFile(join(tree, 'build/qemu'), 'the QEMU of yesterday');
  await writeFile(join(outer, 'player.cjs'), player);
  const plan: LauncherLaunchPlan = {
    ...{ kind: 'launcher', command: ['./run.sh'], folder: tree, tree, environment: {}, port: null, qmp: null },
    ...{ console: { from: 'stdout' }, assets: [], backing: [], binary: 'build/qemu', rewrite: {}, explain: '' },
    ...{ architecture: 'arm64', accelerator: 'tcg', notes: [] },
    emulator: {
      ...{ origin: 'file', version: 'none', digest: '0'.repeat(64), environment: { OWN: 'of the emulator' } },
      program: process.execPath,
      leadingArguments: [join(outer, 'player.cjs')],
    },
    ssh: { user: 'root', privateKeyPath: '', hostKey: null },
    guest: { name: 'launcher', digest: '1'.repeat(64), packages: {} },
    ...changes,
  };
  return { plan, tree, outer };
}

const said = (vm: RunningVm): string => Buffer.from(vm.console.snapshot().bytes).toString();
const details = (vm: RunningVm, name: string): string[] =>
  vm.events().flatMap((event) => (event.name === name ? [event.detail] : []));
const has = (vm: RunningVm, name: string) => (): boolean => details(vm, name).length > 0;

test('QEMU gets what the script exports and gives, with what measuring needs, and the start of its guest is told', async (t) => {
  const { plan, tree } = await launcher(
    t,
    `export DYLD_LIBRARY_PATH=/script; exec build/qemu -smp 4 -drive file="$PWD/disk.img"`,
    { environment: { DYLD_LIBRARY_PATH: '/plan' }, rewrite: { cpus: 2 } },
  );
  await using vm = await launch(plan);
  await until(has(vm, 'guest-started'));
  const qmp = '-no-reboot -chardev socket,id=bootgauge-qmp,path=QMP -mon chardev=bootgauge-qmp,mode=control';
  assert.equal(said(vm), `qemu -smp 2 -drive file=${vm.tree}/disk.img ${qmp}\nDYLD /script, OWN of the emulator\n`);
  assert.deepEqual(details(vm, 'rewritten'), ['-smp 4 is now -smp 2; -no-reboot is added; a QMP socket is added']);
  assert.match(details(vm, 'qemu-started')[0] ?? '', new RegExp(`^-smp 2 -drive file=${tree}/disk.img -no-reboot`));
  assert.ok(vm.qmp() !== null);
});

test('the time of the program at binary is left out of the boot, until its guest runs', async (t) => {
  const script =
    'build/qemu --version > /dev/null 2>&1; build/qemu -smp 4 > said & until [ -s said ]; do sleep 0.1; done; build/qemu --version > asked 2>&1; wait';
  const { plan } = await launcher(t, script, { environment: { PLAY: 'end' } });
  await using vm = await launch(plan);
  await until(has(vm, 'qemu-started'));
  const monotonicNs = (): number => Number(process.hrtime.bigint()) - vm.clockZeroNs;
  const [before, now, after] = [monotonicNs(), vm.nowNs(), monotonicNs()];
  await vm.exited;
  assert.ok(Number.isInteger(vm.nowNs()), `${vm.nowNs()}`);
  const told = details(vm, 'left-out').map((text) => Number(/^([0-9]+) ms of the program at binary$/.exec(text)?.[1]));
  assert.equal(told.length, 2);
  assert.ok(told.every((ms) => ms > 0));
  const leftNs = told.reduce((sum, ms) => sum + ms * 1e6, 0);
  // Each is told to the millisecond.
  assert.ok(
    now >= before - leftNs - 2e6 && now <= after - leftNs + 2e6,
    `${before} ${now} ${after}, ${told.join(' ')}`,
  );
});

test('no more is left out than node can take, whatever a launcher says for itself', async (t) => {
  const claim = `
    const [, socket] = /connect\\("([^"]+)"\\)/.exec(require("fs").readFileSync("build/qemu", "utf8"));
    const asked = { words: ["--version"], folder: "/", environment: {}, ownMs: 1e9 };
    require("net").connect(socket).on("data", () => {}).end(JSON.stringify(asked));`;
  const twice = `"$NODE" -e '${claim}'; "$NODE" -e '${claim}'`;
  const script = `sleep 3; ${twice}; exec build/qemu -smp 4`;
  const { plan } = await launcher(t, script, { environment: { PLAY: 'end', NODE: process.execPath } });
  await using vm = await launch(plan);
  await vm.exited;
  const told = details(vm, 'left-out');
  const leftMs = told.reduce((sum, text) => sum + Number.parseInt(text, 10), 0);
  assert.ok(leftMs === 2000 && told.length === 1, told.join('\n'));
});

test('variables that a shell of the system has lost are set again', async (t) => {
  const { plan, tree } = await launcher(t, 'unset DYLD_LIBRARY_PATH; exec build/qemu', {
    environment: { DYLD_LIBRARY_PATH: '/plan' },
  });
  await using vm = await launch(plan);
  await until(() => said(vm).includes('DYLD'));
  assert.match(said(vm), /DYLD \/plan,/);
  // As the script itself had got them.
  await using other = await launch({ ...plan, environment: { DYLD_LIBRARY_PATH: `${tree}/lib` } });
  await until(() => said(other).includes('DYLD'));
  assert.ok(said(other).includes(`DYLD ${other.tree}/lib,`), said(other));
});

test("folders of the emulator's libraries come before those that the script exports, which stay", async (t) => {
  const { plan } = await launcher(t, 'export DYLD_LIBRARY_PATH=/script; exec build/qemu');
  const environment = { DYLD_LIBRARY_PATH: '/built', OWN: 'of the emulator' };
  await using vm = await launch({ ...plan, emulator: { ...plan.emulator, environment } });
  await until(() => said(vm).includes('DYLD'));
  assert.match(said(vm), /DYLD \/built:\/script, OWN of the emulator\n/);
});

test('the stand-in is run by node, which no protection of a system strips, and needs no words about modules', async (t) => {
  const { plan, tree } = await launcher(t, 'head -n 1 build/qemu; exec build/qemu');
  await writeFile(join(tree, 'package.json'), '{"type": "module"}');
  await using vm = await launch(plan);
  await until(() => said(vm).includes('qemu '));
  assert.match(said(vm), /^#!\/\S+\n/);
  assert.doesNotMatch(said(vm), /^#!\S*\/(?:ba|da|z)?sh\n|^#!\/usr\/bin\/env/);
});

test('a guest that waits for its monitor has started when that lets it go', async (t) => {
  const { plan } = await launcher(t, 'exec build/qemu', { environment: { PLAY: 'paused' } });
  await using vm = await launch(plan);
  await until(has(vm, 'guest-started'));
  const names = vm.events().map(({ name }) => name);
  assert.ok(names.indexOf('qmp:RESUME') !== -1 && names.indexOf('qmp:RESUME') < names.indexOf('guest-started'));
});

test('a crash of QEMU is told apart from an end of the script', async (t) => {
  for (const [play, expected] of [
    ['crash', { code: null, signal: 'SIGSEGV' }],
    ['end', { code: 3, signal: null }],
  ] as const) {
    const { plan } = await launcher(t, 'build/qemu; exit $?', { environment: { PLAY: play } });
    await using vm = await launch(plan);
    const { code, signal } = await vm.exited;
    assert.deepEqual({ code, signal }, expected);
  }
  // A status of the script's own, in whose boot no QEMU ran, is what it is.
  const { plan } = await launcher(t, 'exit 139');
  await using vm = await launch(plan);
  assert.equal((await vm.exited).code, 139);
});

test('a launcher that ignores binary is found out', async (t) => {
  const { plan } = await launcher(t, 'echo up; sleep 60');
  for (const rewrite of [{}, 'none'] as const) {
    await using vm = await launch({ ...plan, rewrite });
    await until(() => said(vm).includes('up'));
    await vm.inspect();
    assert.deepEqual(details(vm, 'binary-unused'), ['build/qemu']);
  }
});

test('with rewrite: none QEMU is a link, and gets its arguments as they are', async (t) => {
  const { plan, outer } = await launcher(t, 'exec "$PWD/build/qemu" "$PLAYER" -smp 4', { rewrite: 'none' });
  const emulator = { ...plan.emulator, leadingArguments: [], environment: {} };
  await using vm = await launch({ ...plan, emulator, environment: { PLAYER: join(outer, 'player.cjs') } });
  await until(() => said(vm).includes('DYLD'));
  assert.equal(readlinkSync(join(vm.tree ?? '', 'build/qemu')), process.execPath);
  assert.match(said(vm), /^qemu -smp 4\n/);
  await vm.inspect();
  assert.deepEqual(details(vm, 'binary-unused'), []);
});

test('with rewrite: none a script that goes to the folder of its QEMU starts the one at binary', async (t) => {
  const { plan, outer } = await launcher(t, 'cd build; exec ./qemu "$PLAYER"', { rewrite: 'none' });
  const emulator = { ...plan.emulator, leadingArguments: [], environment: {} };
  await using vm = await launch({ ...plan, emulator, environment: { PLAYER: join(outer, 'player.cjs') } });
  await until(() => said(vm).includes('DYLD'));
  await vm.inspect();
  assert.deepEqual(details(vm, 'binary-unused'), []);
});

test('with rewrite: none a QEMU that needs words or variables of its own gets those and no others', async (t) => {
  const { plan } = await launcher(t, 'exec build/qemu -smp 4 -daemonize', { rewrite: 'none' });
  await using vm = await launch(plan);
  await until(() => said(vm).includes('DYLD'));
  assert.match(said(vm), /^qemu -smp 4 -daemonize\nDYLD undefined, OWN of the emulator\n/);
  assert.ok(lstatSync(join(vm.tree ?? '', 'build/qemu')).isFile());
  assert.deepEqual(details(vm, 'rewritten'), []);
});

test('a launcher that wraps its QEMU in two scripts, asks it first, and starts it twice is followed', async (t) => {
  const script = `build/qemu --version > /dev/null & sleep 0.2; kill $! 2> /dev/null
cat > wrap.sh <<'END'
#!/bin/sh
exec nice ./inner.sh "$@" -S
END
printf '#!/bin/bash\\nbuild/qemu "$@"\\nexit $?\\n' > inner.sh
chmod +x wrap.sh inner.sh; PLAY=end ./wrap.sh -smp 1; exec ./wrap.sh -smp 2`;
  const { plan } = await launcher(t, script);
  await using vm = await launch(plan);
  await until(() => details(vm, 'qmp-ready').length === 2);
  const starts = details(vm, 'qemu-started').map((line) => line.slice(0, 10));
  assert.deepEqual(starts, ['-smp 1 -S ', '-smp 2 -S ']);
});

test('a QEMU that was to leave for the background is kept in sight', async (t) => {
  const { plan } = await launcher(t, 'exec build/qemu -daemonize -smp 4');
  await using vm = await launch(plan);
  await until(has(vm, 'guest-started'));
  assert.match(said(vm), /^qemu -smp 4 -no-reboot/);
  assert.match(details(vm, 'rewritten')[0] ?? '', /^-daemonize is left out/);
});

test('a change that nothing can be made of ends the launcher with the reason', async (t) => {
  const { plan } = await launcher(t, 'exec build/qemu -drive file=a.img', { rewrite: { append: 'loglevel=7' } });
  await using vm = await launch(plan);
  assert.equal((await vm.exited).code, 1);
  assert.equal(vm.stderr(), 'bootgauge: the launcher gives QEMU no -kernel, so append cannot be changed\n');
});

test('what stands at binary in the tree itself is left alone', async (t) => {
  const { plan, tree } = await launcher(t, 'exec build/qemu');
  {
    await using vm = await launch(plan);
    await until(has(vm, 'guest-started'));
  }
  assert.equal(lstatSync(join(tree, 'build/qemu')).size, 'the QEMU of yesterday'.length);
  assert.ok(!existsSync(join(tree, 'package.json')));
});
