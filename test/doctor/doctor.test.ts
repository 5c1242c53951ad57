// The doctor command in memory: what it says of whole machines, of missing things, and its exit codes.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import test, { suite } from 'node:test';
import { Command } from 'commander';
import type { CommandContext } from '../../src/cli/context.ts';
import { defineDoctor } from '../../src/commands/doctor.ts';
import type { DoctorParts } from '../../src/doctor/examine.ts';
import { doctorTable } from '../../src/doctor/output.ts';
import { type Check, ok, problem, warning } from '../../src/host/check.ts';
import type { HostView } from '../../src/host/view.ts';

interface Findings {
  readonly ready: boolean;
  readonly machineKeys: readonly string[];
  readonly checks: readonly Check[];
}

const quiet: DoctorParts = { noise: () => Promise.resolve(ok('noise', 'timing noise', 'not measured')) };
const terminal = { isTerminal: false, columns: 80, colour: false };

async function doctor(
  args: readonly string[],
  environment: Record<string, string> = {},
  parts: DoctorParts = quiet,
  written = configuration,
) {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-test-'));
  let out = '';
  let code = -1;
  const context: CommandContext = {
    out: (text) => {
      out += text;
    },
    err: (text) => assert.fail(text),
    environment: { PATH: process.env.PATH, HOME: folder, BOOTGAUGE_CACHE: join(folder, 'cache'), ...environment },
    folder,
    signal: new AbortController().signal,
    progress: () => undefined,
    terminal,
    version: '0.0.0',
    finish: (wanted) => {
      code = wanted;
    },
  };
  const program = new Command('bootgauge').exitOverride();
  defineDoctor(program.command('doctor'), context, parts);
  try {
    writeFileSync(join(folder, 'bootgauge.yml'), written);
    await program.parseAsync(['doctor', ...args], { from: 'user' });
    return { code, out: out.replaceAll(folder, '<folder>') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// An archive that refuses at once; the keyring only has to be a file.
const configuration = `version: 1\nkit:\n  mirror: http://127.0.0.1:9/debian\n  keyring: ${import.meta.filename}\n`;

const findings = async (...args: Parameters<typeof doctor>) => {
  const { code, out } = await doctor(['--json', ...args[0]], args[1], args[2], args[3]);
  return { code, found: JSON.parse(out) as Findings };
};
const only = (found: Findings, id: string): Check => {
  const checks = found.checks.filter((check) => check.id === id);
  assert.equal(checks.length, 1, id);
  return checks[0] as Check;
};

test('the table is aligned, wraps what was found, keeps commands whole and counts', () => {
  const checks = [
    ok('a', 'ssh client', '/usr/bin/ssh'),
    warning('b', 'disk', `${'word '.repeat(30)}end`, `sudo ${'x'.repeat(100)}`),
    problem('c', 'QEMU', 'bad\u001b[31m text\nof a guest', 'do this'),
  ];
  assert.equal(
    doctorTable(checks, terminal),
    [
      'ok       ssh client  /usr/bin/ssh',
      `warning  disk        ${'word '.repeat(12).trim()}`,
      `                     ${'word '.repeat(12).trim()}`,
      `                     ${'word '.repeat(6)}end`,
      `                     -> sudo ${'x'.repeat(100)}`,
      'problem  QEMU        bad text of a guest',
      '                     -> do this',
      '',
      'Not ready: 1 problem, 1 warning. No run can be made here yet.',
      '',
    ].join('\n'),
  );
  assert.match(doctorTable([ok('a', 'b', 'c')], terminal), /\nReady: runs can be made here\.\n$/);
});

test('colours are used only where the terminal has them', () => {
  const checks = [problem('c', 'QEMU', 'bad', 'do')];
  assert.ok(!doctorTable(checks, terminal).includes('\u001b'));
  assert.ok(doctorTable(checks, { ...terminal, colour: true }).includes('\u001b[31mproblem\u001b[39m'));
});

suite('whole machines', { concurrency: true }, () => {
  test('without a kit an archive that does not answer is a problem: no run can be made', async () => {
    const { code, found } = await findings([], {}, {});
    assert.match(only(found, 'noise').found, /^[\d.]+ % spread/);
    assert.deepEqual([code, found.ready], [3, false]);
    assert.equal(only(found, 'archive').level, 'problem');
    assert.match(only(found, 'archive').found, /127\.0\.0\.1|refused/);
    assert.match(only(found, 'archive').todo, /mirror/);
    assert.equal(only(found, 'keyring').level, 'ok');
    assert.equal(only(found, 'cache').level, 'ok');
    assert.ok(found.machineKeys.every((key) => /^[a-z0-9.-]+-(kvm|tcg|hvf)$/.test(key)));
    for (const check of found.checks)
      assert.ok(check.level === 'ok' || check.todo !== '', `${check.id} says what to do`);
  });

  test('missing tools are named, with the one thing to do', async () => {
    const { code, found } = await findings([], { PATH: dirname(process.execPath) });
    assert.equal(code, 3);
    assert.deepEqual([only(found, 'ssh').level, only(found, 'ssh').found], ['problem', 'no ssh, no ssh-keygen']);
    assert.match(only(found, 'guest').todo, /guest import/);
    assert.match(only(found, 'qemu').todo, /qemu: \{binary: path\}/);
  });

  test('a Linux without apt is told what works there, in the words of its distribution', async (t) => {
    const releases: readonly (readonly [string, RegExp, RegExp])[] = [
      ['ID=fedora', /^sudo dnf install qemu-system-aarch64 /, /^sudo dnf install openssh-clients$/],
      ['ID="rocky"\nID_LIKE="rhel centos fedora"', /^sudo dnf install qemu/, /^sudo dnf /],
      ['ID=manjaro\nID_LIKE=arch', /^sudo pacman -S qemu-system-aarch64 /, /^sudo pacman -S openssh$/],
      ["ID='nixos'", /^nix-shell -p qemu,/, /^nix-shell -p openssh$/],
      ['ID=opensuse-tumbleweed', /^sudo zypper install qemu-arm /, /^sudo zypper /],
      ['ID=void', /^install QEMU, and set qemu: \{binary: path\}/, /^install the OpenSSH client$/],
    ];
    const root = mkdtempSync(join(tmpdir(), 'bootgauge-host-'));
    t.after(() => rmSync(root, { recursive: true }));
    for (const folder of ['etc', 'proc/sys/kernel']) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'proc/sys/kernel/osrelease'), '6.6.87-microsoft-standard-WSL2\n');
    const PATH = dirname(process.execPath);
    const host: HostView = { os: 'linux', root, architecture: 'x86_64', environment: { PATH }, pid: process.pid };
    for (const [release, qemu, ssh] of releases) {
      writeFileSync(join(root, 'etc/os-release'), `${release}\n`);
      const { code, found } = await findings(
        [],
        { PATH, BOOTGAUGE_CACHE: '/mnt/c/bootgauge/none' },
        { ...quiet, host },
      );
      assert.equal(code, 3);
      assert.match(only(found, 'qemu').todo, qemu);
      assert.match(only(found, 'qemu').found, /one of your own works/);
      assert.match(only(found, 'ssh').todo, ssh);
      assert.match(only(found, 'guest').todo, /^bootgauge guest import <address> --sha256/);
      assert.deepEqual(
        [only(found, 'wsl').level, only(found, 'wsl').todo],
        ['warning', 'move it below your home of Linux'],
      );
    }
  });

  test('a cache that cannot be made is a problem that names BOOTGAUGE_CACHE', async () => {
    const { found } = await findings([], { BOOTGAUGE_CACHE: join(import.meta.filename, 'cache') });
    assert.equal(only(found, 'cache').level, 'problem');
    assert.match(only(found, 'cache').todo, /BOOTGAUGE_CACHE/);
  });

  test('a QEMU that is not there, and one that is no QEMU, are problems', async () => {
    for (const path of ['/no/such/qemu', process.execPath]) {
      const { code, found } = await findings(['--qemu', path]);
      assert.equal(code, 3);
      assert.equal(only(found, 'qemu').level, 'problem');
    }
  });

  test('a QEMU that hangs when it is tried holds nothing up and is said to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootgauge-test-'));
    const brief = { ...quiet, trialMs: 1500 };
    try {
      const path = join(folder, 'qemu-system-aarch64');
      writeFileSync(
        path,
        '#!/bin/sh\n[ "$1" = --version ] && echo "QEMU emulator version 10.0.0" && exit\nexec sleep 985\n',
        { mode: 0o755 },
      );
      const [spare, wanted] = await Promise.all([
        findings([], { PATH: [folder, process.env.PATH].join(delimiter) }, brief),
        findings(['--qemu', path], {}, brief),
      ]);
      const { found } = spare;
      assert.match(only(found, 'path-qemu').found, /10\.0\.0/);
      assert.equal(only(found, 'tcg').level, 'warning', 'it is not the QEMU that runs would use');
      assert.match(only(found, 'tcg').found, /nothing within 1\.5 s/);
      assert.equal(only(wanted.found, 'tcg').level, 'problem');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a configuration with a mistake is a problem, not the end of the examination', async () => {
    const { found } = await findings(['--config', import.meta.filename]);
    assert.equal(only(found, 'configuration').level, 'problem');
    assert.equal(only(found, 'disk').title, 'disk');
  });

  test('where only launchers and built QEMUs are booted, no kit is asked for', async () => {
    const launcher = 'guest: {kind: launcher, command: [./run.sh], port: 2222, folder: .}';
    const ids = ({ checks }: Findings) => checks.map(({ id }) => id);
    const own = await findings([], {}, quiet, `version: 1\nscenarios: {fork: {${launcher}}}\n`);
    assert.equal(only(own.found, 'qemu').found, 'what the launcher starts');
    for (const id of ['guest', 'archive', 'keyring', 'tools']) assert.ok(!ids(own.found).includes(id), id);
    assert.equal(
      own.found.checks.find(({ level }) => level === 'problem'),
      undefined,
    );
    assert.equal(own.code, 0);
    const built = `version: 1\nqemu: {source: ., preset: fork-macos}\nscenarios: {fork: {${launcher.replace('}', ', binary: build/qemu}')}}}\n`;
    const source = await findings([], {}, quiet, built);
    assert.match(only(source.found, 'qemu').found, /^cannot be built: .* is not a git repository$/);
    assert.ok(!ids(source.found).includes('archive'));
    const url = built.replace('source: .', 'source: "https://me:secret@git.example.org/qemu.git"');
    const remote = only((await findings([], {}, quiet, url)).found, 'qemu');
    assert.equal(remote.found, 'is built from https://git.example.org/qemu.git, preset fork-macos');
    assert.equal(remote.level, 'ok');
  });

  test('a Mac is examined as a Mac', async (t) => {
    const kept = resolve(import.meta.dirname, '../fixtures/hosts/macbook-pro-m1-pro');
    // By a path of the same length wherever this checkout lies: the table wraps what is too long for it.
    const links = mkdtempSync('/tmp/mac-');
    t.after(() => rmSync(links, { recursive: true }));
    const root = join(links, 'host');
    symlinkSync(kept, root);
    const PATH = join(root, 'bin');
    const host: HostView = { os: 'macos', root, architecture: 'arm64', environment: { PATH }, pid: 999_999 };
    const { code, out } = await doctor([], { PATH }, { ...quiet, host });
    assert.equal(code, 3);
    const played = out
      .replace(/^(ok|warning|problem) +disk .*\n( +->.*\n)?/m, '')
      .replace(/^(ok|warning) +Node .*\n( +->.*\n)?/m, '')
      .replace(/\d+ warnings/, 'N warnings')
      .replaceAll(root, '<root>');
    const golden = join(kept, 'doctor.txt');
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, played);
    assert.equal(played, readFileSync(golden, 'utf8'));
  });
});
