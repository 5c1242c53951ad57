// The dispatch program: what its output means, that the embedded binaries are what the source gives, and that they start under any libc.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { after } from 'node:test';
import fc from 'fast-check';
import { runProgram } from '../../src/host/processes.ts';
import type { ProbeEvent } from '../../src/model/boot.ts';
import { compiler, programs } from '../../src/probe/dispatch/programs.ts';
import { judgeDispatch, runDispatch } from '../../src/probe/dispatch.ts';
import type { CommandResult } from '../../src/probe/probe.ts';
import { has, testEmbedded, unpacked, why } from '../kit/embedded.ts';
import { result as anyResult } from './vulkan-outputs.ts';

const source = resolve(import.meta.dirname, '../../src/probe/dispatch');
const folder = mkdtempSync(join(tmpdir(), 'bootgauge-dispatch-'));
after(() => rmSync(folder, { recursive: true }));

const good = `ICD: /usr/share/vulkan/icd.d/virtio_icd.json
85 vkCreateInstance
180554 vkEnumeratePhysicalDevices
driver 22
device Virtio-GPU Venus (Apple M2 Pro)
290083 vkCreateDevice
371474 vkMapMemory
402967 vkCreateComputePipelines
410481 vkQueueSubmit
449432 vkWaitForFences
450047 check
450125 verified
`;
const result = (changes: Partial<CommandResult>): CommandResult => anyResult({ stdout: good, ...changes });
const upTo = (step: string): string => good.slice(0, good.indexOf(step) + step.length + 1);
const venus = 'DRIVER_ID_MESA_VENUS';

test('a verified result on the required driver is a dispatch, on another one it is not', () => {
  assert.deepEqual(
    [judgeDispatch(result({}), venus).outcome, judgeDispatch(result({}), venus).detail],
    ['ok', 'computed on Virtio-GPU Venus (Apple M2 Pro)'],
  );
  const other = result({ stdout: good.replace('driver 22', 'driver 13') });
  assert.equal(judgeDispatch(other, venus).outcome, 'wrong-driver');
  assert.equal(judgeDispatch(other, null).outcome, 'ok');
});

test('what keeps a dispatch from passing is named with the call and the device', () => {
  const cases: [Partial<CommandResult>, string, string][] = [
    [
      { exitCode: 1, stdout: `${upTo('vkCreateComputePipelines')}failed vkCreateComputePipelines -3\n` },
      'failed',
      'vkCreateComputePipelines -3 on Virtio-GPU Venus (Apple M2 Pro)',
    ],
    [{ exitCode: 1, stdout: '12 vkCreateInstance\nfailed vkCreateInstance -9\n' }, 'failed', 'vkCreateInstance -9'],
    [{ exitCode: 2, stdout: `${upTo('check')}wrong word 1: 0 for 7\n` }, 'wrong-result', 'wrong word 1: 0 for 7'],
    [
      { exitCode: null, timedOut: true, stdout: upTo('vkWaitForFences') },
      'timeout',
      'no end of vkWaitForFences within the time limit',
    ],
    [{ exitCode: 127, stdout: '', stderr: 'libvulkan.so.1: cannot open\n' }, 'missing', 'libvulkan.so.1: cannot open'],
    [
      { exitCode: 139, stdout: upTo('vkCreateComputePipelines'), stderr: 'Segmentation fault\n' },
      'failed',
      'vkCreateComputePipelines ended with exit status 139; Segmentation fault',
    ],
    [{ stdout: upTo('check') }, 'failed', 'check ended with exit status 0; '],
  ];
  for (const [changes, outcome, detail] of cases) {
    const facts = judgeDispatch(result(changes), venus);
    assert.deepEqual([facts.outcome, facts.detail], [outcome, detail]);
  }
});

test('hostile output never passes for a dispatch and stays short', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const facts = judgeDispatch(result({ stdout: text, stderr: text }), null);
      assert.notEqual(facts.outcome, 'ok');
      assert.match(facts.detail, /^[\x20-\x7e]{0,255}$/);
    }),
  );
  const large = judgeDispatch(
    result({ stdout: `device ${'x'.repeat(5_000_000)}`, stderr: 'y'.repeat(5_000_000) }),
    null,
  );
  assert.deepEqual([large.output.length, large.stderr.length], [4096, 4096]);
});

testEmbedded({
  name: 'dispatch',
  ...{ source, compiler, programs },
  libraries: ['libvulkan.so.1'],
  headers: ['/usr/include/vulkan/vulkan_core.h'],
  package: 'libvulkan-dev',
});

test('the shader is valid SPIR-V', { skip: why([has('spirv-val'), 'spirv-val'], [has('gcc'), 'gcc']) }, () => {
  const program = `#include "${join(source, 'shader.h')}"\n#include <stdio.h>\nint main(void){fwrite(shader,1,sizeof shader,stdout);}`;
  writeFileSync(join(folder, 'shader.c'), program);
  execFileSync('gcc', ['-o', join(folder, 'shader'), join(folder, 'shader.c')]);
  writeFileSync(join(folder, 'shader.spv'), execFileSync(join(folder, 'shader')));
  execFileSync('spirv-val', [join(folder, 'shader.spv')]);
});

/** A Vulkan loader without a driver: it says so when an instance is made. Its constructor shows that libc was set up. */
const driverless = (name: string): string => `
  int ready; __attribute__((constructor)) static void begin(void) { ready = 1; }
  int vkCreateInstance(void) { return ready ? -9 : -1; }
  ${[
    ...unpacked(programs[name as 'x86_64'])
      .toString('latin1')
      .matchAll(/vk[A-Z]\w+/g),
  ]
    .map(([symbol]) => symbol)
    .filter((symbol, index, all) => symbol !== 'vkCreateInstance' && all.indexOf(symbol) === index)
    .map((symbol) => `int ${symbol}(void) { return 0; }`)
    .join('\n')}`;

async function runLocally(libraries: string): Promise<{ outcome: string; detail: string; events: ProbeEvent[] }> {
  const events: ProbeEvent[] = [];
  const facts = await runDispatch({
    session: {
      async run(command, { timeoutMs, stdin = '' }) {
        const shell = `LD_LIBRARY_PATH=${libraries}; export LD_LIBRARY_PATH\n${command}`;
        const { code, stdout, stderr, timedOut, truncated } = await runProgram('sh', ['-c', shell], {
          timeoutMs,
          input: stdin,
        });
        return { exitCode: code, stdout, stderr, startedNs: 0, endedNs: 1, timedOut, truncated };
      },
    },
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    requiredDriver: null,
    timeoutMs: 20_000,
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  return { outcome: facts?.outcome ?? '', detail: facts?.detail ?? '', events };
}

for (const [libc, gcc] of [
  ['glibc', 'gcc'],
  ['musl', 'musl-gcc'],
] as const) {
  const skip = why([process.platform === 'linux', 'Linux'], [has(gcc), gcc]);
  test(`the program starts under ${libc} and leaves nothing behind`, { skip }, async () => {
    const libraries = mkdtempSync(join(folder, libc));
    writeFileSync(join(libraries, 'vulkan.c'), driverless(process.arch === 'arm64' ? 'arm64' : 'x86_64'));
    const library = join(libraries, 'libvulkan.so.1');
    const flags = ['-shared', '-fPIC', '-Wl,-soname,libvulkan.so.1', '-Wl,--no-as-needed'];
    execFileSync(gcc, [...flags, '-o', library, join(libraries, 'vulkan.c')]);
    const { outcome, detail, events } = await runLocally(libraries);
    assert.deepEqual([outcome, detail], ['failed', 'vkCreateInstance -9']);
    assert.deepEqual(
      events.map((event) => [event.probe, event.outcome]),
      [['time-to-first-dispatch', 'failed']],
    );
    assert.equal(spawnSync('sh', ['-c', 'ls /tmp/bg-run-??????']).status === 0, false);
  });
}
