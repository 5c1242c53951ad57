// The shell text that holds the loader to Venus, run by the shells that are here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { pinnedFiles, pinVenus } from '../../src/probe/guest-shell.ts';

const root = mkdtempSync(join(tmpdir(), 'bootgauge-icd-'));
after(() => rmSync(root, { recursive: true }));
const shells = [['sh'], ['bash'], ['busybox', 'sh']].filter(([name = '']) => spawnSync(name).error === undefined);
/** The guest's root is a folder of ours. */
const script = `${pinVenus.replace('"$folder"', `${root}"$folder"`)}\necho "$VK_DRIVER_FILES|$VK_ICD_FILENAMES|$LC_ALL"`;
const run = (): string[] =>
  shells.map(([program = '', ...words]) => spawnSync(program, [...words, '-c', script], { encoding: 'utf8' }).stdout);

test('without a description of Venus nothing is pinned, and the language is fixed all the same', () => {
  for (const output of run()) assert.deepEqual([pinnedFiles(output), output], ['', '||C\n']);
});

test('every description of Venus is pinned, in the order of the loader, and no other driver is', () => {
  for (const [folder, name] of [
    ['usr/share', 'virtio_icd.aarch64.json'],
    ['usr/share', 'lvp_icd.aarch64.json'],
    ['usr/local/share', 'virtio_icd.json'],
  ] as const) {
    mkdirSync(join(root, folder, 'vulkan/icd.d'), { recursive: true });
    writeFileSync(join(root, folder, 'vulkan/icd.d', name), '{}');
  }
  const files = ['usr/local/share/vulkan/icd.d/virtio_icd.json', 'usr/share/vulkan/icd.d/virtio_icd.aarch64.json']
    .map((file) => join(root, file))
    .join(':');
  const outputs = run();
  assert.ok(outputs.length > 0);
  for (const output of outputs)
    assert.deepEqual([pinnedFiles(output), output.split('\n')[1]], [files, `${files}|${files}|C`]);
});
