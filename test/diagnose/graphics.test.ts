// Lost graphics: unknown reasons show their last words, and what is well is no finding. The rules' texts: graphics-examples.ts.
import assert from 'node:assert/strict';
import test from 'node:test';
import { found, ids } from './facts.ts';

test('graphics that fail for an unknown reason show the last words of guest, emulator and vulkaninfo', () => {
  const [finding, ...others] = found({
    console: 'first\nOpenRC\nstrange\nthings\n',
    stderr: 'virgl: odd\n\n',
    vulkan: { outcome: 'failed', stderr: 'WARNING: \x1b[31modd\nERROR: odder\n' },
    failedBy: ['vulkan', 'failed: exit status 139'],
  });
  assert.deepEqual(others, []);
  assert.equal(finding?.id, 'graphics-unknown');
  assert.deepEqual(finding.evidence, [
    'console: OpenRC / strange / things',
    'emulator: virgl: odd',
    'vulkaninfo: WARNING: odd / ERROR: odder',
  ]);
  const silent = found({ failedBy: ['vulkan', 'failed: exit status 139'] })[0];
  assert.deepEqual(silent?.evidence, ['console: said nothing', 'emulator: said nothing', 'vulkaninfo: said nothing']);
});

test('a GPU that comes late, two GPUs that work and a loader that grumbles are no finding', () => {
  assert.deepEqual(ids({ probe: ['time-to-drm', 'exit', 'exit status 1; '] }), []);
  assert.deepEqual(ids({ command: ['-device', 'virtio-gpu-pci', '-device', 'virtio-gpu-gl-pci'] }), []);
  assert.deepEqual(ids({ vulkan: { outcome: 'ok', stderr: 'Failed to detect any valid GPUs' } }), []);
});
