// When Vulkan is ready, and that the exit status of vulkaninfo alone is never believed.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ProbeEvent } from '../../src/model/boot.ts';
import type { CommandResult } from '../../src/probe/probe.ts';
import { judgeVulkan, watchVulkan } from '../../src/probe/vulkan.ts';
import { block, lavapipe, result, venus } from './vulkan-outputs.ts';

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
    pause: async () => {},
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
    pause: async () => {},
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
      pause: async () => {},
      onEvent: () => {},
      signal: new AbortController().signal,
    });
    assert.equal(asked, 1);
  }
});

const required = 'DRIVER_ID_MESA_VENUS';

/** What becomes of vulkaninfo's answers, and what was asked for them. */
async function watched(...results: readonly Partial<CommandResult>[]) {
  const commands: string[] = [];
  const events: ProbeEvent[] = [];
  const answer = await watchVulkan({
    session: {
      async run(command) {
        commands.push(command);
        return result(results[Math.min(commands.length, results.length) - 1] ?? {});
      },
    },
    requiredDriver: required,
    timeoutMs: 10_000,
    patienceMs: 0,
    nowNs: () => 2e9,
    pause: async () => {},
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  return { answer, commands, events };
}

test('output cut off anywhere is the right driver or no answer, never the wrong driver', () => {
  for (let length = 0; length <= venus.length; length += 1) {
    const { outcome } = judgeVulkan(result({ stdout: venus.slice(0, length) }), required);
    assert.equal(outcome, length > venus.indexOf('driverName         = ') + 21 ? 'ok' : 'failed', `${length}`);
  }
});

test('of several GPUs the first decides, as it does for an application', () => {
  const second = (text: string): string => block(text).replace('GPU0:', 'GPU1:');
  const good = judgeVulkan(result({ stdout: `${venus}${second(lavapipe)}` }), required);
  assert.deepEqual([good.outcome, good.summary.devices.length], ['ok', 2]);
  // A driver from before driver properties says neither its ID nor its name.
  const silent = second(lavapipe).replace(/^\tdriver(?:ID|Name|Info).*\n/gm, '');
  assert.equal(judgeVulkan(result({ stdout: `${venus}${silent}` }), required).outcome, 'ok');
  const bad = judgeVulkan(result({ stdout: `${lavapipe}${second(venus)}` }), required);
  assert.equal(bad.outcome, 'wrong-driver');
  assert.match(bad.detail, /^DRIVER_ID_MESA_LLVMPIPE/);
});

test('a guest of another language is asked in ours, and what its shell says in its own is understood by its status', async () => {
  const german = { exitCode: 127, stderr: 'sh: 7: exec: vulkaninfo: nicht gefunden\n' };
  const missing = await watched(german);
  assert.equal(missing.answer?.outcome, 'missing');
  const french = {
    exitCode: 1,
    stdout: 'ICD: /usr/share/vulkan/icd.d/virtio_icd.json\n',
    stderr: 'Échec\u202e: périphérique introuvable\u0007\n',
  };
  const { answer, commands } = await watched(french, { stdout: lavapipe });
  assert.equal(answer?.outcome, 'wrong-driver');
  assert.equal(commands.length, 2);
  for (const command of commands) assert.match(command, /^export LC_ALL=C$[\s\S]*^exec vulkaninfo --summary$/m);
});

test('ten megabytes of output are an answer like any other, and little of them is kept', async () => {
  const noise = `${'WARNING: '.repeat(100)}\n`.repeat(11_000);
  const good = await watched({ stdout: `${noise}${venus}${noise}`, stderr: noise });
  assert.equal(good.answer?.outcome, 'ok');
  const bad = await watched({ exitCode: 1, stdout: noise, stderr: `${noise}${'error '.repeat(2_000_000)}` });
  assert.equal(bad.answer?.outcome, 'failed');
  for (const { answer, events } of [good, bad]) assert.ok(JSON.stringify([answer, events]).length < 20_000);
});

test('a hostile answer reaches nobody with more than a short printable line', async () => {
  const hostile = '\x1b]0;x\x07::error::@octocat <script>\u202e'.repeat(50);
  const summary = venus.replace(/deviceName .*/, `deviceName         = ${hostile}`);
  for (const output of [{ stdout: summary }, { exitCode: 1, stderr: `ERROR: ${hostile}` }]) {
    const { answer, events } = await watched(output);
    for (const text of [answer?.detail ?? '', ...events.map(({ detail }) => detail)]) {
      assert.match(text, /^[\x20-\x7e]{0,255}$/);
    }
  }
});

test('a driver that gives up waiting for the host is quoted', () => {
  const stderr =
    'MESA-VIRTIO: debug: stuck in ring seqno wait with iter at 4096\nMESA-VIRTIO: debug: aborting on expired ring alive status at iter 4096\nAborted\n';
  const { outcome, detail } = judgeVulkan(result({ exitCode: 134, stderr }), required);
  assert.deepEqual([outcome, detail], ['failed', 'MESA-VIRTIO: debug: stuck in ring seqno wait with iter at 4096']);
});
