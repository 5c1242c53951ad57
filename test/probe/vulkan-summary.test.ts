// What is read from a summary of vulkaninfo's: of every generation, cut off, hostile, with several GPUs.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readVulkanSummary } from '../../src/probe/vulkan-summary.ts';
import { block, generations, lavapipe, venus } from './vulkan-outputs.ts';

test('a summary names the device, its driver and the versions', () => {
  const { instanceVersion, devices, complete } = readVulkanSummary(venus);
  assert.equal(instanceVersion, '1.4.309');
  assert.equal(complete, true);
  assert.deepEqual(devices, [
    {
      index: 0,
      apiVersion: '1.4.305',
      driverVersion: '25.0.7',
      deviceType: 'PHYSICAL_DEVICE_TYPE_CPU',
      deviceName: 'Virtio-GPU Venus (llvmpipe (LLVM 19.1.7, 256 bits))',
      driverID: 'DRIVER_ID_MESA_VENUS',
      driverName: 'venus',
      driverInfo: 'Mesa 25.0.7-2+deb13u1',
      conformanceVersion: '1.4.0.0',
    },
  ]);
});

test('versions with the packed number before or behind them read the same', () => {
  for (const [line, version] of [
    ['4202661 (1.2.165)', '1.2.165'],
    ['1.3.204 (4206796)', '1.3.204'],
    ['1.4.305', '1.4.305'],
    ['88129536 (0x540c000)', '88129536 (0x540c000)'],
  ] as const) {
    const text = venus.replace(/apiVersion .*/, `apiVersion         = ${line}`);
    assert.equal(readVulkanSummary(text).devices[0]?.apiVersion, version);
  }
});

test('summaries of 1.2, 1.3 and 1.4 read alike, with unix and DOS line ends', () => {
  for (const [version, text] of Object.entries(generations)) {
    for (const read of [text, text.replaceAll('\n', '\r\n')].map(readVulkanSummary)) {
      assert.equal(read.instanceVersion, version);
      assert.equal(read.complete, true);
      const [device, ...others] = read.devices;
      assert.deepEqual(others, []);
      assert.deepEqual(
        [device?.apiVersion, device?.driverID, device?.driverName],
        [version, 'DRIVER_ID_MESA_VENUS', 'venus'],
      );
      assert.match(device?.driverInfo ?? '', /^Mesa 2\d\./);
    }
  }
});

test('several GPUs keep their order, whatever their numbers and line ends', () => {
  const two = `${venus}${block(lavapipe).replace('GPU0:', 'GPU1:')}`.replaceAll('\n', '\r\n');
  const { devices } = readVulkanSummary(two);
  assert.deepEqual(
    devices.map(({ index, driverID }) => [index, driverID]),
    [
      [0, 'DRIVER_ID_MESA_VENUS'],
      [1, 'DRIVER_ID_MESA_LLVMPIPE'],
    ],
  );
});

test('output cut off anywhere is complete only with the whole driverID', () => {
  for (const text of Object.values(generations)) {
    for (let length = 0; length < text.length; length += 1) {
      const { devices, complete } = readVulkanSummary(text.slice(0, length));
      if (complete) assert.equal(devices[0]?.driverID, 'DRIVER_ID_MESA_VENUS');
      else assert.notEqual(devices[0]?.driverName, 'venus');
    }
  }
});

test('hostile output is read in one pass into short printable words', () => {
  const names = `${venus}driverID           = DRIVER_ID_FAKE\n`;
  assert.equal(readVulkanSummary(names).devices[0]?.driverID, 'DRIVER_ID_MESA_VENUS');
  const escapes = venus.replace(/deviceName .*/, `deviceName         = \x1b[31m::set-output ${'x'.repeat(500)}`);
  assert.match(readVulkanSummary(escapes).devices[0]?.deviceName ?? '', /^[\x20-\x7e]{1,255}$/);
  const many = Array.from({ length: 900 }, (_, index) => `GPU${index}:\n`).join('');
  assert.equal(readVulkanSummary(many).devices.length, 16);
  const large = `${'x'.repeat(10_000_000)}\n${venus}${'deviceName = y\n'.repeat(100_000)}`;
  assert.equal(readVulkanSummary(large).devices[0]?.driverID, 'DRIVER_ID_MESA_VENUS');
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => !readVulkanSummary(text).complete));
});
