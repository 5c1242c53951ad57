// The examination of a hang with a played QEMU: what it records, that nothing makes it late or throw, and that the boot's own facts stay.
import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { examine } from '../../src/autopsy/autopsy.ts';
import { askKernel } from '../../src/autopsy/sysrq.ts';
import { thisHost } from '../../src/host/view.ts';
import { autopsySchema } from '../../src/model/autopsy.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { launch } from '../../src/qemu/launch.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { exampleScenario } from '../examples/run.ts';
import { endlessBoot } from '../faults/scripts.ts';
import { type PlayerScript, planFor, playerEmulator } from '../fixtures/qemu-player-script.ts';
import { folderOf } from '../helpers.ts';

const registers = (pc: string): string => `\nCPU#0\n PC=${pc} X00=0000000000000000 X01=0000000000000000\n`;
const answering: PlayerScript = {
  ...endlessBoot,
  answers: {
    'query-chardev': [{ label: 'qmp' }, { label: 'console' }],
    'chardev-send-break': {},
    'info registers -a': registers('ffff800080f5a4c4'),
    'x /1xw 0xffff800080f5a4c0': 'ffff800080f5a4c0: 0xd503207f\n',
    'query-blockstats': [
      {
        device: 'disk0',
        stats: { rd_operations: 5, wr_operations: 1, rd_bytes: 4096, wr_bytes: 512, idle_time_ns: 2e9 },
      },
    ],
    'x-query-virtio': [{ path: '/machine/gpu', name: 'virtio-gpu' }],
    'x-query-virtio-status': { 'num-vqs': 1 },
    'x-query-virtio-queue-status': { inuse: 2 },
  },
  sysrq: {
    9: 'sysrq: Loglevel set to 9\r\n',
    l: 'sysrq: Show backtrace of all active CPUs\r\n',
    w: 'sysrq: This sysrq operation is disabled.\r\n',
    m: 'sysrq: Show Memory\r\n',
    t: 'sysrq: Show State\r\ntask:init            state:S stack:0     pid:1     tgid:1     ppid:0\r\n',
  },
};

async function hang(
  t: test.TestContext,
  script: PlayerScript,
  over: Partial<Scenario> = {},
  onStart?: (pid: number) => void,
): Promise<Boot> {
  const emulator = await playerEmulator(await folderOf(t, 'bootgauge-autopsy-'), script);
  const scenario: Scenario = { ...exampleScenario, deadlines: { totalMs: 3000, phasesMs: {} }, ...over };
  return bootOnce({
    ...{ plan: planFor(emulator), scenario, markers: markerProfileOf(scenario), number: 1, onPhase: () => {} },
    ...{ slot: { side: 'head', round: 1, warmup: false } as const, signal: new AbortController().signal },
    onLaunch: (vm) => onStart?.(vm.pid),
  });
}

test('a hung boot is examined: CPUs, disks, requests, the kernel and the threads of QEMU; its console stays as it was', async (t) => {
  const { autopsy, console, outcome } = await hang(t, answering);
  assert.equal(outcome.kind, 'hung');
  assert.ok(autopsy);
  autopsySchema.parse(autopsy);
  assert.equal(autopsy.control, 'answered');
  assert.deepEqual(
    autopsy.cpus.map(({ samples }) => samples.map(({ halted }) => halted)),
    [[true, true, true, true, true]],
  );
  assert.deepEqual(autopsy.disks[0], {
    ...{ device: 'disk0', readOperations: 5, writeOperations: 1, readBytes: 4096, writeBytes: 512, idleMs: 2000 },
  });
  assert.deepEqual(autopsy.pending, [{ device: 'virtio-gpu', queue: 0, pending: 2 }]);
  assert.deepEqual([autopsy.sysrq.asked, autopsy.sysrq.answered, autopsy.sysrq.refused], ['9lwmt', '9lmt', 'w']);
  assert.match(autopsy.sysrq.text, /task:init/);
  assert.ok(
    autopsy.notes.some((note) => /does not allow sysrq w/.test(note)),
    autopsy.notes.join('\n'),
  );
  assert.ok(autopsy.notes.some((note) => /log level was raised/.test(note)));
  assert.ok((autopsy.processes[0]?.threads.length ?? 0) > 0);
  assert.doesNotMatch(new TextDecoder().decode(console.bytes), /sysrq/);
});

test('what the kernel answered is kept when QEMU answers no further break', async () => {
  let breaks = 0;
  const heard: ((bytes: Uint8Array) => void)[] = [];
  const listen = (told: (typeof heard)[number]) => {
    heard.push(told);
    return () => {};
  };
  const vm = {
    console: { onRead: listen },
    type: (key: string) => {
      for (const told of heard) told(new TextEncoder().encode(`sysrq: answer to ${key}\n`));
    },
  };
  const qmp = {
    async execute() {
      breaks += 1;
      if (breaks > 2) throw new Error('no answer in time');
    },
  };
  const { asked, answered, text } = await askKernel(
    vm as unknown as Parameters<typeof askKernel>[0],
    qmp as unknown as Parameters<typeof askKernel>[1],
    ...(['console', 60_000] as const),
  );
  assert.deepEqual([asked, answered], ['9l', '9l']);
  assert.match(text, /answer to l/);
});

test('a guest that ignores sysrq, and a QEMU that knows none of the questions, are noted', async (t) => {
  const { autopsy } = await hang(t, { ...answering, sysrq: {} });
  assert.deepEqual([autopsy?.sysrq.asked, autopsy?.sysrq.answered], ['9', '']);
  assert.ok(autopsy?.notes.some((note) => /did not answer a sysrq/.test(note)));
  const ignorant = (await hang(t, endlessBoot)).autopsy;
  assert.deepEqual([ignorant?.control, ignorant?.cpus, ignorant?.disks], ['answered', [], []]);
});

test('a QEMU that stopped answering is examined from outside', async (t) => {
  const { autopsy } = await hang(t, { ...endlessBoot, qmp: 'deaf' });
  assert.equal(autopsy?.control, 'silent');
  assert.ok((autopsy.processes[0]?.threads.length ?? 0) > 0);
});

test('a QEMU that stops answering in the middle is left alone: what it told is kept, and the time for all of it holds', async (t) => {
  const { autopsy } = await hang(t, { ...answering, deafFrom: 'query-blockstats' });
  assert.equal(autopsy?.control, 'answered');
  assert.equal(autopsy.cpus.length, 1);
  assert.deepEqual([autopsy.disks, autopsy.pending, autopsy.sysrq.asked], [[], [], '']);
  const devices = Array.from({ length: 16 }, (_, index) => ({ path: `/machine/${index}`, name: 'virtio-gpu' }));
  const answers = { ...answering.answers, 'x-query-virtio': devices };
  // Each of the devices is asked in vain for a second: the limit ends that long before all of them were.
  const folder = await folderOf(t, 'bootgauge-deaf-');
  const emulator = await playerEmulator(folder, { ...answering, answers, deafFrom: 'x-query-virtio-status' });
  await using vm = await launch(planFor(emulator), { startTimeoutMs: 30_000, signal: new AbortController().signal });
  const slow = await examine(vm, { screen: false, renders: false, kernel: null, limitMs: 6000 });
  assert.deepEqual([slow?.control, slow?.pending, slow?.cpus.length], ['answered', [], 1]);
  assert.ok((slow?.tookMs ?? Infinity) < devices.length * 1000, `${slow?.tookMs}`);
});

test('a guest that floods its console while it is examined costs neither memory nor the examination', async (t) => {
  const { autopsy, console } = await hang(t, { ...answering, flood: { bytes: 100 << 20 } });
  assert.ok(autopsy);
  autopsySchema.parse(autopsy);
  assert.ok(autopsy.sysrq.text.length <= 400_000);
  assert.ok(console.bytes.length < 10_000, 'the flood is no part of the boot');
});

test('stack tools that are missing, refuse, or never end are noted, and cost their own time only', async (t) => {
  const folder = await folderOf(t, 'bootgauge-tools-');
  const tool = async (text: string): Promise<void> => {
    await writeFile(join(folder, 'eu-stack'), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, 'eu-stack'), 0o755);
  };
  const emulator = await playerEmulator(folder, { ...endlessBoot, qmp: 'deaf' });
  await using vm = await launch(planFor(emulator), { startTimeoutMs: 30_000, signal: new AbortController().signal });
  const notesOf = async (PATH: string): Promise<string> => {
    const host = thisHost({ ...process.env, PATH });
    const autopsy = await examine(vm, { screen: false, renders: false, kernel: null, host });
    assert.ok((autopsy?.processes[0]?.threads.length ?? 0) > 0);
    return autopsy?.notes.join('\n') ?? '';
  };
  assert.match(await notesOf('/nowhere'), /neither eu-stack nor gdb is installed/);
  await tool('echo eu-stack: Operation not permitted >&2; exit 1');
  assert.match(await notesOf(`${folder}:/usr/bin:/bin`), /eu-stack .*Operation not permitted/);
  await tool('exec sleep 600');
  assert.match(await notesOf(`${folder}:/usr/bin:/bin`), /eu-stack did not end within 4\.0 s/);
});

test('with autopsy: false a hung boot is ended as it is', async (t) => {
  assert.equal((await hang(t, answering, { autopsy: false })).autopsy, undefined);
});

test('a boot that gets ready, and one whose QEMU is gone, are not examined', async (t) => {
  const gone = await hang(t, endlessBoot, {}, (pid) => void delay(500).then(() => process.kill(pid, 'SIGKILL')));
  assert.equal(gone.outcome.kind, 'exited');
  assert.equal(gone.autopsy, undefined);
});
