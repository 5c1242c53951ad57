// What an analysis keeps of a run, and what it says of two sides.
import assert from 'node:assert/strict';
import test from 'node:test';
import { serialize } from 'node:v8';
import { analyze, analyzeInFull } from '../src/analyze.ts';
import type { Boot } from '../src/model/boot.ts';
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
