// Lost graphics: unknown reasons show their last words, and what is well is no finding. The rules' texts: graphics-examples.ts.
import assert from 'node:assert/strict';
import test from 'node:test';
import { drawings } from '../../src/probe/drawings.ts';
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

test('each drawing that is not right is named; where the triangle is not, the others say no more', () => {
  for (const { name } of drawings) {
    for (const outcome of ['wrong', 'failed', 'timeout', 'missing']) {
      const named = found({
        probe: [`drawing:${name}`, outcome, 'why'],
        failedBy: ['draw', `${outcome}: ${name}: why`],
      });
      assert.deepEqual(
        named.map(({ id, evidence }) => [id, evidence[0]]),
        [[`drawing-${name}`, `drawing:${name} ${outcome} why`]],
      );
    }
    assert.deepEqual(ids({ probe: [`drawing:${name}`, 'ok', ''] }), []);
  }
});

test("what the guest's driver complains of while it draws is looked at, too", () => {
  const drawn = {
    name: 'frames',
    detail: '',
    picture: '',
    measured: {},
    stderr: 'MESA-VIRTIO: debug: stuck in fence wait\n',
  };
  const facts = (outcome: 'ok' | 'timeout') => ({
    vulkan: { outcome: 'ok' as const, drawings: [{ ...drawn, outcome }] },
  });
  assert.deepEqual(ids(facts('timeout')), ['gpu-fence-stuck']);
  assert.deepEqual(ids(facts('ok')), []);
});
