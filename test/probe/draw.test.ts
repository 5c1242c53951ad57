// The drawings: which pixels are right, what keeps a drawing from being right, what is asked of a guest, and that the embedded programs are
// what the source gives.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { runProgram } from '../../src/host/processes.ts';
import type { ProbeEvent } from '../../src/model/boot.ts';
import { compiler, programs } from '../../src/probe/draw/programs.ts';
import { draw, judgeDrawing } from '../../src/probe/draw.ts';
import { type Drawing, drawings, pictureSide, wrongPixels } from '../../src/probe/drawings.ts';
import { programText, runVulkanProgram } from '../../src/probe/guest-shell.ts';
import type { AskedGuest, CommandResult } from '../../src/probe/probe.ts';
import { exampleBoot } from '../examples/run.ts';
import { has, testEmbedded, unpacked, why } from '../kit/embedded.ts';
import { result } from './vulkan-outputs.ts';

const source = resolve(import.meta.dirname, '../../src/probe/draw');
const named = (name: string): Drawing => {
  const found = drawings.find((drawing) => drawing.name === name);
  assert.ok(found);
  return found;
};

/** What must be seen, each colour `off` by so much. */
function pixelsOf({ colourAt }: Drawing, off = 0): Uint8Array {
  const places = Array.from({ length: pictureSide ** 2 }, (_, pixel) =>
    colourAt(pixel % pictureSide, Math.floor(pixel / pictureSide)),
  );
  return Uint8ClampedArray.from(places.flat().map((colour) => Math.round(colour) + off)) as unknown as Uint8Array;
}

function told(pixels: Uint8Array): string {
  const rows = Array.from({ length: pictureSide }, (_, row) =>
    Buffer.from(pixels.subarray(row * pictureSide * 3, (row + 1) * pictureSide * 3)).toString('base64'),
  );
  return rows.map((row) => `row ${row}\n`).join('');
}

const begun = '9 vkCreateInstance\n80468 vkEnumeratePhysicalDevices\n359105 vkWaitForFences\n';
const us = Array.from({ length: 100 }, (_, index) => (index === 7 ? 90_000 : 1000 + index));
const times: Record<string, string> = {
  frames: `frames ${us.slice(0, 50).join(' ')}\nframes ${us.slice(50).join(' ')}\n`,
  swap: 'swapped 64 128000\n',
};
const good = (drawing: Drawing): string =>
  `${begun}${times[drawing.name] ?? ''}605847 drawn\n${told(pixelsOf(drawing))}`;

test('a picture is right where every pixel is within three of 255, and one pixel that is not is counted and shown', () => {
  for (const drawing of drawings) {
    for (const off of [0, 2, -2]) assert.equal(wrongPixels(drawing, pixelsOf(drawing, off)), '');
    assert.match(wrongPixels(drawing, pixelsOf(drawing, 5)), /^\d+ of 6400 pixels are wrong/);
  }
  const pixels = pixelsOf(named('uniform'));
  pixels[(21 + 2 * pictureSide) * 3] = 255;
  const words = wrongPixels(named('uniform'), pixels);
  assert.equal(words, '1 of 6400 pixels are wrong, first at 21,2: 255 255 0, not 0 255 0');
  assert.match(wrongPixels(named('swap'), new Uint8Array(30)), /^6400 of 6400 pixels are wrong/);
});

test('the pictures differ from each other, but for the two that draw the same triangle', () => {
  for (const one of drawings) {
    const same = drawings.filter((other) => wrongPixels(other, pixelsOf(one)) === '').map(({ name }) => name);
    const twins = ['triangle', 'unbound-uniform'];
    assert.deepEqual(same, twins.includes(one.name) ? twins : [one.name]);
  }
});

test('what keeps a drawing from being right is named with the call', async () => {
  const texture = named('texture');
  const cases: [Partial<CommandResult>, string, RegExp][] = [
    [{ stdout: good(texture) }, 'ok', /^$/],
    [{ stdout: good(named('frames')) }, 'wrong', /^\d+ of 6400 pixels are wrong, first at 0,0: 0 0 128, not 0 0 0$/],
    [{ exitCode: 142, stdout: begun }, 'timeout', /^no end of vkWaitForFences within 25 s$/],
    [{ exitCode: null, timedOut: true, stdout: '' }, 'timeout', /^no end of the start within 25 s$/],
    [{ exitCode: 255, stdout: begun }, 'timeout', /^the guest no longer answers, after vkWaitForFences$/],
    [{ exitCode: 1, stdout: `${begun}failed vkMapMemory -5\n` }, 'failed', /^vkMapMemory -5$/],
    [
      { exitCode: 139, stdout: begun, stderr: 'x\nSegmentation fault\n' },
      'failed',
      /^vkWaitForFences ended with exit status 139; Segmentation fault$/,
    ],
    [
      { exitCode: 134, stdout: good(texture), stderr: 'Aborted' },
      'failed',
      /^drawn ended with exit status 134; Aborted$/,
    ],
    [
      { exitCode: 127, stdout: '', stderr: 'libvulkan.so.1: cannot open\n' },
      'missing',
      /^libvulkan.so.1: cannot open$/,
    ],
    [
      { exitCode: 125, stdout: '', stderr: 'no folder of the guest takes a program that runs\n' },
      'missing',
      /^no folder/,
    ],
    [{ stdout: good(texture).slice(0, -5) }, 'failed', /^drawn ended with exit status 0; $/],
    [{ stdout: good(texture).replace(/row .*\n/, '') }, 'failed', /^drawn ended with exit status 0; $/],
  ];
  for (const [changes, outcome, detail] of cases) {
    const facts = await judgeDrawing(texture, result(changes), 25);
    assert.equal(facts.outcome, outcome);
    assert.match(facts.detail, detail);
  }
});

test('hostile output is never a right drawing, and what is kept of it stays short', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
      const facts = await judgeDrawing(named('triangle'), result({ stdout: text, stderr: text }), 25);
      assert.notEqual(facts.outcome, 'ok');
      assert.match(facts.detail, /^[\x20-\x7e]{0,255}$/);
    }),
  );
  const flood = result({ stdout: `failed ${'x'.repeat(900_000)}`, stderr: 'y'.repeat(900_000), exitCode: 1 });
  const { stderr, detail, picture } = await judgeDrawing(named('triangle'), flood, 25);
  assert.deepEqual([stderr.length, detail.length <= 255, picture], [2048, true, '']);
});

/** A guest whose programs answer as `answer` says of the drawing of a name. */
function guestThat(answer: (name: string) => Partial<CommandResult>) {
  const events: ProbeEvent[] = [];
  const asked: string[] = [];
  let seconds = 0;
  const guest: AskedGuest = {
    ...{ gpu: 'venus', architecture: 'arm64', signal: new AbortController().signal, pause: async () => {} },
    facts: {
      vulkan: {
        ...{ required: 'DRIVER_ID_MESA_VENUS', outcome: 'ok', detail: '', icd: '', instanceVersion: '', devices: [] },
        ...{ stderr: '', dispatch: null, profile: null },
      },
    },
    session: {
      async run(command, { timeoutMs }) {
        const [, name = '', limit] = /"\$program" (\S+) (\d+);/.exec(command) ?? [];
        asked.push(`${name} ${limit}`);
        seconds += 1;
        assert.ok(timeoutMs > Number(limit ?? 0) * 1000);
        return result({ ...answer(name), startedNs: seconds * 1e9, endedNs: (seconds + 0.5) * 1e9 });
      },
    },
    nowNs: () => seconds * 1e9,
    onEvent: (event) => events.push(event),
  };
  return { guest, events, asked };
}

test('each drawing has its own deadline; the one that hangs and the one that is wrong are named, the others are drawn', async () => {
  const { guest, events, asked } = guestThat((name) => {
    if (name === 'unbound-uniform') return { exitCode: 142, stdout: begun };
    return { stdout: good(named(name === 'uniform' ? 'triangle' : name)) };
  });
  const failed = await draw.run?.(guest);
  assert.deepEqual(failed, {
    probe: 'draw',
    detail: 'timeout: unbound-uniform: no end of vkWaitForFences within 20 s; uniform: wrong',
  });
  assert.deepEqual(asked, [
    ...['triangle 20', 'uniform 20', 'unbound-uniform 20'],
    ...['texture 8', 'late-pipeline 8', 'frames 8', 'swap 8'],
  ]);
  const outcomes = events.map(({ probe, outcome }) => `${probe} ${outcome}`);
  assert.deepEqual(outcomes.slice(0, 4), [
    ...['time-to-first-frame ok', 'drawing:triangle ok', 'drawing:uniform wrong', 'drawing:unbound-uniform timeout'],
  ]);
  const drawn = guest.facts.vulkan?.drawings ?? [];
  assert.deepEqual(
    drawn.map(({ name, outcome }) => `${name} ${outcome}`),
    outcomes.slice(1).map((text) => text.replace('drawing:', '')),
  );
  assert.ok(drawn.every(({ outcome, picture }) => (picture === '') === (outcome === 'timeout')));
});

test('the first frame and the times of frames are metrics of a boot', async () => {
  const { guest, events } = guestThat((name) => ({ stdout: good(named(name)) }));
  assert.equal(await draw.run?.(guest), null);
  const boot = { ...exampleBoot(1, 1000), probes: events, vulkan: guest.facts.vulkan ?? undefined };
  const { vulkan, ...others } = boot;
  assert.ok(vulkan);
  const value = (metric: string) => draw.measure({ ...others, vulkan }, metric);
  assert.deepEqual(value('time-to-first-frame'), { value: 1500, resolution: 0 });
  assert.deepEqual(value('frame-time'), { value: 1.0505, resolution: 0 });
  assert.deepEqual(value('frame-time-p99'), { value: 1.099, resolution: 0 });
  assert.deepEqual(value('upload-time'), { value: 128, resolution: 0 });
  assert.deepEqual(draw.measure(exampleBoot(1, 1000), 'frame-time'), { value: null, resolution: 0 });
});

test('a right picture without the times that belong to it is not taken for one', async () => {
  const frames = good(named('frames'));
  for (const stdout of [
    frames.replace(' 1000 ', ' 0 '),
    frames.replace(/^frames .*\n/m, ''),
    frames.replaceAll('frames ', 'f '),
  ]) {
    const { outcome, detail, measured } = await judgeDrawing(named('frames'), result({ stdout }), 20);
    assert.deepEqual([outcome, detail, measured], ['failed', 'it did not tell its frame-time, frame-time-p99', {}]);
  }
  const swap = good(named('swap')).replace('swapped 64 128000', 'swapped 64 0');
  assert.equal((await judgeDrawing(named('swap'), result({ stdout: swap }), 20)).outcome, 'failed');
});

test('a program that only the host can end is one drawing that hangs; where the guest answers no more, it is the last one', async () => {
  for (const [exitCode, count] of [
    [0, 8],
    [null, 4],
  ] as const) {
    const { guest, asked } = guestThat((name) => {
      if (name === '') return { exitCode, timedOut: exitCode === null };
      return name === 'unbound-uniform'
        ? { exitCode: null, timedOut: true, stdout: begun }
        : { stdout: good(named(name)) };
    });
    const failed = await draw.run?.(guest);
    assert.deepEqual(failed?.detail, 'timeout: unbound-uniform: no end of vkWaitForFences within 20 s');
    assert.equal(asked.length, count);
  }
});

test('a guest that takes no program, or is gone, is not asked for the other drawings', async () => {
  for (const [answer, word] of [
    [
      { exitCode: 125, stdout: '', stderr: 'no folder of the guest takes a program that runs; Read-only file system' },
      'missing',
    ],
    [{ exitCode: 255, stdout: '' }, 'timeout'],
  ] as const) {
    const { guest, asked } = guestThat(() => answer);
    const failed = await draw.run?.(guest);
    assert.match(failed?.detail ?? '', new RegExp(`^${word}: triangle: `));
    assert.equal(asked.length, 1);
  }
});

test('where the time of a boot ends in a drawing, that one is named, once', async () => {
  const seen: unknown[] = [];
  const { guest, events } = guestThat((name) => {
    if (name === 'texture')
      for (const _ of [1, 2]) seen.push(guest.facts.underWay?.cutOff?.('no end within 9 s', 'timeout'));
    return { stdout: good(named(name)) };
  });
  await draw.run?.(guest);
  const failed = { probe: 'draw', detail: 'timeout: texture: no end within 9 s' };
  assert.deepEqual(seen, [failed, failed]);
  const told = events.filter(({ outcome }) => outcome !== 'ok');
  assert.deepEqual(
    told.map(({ probe, outcome }) => [probe, outcome]),
    [['drawing:texture', 'timeout']],
  );
  assert.equal(guest.facts.vulkan?.drawings?.[3]?.outcome, 'timeout');
});

testEmbedded({
  name: 'draw',
  ...{ source, compiler, programs, most: 24_000 },
  libraries: ['libvulkan.so.1'],
  headers: ['/usr/include/vulkan/vulkan_core.h'],
  package: 'libvulkan-dev',
});

/** Vulkan as the guest's loader would bring it: what makes an instance does as `body` says. */
function libraryThat(body: string, gcc: string, folder: string): void {
  const program = unpacked(programs[own]).toString('latin1');
  const functions = new Set([...program.matchAll(/vk[A-Z]\w+/g)].map(([symbol]) => symbol));
  functions.delete('vkCreateInstance');
  const others = [...functions].map((symbol) => `int ${symbol}(void) { return 0; }`).join('\n');
  const text = `#include <unistd.h>\nint vkCreateInstance(void) { ${body} }\n${others}\n`;
  const flags = ['-shared', '-fPIC', '-x', 'c', '-Wl,-soname,libvulkan.so.1', '-Wl,--no-as-needed'];
  execFileSync(gcc, [...flags, '-o', join(folder, 'libvulkan.so.1'), '-'], { input: text });
}
const own = process.arch === 'arm64' ? 'arm64' : 'x86_64';

for (const [libc, gcc] of [
  ['glibc', 'gcc'],
  ['musl', 'musl-gcc'],
] as const) {
  const skip = why([process.platform === 'linux', 'Linux'], [has(gcc), gcc]);
  test(`under ${libc} the program starts, and ends itself when a call hangs`, { skip }, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'bootgauge-draw-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const run = async (name: string, seconds: number) => {
      const command = runVulkanProgram(own, null, `${name} ${seconds}`);
      const input = await programText(programs[own]);
      const shell = `LD_LIBRARY_PATH=${folder}; export LD_LIBRARY_PATH\n${command}`;
      const { code, stdout, stderr } = await runProgram('sh', ['-c', shell], { timeoutMs: 60_000, input });
      return judgeDrawing(named('triangle'), result({ exitCode: code, stdout, stderr }), seconds);
    };
    libraryThat('return -9;', gcc, folder);
    const failed = await run('triangle', 30);
    assert.deepEqual([failed.outcome, failed.detail], ['failed', 'vkCreateInstance -9']);
    assert.match((await run('no-such-drawing', 30)).detail, /exit status 3/);
    libraryThat('for (;;) pause();', gcc, folder);
    const hung = await run('triangle', 1);
    assert.deepEqual([hung.outcome, hung.detail], ['timeout', 'no end of vkCreateInstance within 1 s']);
  });
}

const tools = why([has('glslangValidator'), 'glslangValidator'], [has('spirv-opt'), 'spirv-opt']);
test('the shaders in the program are those in their folder, and valid', { skip: tools }, (context) => {
  const built = execFileSync(join(source, 'build-shaders'), { encoding: 'utf8' });
  const kept = readFileSync(join(source, 'shaders.h'), 'utf8');
  for (const [, words = ''] of kept.matchAll(/\{([^}]+)\}/g)) {
    const bytes = new Uint32Array(words.split(',').flatMap((word) => (word.trim() === '' ? [] : [Number(word)])));
    const { status, stderr } = spawnSync('spirv-val', ['-'], { input: new Uint8Array(bytes.buffer), encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }
  const made = /^\/\/ .*glslang (.*)$/m;
  if (made.exec(built)?.[1] !== made.exec(kept)?.[1]) return context.skip('made by another version of glslang');
  assert.equal(built, kept);
});
