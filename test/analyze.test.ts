// What an analysis keeps of a run, and what it says of two sides.
import assert from 'node:assert/strict';
import test from 'node:test';
import { serialize } from 'node:v8';
import { analyze, analyzeInFull, seriesOf } from '../src/analyze.ts';
import type { Boot } from '../src/model/boot.ts';
import { exporters } from '../src/report/exporters.ts';
import {
  exampleBoot,
  exampleConditions,
  exampleRecordedScenario,
  exampleRun,
  exampleScenario,
  exampleSide,
} from './examples/run.ts';

test('what is kept of a boot does not grow with its console', () => {
  const kept = (lines: number): number => {
    const { console, ...boot } = exampleBoot(1, 8000);
    const more = new TextEncoder().encode('one more line\r\n'.repeat(lines));
    const bytes = new Uint8Array([...console.bytes, ...more]);
    const { boots } = analyzeInFull(
      exampleRun([exampleRecordedScenario([{ ...boot, console: { ...console, bytes } }])]),
    );
    return serialize(boots.map(({ boot: _, ...read }) => read)).length;
  };
  assert.ok(kept(20_000) < kept(10) + 100);
});

test('what only base shows is gone on head where a head boot came far enough to show it, and not where all of them died before', () => {
  const sidesOf = (head: Partial<Boot>) => {
    const boots = [1, 3, 5].flatMap((number) => [
      exampleBoot(number, 8000, { side: 'base', stderr: 'virtio_gpu_virgl_process_cmd: ctrl 0x1, error 0x2' }),
      exampleBoot(number + 1, 8000, { side: 'head', ...head }),
    ]);
    const scenario = { ...exampleScenario, base: exampleSide };
    const conditions = { head: exampleConditions, base: exampleConditions };
    const [report] = analyze(exampleRun([exampleRecordedScenario(boots, { scenario, conditions })])).scenarios;
    return report?.findings.map(({ id, sides }) => [id, sides]);
  };
  const shown = 'virgl-command-error';
  assert.deepEqual(sidesOf({}), [[shown, 'base']]);
  const bytes = new TextEncoder().encode('[    1.0] Kernel panic - not syncing: x\r\n');
  const panicked: Partial<Boot> = {
    ...{ probes: [], outcome: { kind: 'panicked', line: 'Kernel panic' } },
    console: { bytes, reads: [{ offset: 0, atNs: 1e9 }], droppedBytes: 0 },
  };
  assert.deepEqual(sidesOf(panicked), [
    ['kernel-panic', 'head'],
    [shown, undefined],
  ]);
});

test('a block that an interruption cut is judged by its whole pairs, and the boot that lost its partner has not failed', () => {
  const order = ['base', 'head', 'head', 'base'] as const;
  const boots = Array.from({ length: 28 }, (_, index) => {
    const round = Math.floor(index / 2) + 1;
    return exampleBoot(index + 1, 8000 + 37 * ((11 * index) % 13), { side: order[index % 4] ?? 'head', round });
  });
  const scenario = { ...exampleScenario, base: exampleSide };
  const conditions = { head: exampleConditions, base: exampleConditions };
  for (const cut of [0, 1, 2, 3, 4]) {
    const recorded = exampleRecordedScenario(boots.slice(0, 28 - cut), { scenario, conditions });
    const [report] = analyze({ ...exampleRun([recorded]), finished: false }).scenarios;
    const [comparison] = report?.comparisons ?? [];
    const whole = 14 - Math.ceil(cut / 2);
    assert.deepEqual([comparison?.head.count, comparison?.base.count], [whole, whole], `${cut} boots cut off`);
    assert.deepEqual([comparison?.head.failures, comparison?.base.failures], [0, 0]);
    assert.ok(['same', 'undecided'].includes(report?.verdict.word ?? ''), report?.verdict.because);
    assert.equal(comparison?.warnings.filter(({ code }) => code === 'unpaired').length, cut % 2);
  }
});

const consoleOf = (text: string): Boot['console'] => ({
  bytes: new TextEncoder().encode(text),
  reads: [{ offset: 0, atNs: 1e9 }],
  droppedBytes: 0,
});

test('a service that a complete boot did not have is absent there; what a failed boot did not reach is a failure', () => {
  const started = '   OpenRC 0.56 is starting up\r\n * Starting dropbear ... [ ok ]\r\n';
  const dead: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 1 } };
  const { head } = seriesOf(
    exampleRecordedScenario([
      exampleBoot(1, 8000),
      exampleBoot(2, 8100, { console: consoleOf(started) }),
      exampleBoot(3, 8200, dead),
      exampleBoot(4, 8300, { probes: exampleBoot(4, 8300).probes.slice(0, 1) }),
    ]),
  );
  const values = (name: string) =>
    head
      .find(({ metric }) => metric === name)
      ?.samples.map(({ boot, value }) => [boot, value === null ? 'failed' : 'measured']);
  assert.deepEqual(values('service:mdev'), [
    [1, 'measured'],
    [3, 'failed'],
    [4, 'measured'],
  ]);
  assert.deepEqual(values('time-to-login'), [
    [1, 'measured'],
    [2, 'measured'],
    [3, 'failed'],
    [4, 'failed'],
  ]);
});

test('the typical boot is the complete one in the middle, the faster of two, and no warm-up', () => {
  const typical = (...boots: Boot[]) => {
    const [report] = analyze(exampleRun([exampleRecordedScenario(boots)])).scenarios;
    return report?.typical.map(({ side, number }) => [side, number]);
  };
  const warmup = { warmup: true, round: 0 };
  const dead: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 1 } };
  const [slow, fast, middle, faster] = [exampleBoot(1, 9000), exampleBoot(2, 8000), exampleBoot(3, 8500), 8400];
  assert.deepEqual(typical(slow, fast, middle), [['head', 3]]);
  assert.deepEqual(typical(slow, fast, middle, exampleBoot(4, faster)), [['head', 4]]);
  assert.deepEqual(typical(exampleBoot(4, 8500), slow, fast, middle, exampleBoot(5, 8500)), [['head', 4]]);
  assert.deepEqual(
    typical(exampleBoot(1, 100, warmup), slow, fast, middle, exampleBoot(5, 90, dead), exampleBoot(6, 80, dead)),
    [['head', 3]],
  );
  assert.deepEqual(typical(exampleBoot(1, 90, dead)), []);
});

test('a scenario without SSH is judged, told and drawn by what makes it ready', () => {
  const ready = [{ kind: 'line', name: 'agent', pattern: 'AGENT READY', on: 'stdout' } as const];
  const metrics = { 'time-to-agent': { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: null } };
  const scenario = { ...exampleScenario, base: exampleSide, ready, metrics };
  const atMs = (number: number, ms: number, side: 'head' | 'base') => {
    const event = { probe: 'time-to-agent', outcome: 'ok', detail: '', startedNs: ms * 1e6 - 5e6, atNs: ms * 1e6 };
    const round = Math.ceil(number / 2);
    return exampleBoot(number, ms, { side, round, ready: 'time-to-agent', probes: [event] });
  };
  const boots = Array.from({ length: 12 }, (_, index) => [
    atMs(2 * index + 1, 3000 + index, 'base'),
    atMs(2 * index + 2, 3600 + 2 * index, 'head'),
  ]).flat();
  const conditions = {
    head: exampleConditions,
    base: { ...exampleConditions, emulator: { ...exampleConditions.emulator, digest: 'ef'.repeat(32) } },
  };
  const analysis = analyzeInFull(exampleRun([exampleRecordedScenario(boots, { scenario, conditions })]));
  const [judged] = analysis.report.scenarios;
  assert.equal(judged?.verdict.word, 'slower');
  const names = judged.comparisons.map(({ metric }) => metric);
  assert.equal(names[0], 'time-to-agent');
  assert.ok(!names.includes('time-to-ssh') && !names.includes('time-to-login'));
  const head = judged.blame?.find(({ side }) => side === 'head');
  assert.equal(head?.chains[0]?.metric, 'time-to-agent');
  assert.ok(Math.abs(head.phases.reduce((sum, { ms }) => sum + ms, 0) - head.totalMs) < 1e-6);
  assert.ok((judged.where?.phases.length ?? 0) > 0);
  const written = (name: string) =>
    exporters.find((one) => one.name === name)?.write({ ...analysis, consoles: [] }) ?? '';
  for (const name of ['markdown', 'html']) {
    assert.match(
      written(name),
      /Boot until ready is 20 % slower, mostly in openrc and sshd: 3\.61 s instead of 3\.01 s/,
      name,
    );
    assert.doesNotMatch(written(name), /time-to-ssh|to SSH/, name);
  }
});
