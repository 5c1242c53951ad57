// What a guest says of its software: read from three package managers, refused where it is not whole, and harmless whatever it says.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readInventory, readProtocol, takeInventory } from '../../src/probe/inventory.ts';
import type { CommandResult } from '../../src/probe/probe.ts';

const said = (stdout: string, changes: Partial<CommandResult> = {}): CommandResult => ({
  ...{ stdout, stderr: '', exitCode: 0, startedNs: 0, endedNs: 1, timedOut: false, truncated: false },
  ...changes,
});
const kernel = 'kernel Linux 6.12.38 #1 SMP Debian';

test('packages of apk, dpkg and rpm are read; removed ones and keys are none', () => {
  const apk = readInventory(said(`${kernel}\nby apk\nmusl-1.2.5-r10\nmesa-vulkan-ati-25.1.0_rc2-r0\nend\n`));
  assert.deepEqual(apk, {
    ...{ kernel: 'Linux 6.12.38 #1 SMP Debian', missing: '' },
    packages: { 'mesa-vulkan-ati': '25.1.0_rc2-r0', musl: '1.2.5-r10' },
  });
  const dpkg = readInventory(said(`${kernel}\nby dpkg\ninstalled libc6:amd64 2.41-12\nconfig-files old 1\nend\n`));
  assert.deepEqual(dpkg.packages, { 'libc6:amd64': '2.41-12' });
  const rpm = readInventory(
    said(`by rpm\nkernel.x86_64 6.2-1\nkernel.x86_64 6.1-9\ngpg-pubkey.(none) 1-2\nbash.x86_64 1:5.2-3\nend\n`),
  );
  assert.deepEqual(rpm.packages, { 'bash.x86_64': '1:5.2-3', 'kernel.x86_64': '6.1-9, 6.2-1' });
});

test('a list that is not whole is none, and says why', () => {
  const list = `${kernel}\nby apk\nmusl-1.2.5-r10\n`;
  const many = Array.from({ length: 20_001 }, (_, index) => `p${index}-1-r0\n`).join('');
  for (const [result, why] of [
    [said(list), /did not list its packages: exit status 0/],
    [
      said(list, { exitCode: 4, stderr: 'dpkg-query: \u001b[31mdatabase is locked\n' }),
      /: dpkg-query: \?\[31mdatabase/,
    ],
    [said(list, { timedOut: true }), /in time/],
    [said(`${list}end\n`, { truncated: true }), /longer than 1 MiB/],
    [said(`${kernel}\nend\n`), /no apk, dpkg or rpm/],
    [said(`by apk\n${many}end\n`), /more than 20000 packages/],
  ] as const) {
    const { packages, missing } = readInventory(result);
    assert.equal(packages, null);
    assert.match(missing, why);
  }
});

test('a guest that attacks is answered with nothing but plain names', () => {
  const hostile = [
    '__proto__-1-r0',
    '<img src=x>-1-r0',
    'a\u001b]0;x-1-r0',
    `${'x'.repeat(500)}-1-r0`,
    'constructor-2-r0',
  ];
  const { packages, kernel: told } = readInventory(
    said(`kernel \u001b[2J${'k'.repeat(10_000)}\nby apk\n${hostile.join('\n')}\n${'-1'.repeat(500_000)}\nend\n`),
  );
  assert.deepEqual(Object.keys(packages ?? {}).sort(), ['__proto__', 'constructor']);
  assert.equal(Object.getPrototypeOf(packages), Object.prototype);
  assert.ok(told.length <= 200 && /^[\x20-\x7e]*$/.test(told));
});

test('the Venus protocol is read from what Mesa says, a mismatch too', () => {
  const line = 'MESA-VIRTIO: debug: ';
  const agreed = readProtocol(
    [
      `${line}connected to renderer`,
      `${line}wire format version 1`,
      `${line}vk xml version 1.4.307`,
      `${line}VK_EXT_command_serialization spec version 1`,
      `${line}VK_MESA_venus_protocol spec version 4`,
    ].join('\n'),
  );
  assert.deepEqual(agreed, {
    agreed: {
      'wire format': '1',
      'Vulkan XML': '1.4.307',
      VK_EXT_command_serialization: '1',
      VK_MESA_venus_protocol: '4',
    },
    mismatch: '',
  });
  const mismatch = readProtocol(`${line}wire format version 0 != 1\nERROR_INITIALIZATION_FAILED\n`);
  assert.deepEqual(mismatch, { agreed: {}, mismatch: 'wire format version 0 != 1' });
  assert.equal(readProtocol('Found no drivers!\n'.repeat(100_000)), null);
});

const hasDpkg = spawnSync('dpkg-query', ['--version']).status === 0;

test('the question itself, asked of a real dpkg', { skip: hasDpkg ? false : 'needs dpkg' }, async () => {
  const run = async (command: string) => {
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    return said(stdout, { stderr, exitCode: status });
  };
  const { packages, missing, kernel: told } = await takeInventory({ run }, false);
  assert.equal(missing, '');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of dpkg-query
  const version = spawnSync('dpkg-query', ['-W', '-f', '${Version}', 'dpkg'], { encoding: 'utf8' }).stdout;
  assert.equal(packages?.dpkg, version);
  assert.match(told, /^Linux \d/);
});

test("busybox's rpm, which lists nothing, costs the list of no other tool", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bootgauge-rpm-'));
  const busybox = '#!/bin/sh\necho "Usage: rpm -i PACKAGE.rpm; rpm -qp[ildc] PACKAGE.rpm" >&2\nexit 1\n';
  await writeFile(join(folder.path, 'rpm'), busybox, { mode: 0o755 });
  await writeFile(join(folder.path, 'apk'), '#!/bin/sh\necho musl-1.2.5-r10\n', { mode: 0o755 });
  const run = async (command: string) => {
    const environment = { ...process.env, PATH: `${folder.path}:${process.env.PATH}` };
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8', env: environment });
    return said(stdout, { stderr, exitCode: status });
  };
  const { packages, missing } = await takeInventory({ run }, false);
  assert.equal(missing, '');
  assert.equal(packages?.musl, '1.2.5-r10');
});
