import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { ProbeEvent } from '../../src/model/boot.ts';
import { drmProbe, nodeAgeNs, watchDrm } from '../../src/probe/drm.ts';
import type { CommandResult } from '../../src/probe/ssh-session.ts';
import { judgeVulkan, watchVulkan } from '../../src/probe/vulkan.ts';
import { readVulkanSummary } from '../../src/probe/vulkan-summary.ts';

const venus = `==========
VULKANINFO
==========

Vulkan Instance Version: 1.4.309


Instance Extensions: count = 23
-------------------------------
VK_KHR_surface : extension revision 25

Devices:
========
GPU0:
	apiVersion         = 1.4.305
	driverVersion      = 25.0.7
	vendorID           = 0x10005
	deviceID           = 0x0000
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = Virtio-GPU Venus (llvmpipe (LLVM 19.1.7, 256 bits))
	driverID           = DRIVER_ID_MESA_VENUS
	driverName         = venus
	driverInfo         = Mesa 25.0.7-2+deb13u1
	conformanceVersion = 1.4.0.0
	deviceUUID         = 5fb5c03f-c537-f0fe-a7e6-9cd5866acb8d
`;
const lavapipe = venus
  .replace(/deviceName .*/, 'deviceName         = llvmpipe (LLVM 19.1.7, 128 bits)')
  .replace('DRIVER_ID_MESA_VENUS', 'DRIVER_ID_MESA_LLVMPIPE')
  .replace('= venus', '= llvmpipe');
const block = (text: string): string => text.slice(text.indexOf('GPU0:'));

const result = (changes: Partial<CommandResult>): CommandResult => ({
  exitCode: 0,
  stdout: '',
  stderr: '',
  startedNs: 1e9,
  endedNs: 2e9,
  timedOut: false,
  truncated: false,
  ...changes,
});

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

/** As versions of vulkaninfo print a summary, by the format strings of their sources. */
const generations: Record<string, string> = {
  '1.2.165': `==========
VULKANINFO
==========

Vulkan Instance Version: 1.2.165


Instance Extensions: count = 18
-------------------------------
VK_EXT_acquire_xlib_display            : extension revision 1

Instance Layers: count = 1
--------------------------
VK_LAYER_MESA_device_select Linux device selection layer 1.2.73  version 1

Devices:
========
GPU0:
	apiVersion         = 4202661 (1.2.165)
	driverVersion      = 83898371 (0x5003003)
	vendorID           = 0x10005
	deviceID           = 0x0000
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = Virtio-GPU Venus (llvmpipe (LLVM 11.0.1, 256 bits))
	driverID           = DRIVER_ID_MESA_VENUS
	driverName         = venus
	driverInfo         = Mesa 21.1.0
	conformanceVersion = 1.2.0.0
`,
  '1.3.204': `==========
VULKANINFO
==========

Vulkan Instance Version: 1.3.204


Instance Extensions: count = 21
-------------------------------
VK_KHR_surface                         : extension revision 25

Instance Layers: count = 0
--------------------------

Devices:
========
GPU0:
	apiVersion         = 4206796 (1.3.204)
	driverVersion      = 92282880 (0x5802000)
	vendorID           = 0x10005
	deviceID           = 0x0000
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = Virtio-GPU Venus (llvmpipe (LLVM 15.0.6, 256 bits))
	driverID           = DRIVER_ID_MESA_VENUS
	driverName         = venus
	driverInfo         = Mesa 22.2.0
	conformanceVersion = 1.3.0.0
	deviceUUID         = 6d657361-3232-2e32-2e30-000000000000
	driverUUID         = 6c6c766d-7069-7065-5555-494400000000
`,
  '1.4.309': venus.replace('1.4.305', '1.4.309'),
};

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

test('output cut off anywhere is never complete without a driver, and never wrong about one', () => {
  const whole = readVulkanSummary(venus).devices[0];
  for (let length = 0; length < venus.length; length += 1) {
    const { devices, complete } = readVulkanSummary(venus.slice(0, length));
    if (complete) assert.ok(whole?.driverID.startsWith(devices[0]?.driverID ?? 'x'));
    else assert.notEqual(devices[0]?.driverName, 'venus');
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

test('the exit status alone proves nothing: a software driver is the wrong driver', () => {
  assert.equal(judgeVulkan(result({ stdout: venus }), 'DRIVER_ID_MESA_VENUS').outcome, 'ok');
  const fallback = judgeVulkan(result({ stdout: lavapipe }), 'DRIVER_ID_MESA_VENUS');
  assert.equal(fallback.outcome, 'wrong-driver');
  assert.match(fallback.detail, /^DRIVER_ID_MESA_LLVMPIPE; llvmpipe/);
  assert.equal(judgeVulkan(result({ stdout: lavapipe }), null).outcome, 'ok');
});

test('what keeps Vulkan away has a name and its line', () => {
  const cases: [Partial<CommandResult>, string, RegExp][] = [
    [
      {
        exitCode: 1,
        stderr: 'ERROR at vulkaninfo.h:573:vkEnumeratePhysicalDevices failed with ERROR_INITIALIZATION_FAILED\n',
      },
      'no-device',
      /vkEnumeratePhysicalDevices failed/,
    ],
    [
      { exitCode: 1, stderr: 'ERROR: vkCreateInstance failed with ERROR_INCOMPATIBLE_DRIVER\n' },
      'no-device',
      /INCOMPATIBLE_DRIVER/,
    ],
    [{ exitCode: 127, stderr: 'sh: vulkaninfo: not found\n' }, 'missing', /not found/],
    [{ exitCode: null, timedOut: true }, 'timeout', /time limit/],
    [{ exitCode: 0, stdout: venus.slice(0, venus.indexOf('driverID')) }, 'failed', /exit status 0/],
    [{ exitCode: 139 }, 'failed', /exit status 139/],
    [{ exitCode: 255 }, 'timeout', /no longer answers/],
    [
      {
        exitCode: 139,
        stderr:
          'ERROR: [Loader Message] Code 0 : libVkLayer_MESA_device_select.so: cannot open shared object file\nerror: XDG_RUNTIME_DIR is invalid or not set in the environment.\n',
      },
      'failed',
      /^exit status 139$/,
    ],
  ];
  for (const [changes, outcome, detail] of cases) {
    const answer = judgeVulkan(result(changes), 'DRIVER_ID_MESA_VENUS');
    assert.equal(answer.outcome, outcome);
    assert.match(answer.detail, detail);
  }
});

test('Vulkan is asked for until the right driver answers', async () => {
  const answers = [
    result({ exitCode: 1, stderr: 'ERROR: Failed to detect any valid GPUs\n' }),
    result({ stdout: venus }),
  ];
  const events: ProbeEvent[] = [];
  const answer = await watchVulkan({
    session: { run: async () => answers.shift() as CommandResult },
    requiredDriver: 'DRIVER_ID_MESA_VENUS',
    timeoutMs: 10_000,
    nowNs: () => 2e9,
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  assert.equal(answer?.outcome, 'ok');
  assert.deepEqual(
    events.map((event) => [event.probe, event.outcome]),
    [
      ['time-to-vulkan', 'no-device'],
      ['time-to-vulkan', 'ok'],
      ['vulkaninfo', 'ok'],
    ],
  );
});

test('without Venus the loader is asked again unpinned, to learn what applications get', async () => {
  const icd = 'ICD: /usr/share/vulkan/icd.d/virtio_icd.json\n';
  const commands: string[] = [];
  const events: ProbeEvent[] = [];
  const answer = await watchVulkan({
    session: {
      run: async (command) => {
        commands.push(command);
        if (!command.includes('VK_DRIVER_FILES')) return result({ stdout: lavapipe });
        return result({ exitCode: 1, stdout: icd, stderr: 'ERROR: Failed to detect any valid GPUs\n' });
      },
    },
    requiredDriver: 'DRIVER_ID_MESA_VENUS',
    timeoutMs: 10_000,
    patienceMs: 0,
    nowNs: () => 2e9,
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  assert.equal(commands.length, 2);
  assert.deepEqual([answer?.outcome, answer?.icd], ['wrong-driver', '/usr/share/vulkan/icd.d/virtio_icd.json']);
  assert.match(answer?.stderr ?? '', /Failed to detect/);
  assert.deepEqual(
    events.map((event) => [event.probe, event.outcome]),
    [
      ['time-to-vulkan', 'no-device'],
      ['time-to-vulkan', 'wrong-driver'],
    ],
  );
});

test('a missing program and one that hangs are not asked twice', async () => {
  for (const changes of [{ exitCode: 127 }, { exitCode: null, timedOut: true }]) {
    let asked = 0;
    await watchVulkan({
      session: { run: async () => result({ ...changes, startedNs: ++asked }) },
      requiredDriver: 'DRIVER_ID_MESA_VENUS',
      timeoutMs: 10_000,
      nowNs: () => 2e9,
      onEvent: () => {},
      signal: new AbortController().signal,
    });
    assert.equal(asked, 1);
  }
});

test('the render node probe is a shell test without a process of its own', () => {
  assert.equal(drmProbe(1000).run, 'test -c /dev/dri/renderD128 && : <> /dev/dri/renderD128');
  assert.equal(drmProbe(1000).metric, 'time-to-drm');
});

test('the age of the render node is the distance of two stamps, and nothing else counts as one', () => {
  const stamps = '2026-11-22 23:50:37.250000000 +0000\n2026-11-22 23:50:30.000000000 +0000\n';
  assert.equal(nodeAgeNs(stamps), 7.25e9);
  assert.equal(nodeAgeNs('2026-11-23 01:50:37.250000000 +0200\n2026-11-22 23:50:30.000000000 +0000\n'), 7.25e9);
  for (const text of [
    '',
    'stat: not found',
    '2026-11-22 23:50:37\n',
    stamps.split('\n').reverse().join('\n'),
    stamps + stamps,
  ]) {
    assert.equal(nodeAgeNs(text), null, text);
  }
});

test('a render node that was made before the login counts from then, one whose age is unknown from when it was found', async () => {
  const made = async (stat: string): Promise<ProbeEvent | undefined> => {
    const events: ProbeEvent[] = [];
    const failed = await watchDrm(
      {
        session: {
          run: async (command) =>
            command.includes('stat ')
              ? result({ stdout: stat, startedNs: 9.0e9, endedNs: 9.1e9 })
              : result({ startedNs: 8.8e9, endedNs: 8.9e9 }),
        },
        nowNs: () => 8.9e9,
        onEvent: (event) => events.push(event),
        signal: new AbortController().signal,
      },
      10_000,
    );
    assert.equal(failed, null);
    assert.equal(events.length, 1);
    return events[0];
  };
  const told = await made('2026-11-22 23:50:37.000000000 +0000\n2026-11-22 23:50:32.000000000 +0000\n');
  assert.deepEqual([told?.atNs, told?.startedNs], [4.1e9, 4.0e9]);
  const jumped = await made('2026-11-22 23:50:37.000000000 +0000\n1970-01-01 00:00:05.000000000 +0000\n');
  assert.deepEqual([jumped?.atNs, jumped?.startedNs], [8.9e9, 8.8e9]);
});
