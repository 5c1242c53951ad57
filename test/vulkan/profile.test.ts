// The driver's profile: whole, printed or written to a file, or not there.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { runProgram } from '../../src/host/processes.ts';
import { readVulkanProfile } from '../../src/probe/vulkan-profile.ts';
import { readOffers } from '../../src/vulkan/profile.ts';
import { result } from '../probe/vulkan-outputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-profile-'));
after(() => rmSync(folder, { recursive: true }));
const profile = JSON.stringify({ capabilities: { device: { extensions: { VK_KHR_swapchain: 70 } } } });

/** A guest's shell in which vulkaninfo is this script. */
async function profileOf(script: string): Promise<string | null> {
  writeFileSync(join(folder, 'vulkaninfo'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'vulkaninfo'), 0o755);
  return readVulkanProfile(
    {
      async run(command, { timeoutMs }) {
        const shell = `PATH=${folder}:$PATH\n${command}`;
        const run = await runProgram('sh', ['-c', shell], { timeoutMs, maximumBytes: 1024 * 1024 });
        return result({ ...run, exitCode: run.code });
      },
    },
    20_000,
  );
}

test('a profile is read wherever a version of vulkaninfo puts it', async () => {
  for (const script of [
    `printf '%s' '${profile}'`,
    `echo 'Writing'; printf '%s' '${profile}' > VP_VULKANINFO_Virtio_GPU_Venus_25_0_7.json`,
  ]) {
    assert.deepEqual(readOffers((await profileOf(script)) ?? '')?.extensions, ['VK_KHR_swapchain']);
  }
});

test('a version without profiles, one that fails and ten megabytes give none', async () => {
  assert.equal(await profileOf('echo "unknown argument: --json"; exit 1'), null);
  assert.equal(await profileOf('exit 139'), null);
  assert.equal(await profileOf(`printf '{'; head -c 10000000 /dev/zero | tr '\\0' x`), null);
});

test('a profile that ends in the middle or names strange things is told apart from one that does not', async () => {
  assert.equal(readOffers((await profileOf(`printf '%s' '${profile.slice(0, -4)}'`)) ?? ''), null);
  const hostile = profile.replace('VK_KHR_swapchain', '<script>alert(1)</script>');
  assert.equal(readOffers((await profileOf(`printf '%s' '${hostile}'`)) ?? ''), null);
});

test('a vulkaninfo that hangs ends with its time limit', async () => {
  const hang = await readVulkanProfile({ run: async () => result({ exitCode: null, timedOut: true, stdout: '{' }) }, 1);
  assert.equal(hang, null);
});
