// What an analysis keeps of a run.
import assert from 'node:assert/strict';
import test from 'node:test';
import { serialize } from 'node:v8';
import { analyzeInFull } from '../src/analyze.ts';
import { exampleBoot, exampleRecordedScenario, exampleRun } from './examples/run.ts';

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
