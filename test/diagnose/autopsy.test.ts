// What an examined hang is called: each fact that decides, and that two hangs which look alike on the console are told apart.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { readAutopsy } from '../../src/diagnose/autopsy.ts';
import { autopsyText } from '../../src/diagnose/autopsy-text.ts';
import { kernelTasks, waitedFor, waitOf } from '../../src/diagnose/kernel-tasks.ts';
import { type Autopsy, autopsySchema, type VirtualCpu } from '../../src/model/autopsy.ts';

/** Two virtual CPUs that wait, a QEMU that answers, a kernel that was not asked. */
const resting: Autopsy = {
  ...{
    atNs: 1e9,
    tookMs: 100,
    control: 'answered',
    status: 'running',
    disks: [],
    pending: [],
    network: [],
    screen: null,
  },
  cpus: [cpu(0, true), cpu(1, true)],
  sysrq: { asked: '', answered: '', refused: '', text: '' },
  processes: [
    { pid: 7, name: 'qemu-system-aarch64', threads: [{ name: 'qemu', state: 'S', waitsIn: 'do_sys_poll', stack: [] }] },
  ],
  notes: [],
};

function cpu(
  index: number,
  halted: boolean | null,
  pcs = ['ffff800080f5a4c4'],
  stack: readonly string[] = [],
): VirtualCpu {
  const samples = [0, 1, 2].map((look) => ({ pc: pcs[look % pcs.length] ?? '', halted, place: '' }));
  return { index, samples, stack: [...stack] };
}

const atWork = readFileSync(join(import.meta.dirname, '../fixtures/autopsy/openrc-at-work.txt'), 'utf8');
const told = (changes: Partial<Autopsy>, consoleIsEmpty = false) =>
  readAutopsy(autopsySchema.parse({ ...resting, ...changes }) as Autopsy, consoleIsEmpty);
const spoke = (text: string) => ({ sysrq: { asked: 't', answered: 't', refused: '', text } });
const process = (name: string, state: string, waitsIn = '') => ({
  ...{ pid: 9, name, threads: [{ name, state, waitsIn, stack: [] }] },
});

test('virtual CPUs that all wait are said, and decide nothing alone', () => {
  const { story, suspect, evidence } = told({});
  assert.equal(story, null);
  assert.equal(suspect, null);
  assert.deepEqual(evidence, ['all vCPUs wait for interrupts']);
  assert.deepEqual(told({ cpus: [cpu(0, true), cpu(1, false, ['0000000000401000'])] }).evidence, []);
});

test('one that is at one place of the kernel in every look spins; one that moves on, or is in user space, does not', () => {
  const stack = ['__delay', '__const_udelay', 'virtio_gpu_wait_response', 'virtio_gpu_init'];
  const spins = told({ cpus: [cpu(0, false, ['ffff800080f5a4c4', 'ffff800080f5a4c8'], stack), cpu(1, true)] });
  assert.equal(spins.story?.id, 'hung-vcpu-spins:virtio_gpu_wait_response');
  assert.match(spins.evidence[0] ?? '', /^vCPU 0 runs in the kernel.*__delay < .*virtio_gpu_wait_response/);
  // A loop that calls a function far away, as a real one was seen.
  const away = ['ffff961d531f5ca0', 'ffff961d53147130', 'ffff961d531f5ca0'];
  assert.equal(told({ cpus: [cpu(0, false, away)] }).story?.id, 'hung-vcpu-spins');
  const getsOn = ['ffffa618175788b4', 'ffffa61817e21be4', 'ffffa61818117364'];
  assert.equal(told({ cpus: [cpu(0, false, getsOn)] }).story, null);
  assert.equal(told({ cpus: [cpu(0, false, ['0000aaaa80f5a4c4'])] }).story, null);
  assert.equal(told({ cpus: [cpu(0, null)] }).story, null);
});

test('without names a spinning kernel is told from one that never had a console, and with them a silent panic is named', () => {
  assert.equal(told({ cpus: [cpu(0, false)] }).story?.id, 'hung-vcpu-spins');
  assert.equal(told({ cpus: [cpu(0, false)] }, true).story?.id, 'hung-silent-kernel');
  const panic = cpu(0, false, undefined, ['__delay', 'panic', 'mount_root_generic']);
  assert.equal(told({ cpus: [panic] }, true).story?.id, 'hung-panicked-silently');
});

test('a CPU that was stopped by a panic tells of it, though the one that panicked is busy with its watchdog', () => {
  const watchdog = ['__delay', '__const_udelay', 'nmi_trigger_cpumask_backtrace', 'watchdog_timer_fn'];
  const busy = cpu(0, false, ['ffff800080f5a4c4'], watchdog);
  const { story, evidence } = told({ cpus: [busy, cpu(1, true, undefined, ['local_cpu_stop', 'ipi_handler'])] }, true);
  assert.equal(story?.id, 'hung-panicked-silently');
  assert.match(evidence[0] ?? '', /vCPU 1 is in local_cpu_stop < ipi_handler, where a panic/);
  assert.match(told({ cpus: [busy, cpu(1, true)] }, true).story?.id ?? '', /^hung-vcpu-spins/);
  const below = [...watchdog, ...watchdog, 'panic', 'mount_root_generic'];
  assert.match(
    told({ cpus: [cpu(0, false, ['ffff800080f5a4c4'], below)] }, true).evidence[0] ?? '',
    /^vCPU 0 is in __delay < \.\.\. < panic < mount_root_generic$/,
  );
});

test("QEMU that was stopped is told from QEMU whose main loop is blocked, whatever the guest's CPUs did", () => {
  const stopped = { control: 'silent', processes: [process('qemu-system-aarch64', 'T', 'do_signal_stop')] } as const;
  assert.equal(told(stopped as Partial<Autopsy>).story?.id, 'hung-emulator-stopped');
  const blocked = told({ control: 'silent', processes: [process('qemu-system-aarch64', 'D', 'nfs_wait_bit')] });
  assert.equal(blocked.story?.id, 'hung-emulator-blocked');
  assert.match(blocked.evidence[0] ?? '', /nfs_wait_bit/);
});

test('a render server that stands still is named, with the requests that nobody answers', () => {
  const pending = [{ device: 'virtio-gpu', queue: 0, pending: 3 }];
  const stuck = told({ processes: [...resting.processes, process('virgl_render_server', 'T')], pending });
  assert.equal(stuck.story?.id, 'hung-render-server');
  assert.match(stuck.evidence[0] ?? '', /virgl_render_server \(process 9\) is in state T; 3 requests/);
  assert.equal(told({ processes: [...resting.processes, process('virgl_render_server', 'S')] }).story, null);
});

test('a guest that QEMU itself does not run is said with its state', () => {
  assert.equal(told({ status: 'io-error' }).story?.id, 'hung-guest-io-error');
});

test('a task that is blocked in the kernel is named with what it waits for', () => {
  const text = `sysrq: Show Blocked State
task:vulkaninfo      state:D stack:0     pid:412   tgid:412   ppid:400    flags:0x00000004
Call trace:
 __switch_to+0xf4/0x168
 __schedule+0x398/0xf10
 schedule_timeout+0x30/0xf8
 dma_fence_default_wait+0x68/0x108
 virtio_gpu_wait_ioctl+0x68/0x108 [virtio_gpu]
`;
  const { story, evidence } = told(spoke(text));
  assert.equal(story?.id, 'hung-task-blocked:vulkaninfo');
  assert.match(
    evidence[0] ?? '',
    /vulkaninfo \(process 412\) is blocked in .*dma_fence_default_wait < virtio_gpu_wait_ioctl/,
  );
  const looks = (before: string, after: string) =>
    told({ sysrq: { asked: 'wt', answered: 'wt', refused: '', text: `${before}\nsysrq: Show State\n${after}` } }).story
      ?.id;
  assert.equal(looks(text, text), 'hung-task-blocked:vulkaninfo');
  // A DHCP client that closed its socket at the moment of the second look.
  assert.equal(looks('sysrq: Show Blocked State', text), undefined);
});

test('a real list of tasks: the member of a pipeline that works is the one that is waited for', () => {
  const tasks = kernelTasks(atWork);
  const chain = waitedFor(tasks);
  assert.deepEqual(
    chain.map(({ name }) => name),
    ['init', 'openrc', 'openrc-run', 'openrc-run.sh', 'find'],
  );
  assert.equal(waitOf(chain[0] as (typeof tasks)[number]), 'do_wait');
  assert.equal(told(spoke(atWork)).suspect?.id, 'hung-task-works:find');
});

test('a DHCP client that waits is called so, and older kernels write their lists in columns', () => {
  const old = `[    5.100000] init            S    0     1      0 0x00000008
[    5.100000] Call trace:
[    5.100000]  do_wait+0x68/0x108
[    5.100000] ifup            S    0   201      1 0x00000008
[    5.100000]  do_wait+0x68/0x108
[    5.100000] udhcpc          S    0   214    201 0x00000008
[    5.100000] Call trace:
[    5.100000]  __schedule+0x398/0xf10
[    5.100000]  schedule_hrtimeout_range+0x14/0x20
[    5.100000]  poll_schedule_timeout.constprop.0+0x5c/0x98
[    5.100000]  do_sys_poll+0x3c8/0x5a0
`;
  const { suspect, evidence } = told(spoke(old));
  assert.equal(suspect?.id, 'hung-dhcp-no-answer');
  assert.equal(evidence[0], 'udhcpc (process 214 of init > ifup) waits in do_sys_poll');
});

test('a getty that waits for a person is not who the boot waits for', () => {
  const text =
    'task:init state:S stack:0 pid:1 tgid:1 ppid:0 flags:0\ntask:getty state:S stack:0 pid:9 tgid:9 ppid:1 flags:0\n';
  assert.equal(told(spoke(text)).suspect, null);
});

test('a list of tasks that was written by strangers ends the search: circles, huge lines, nothing', () => {
  const circle =
    'task:a state:S stack:0 pid:1 tgid:1 ppid:2 flags:0\ntask:b state:S stack:0 pid:2 tgid:2 ppid:1 flags:0\n';
  assert.ok(waitedFor(kernelTasks(circle)).length > 0);
  assert.deepEqual(kernelTasks(`task:${'x'.repeat(200_000)}`), []);
  assert.deepEqual(waitedFor(kernelTasks('\u0000\u0001 task: state: pid:')), []);
});

test('for people the whole examination is a few plain lines, whatever the guest wrote', () => {
  const text = autopsyText({
    ...resting,
    ...spoke(`${atWork}\ntask:\u001b[31m::error::\u202e state:D stack:0 pid:9 tgid:9 ppid:1 flags:0\n`),
    pending: [{ device: 'virtio-gpu', queue: 0, pending: 3 }],
    notes: ['no stacks of process 7: gdb did not end within 3.9 s'],
  });
  assert.equal(text[0], 'QEMU answers; the guest is running');
  assert.ok(text.includes('vCPU 0: waits'));
  assert.ok(text.includes('virtio-gpu, queue 0: 3 requests not answered'));
  assert.ok(
    text.some((line) => /^task find \(315, of 299\): R$/.test(line)),
    text.join('\n'),
  );
  assert.ok(text.includes('no stacks of process 7: gdb did not end within 3.9 s'));
  assert.ok(text.length <= 60);
  for (const line of text) assert.doesNotMatch(line, /[\p{Cc}\u202e]/u);
});
