// A guest that does not come up: its console is on the page, where a person looks for the reason.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Boot } from '../../src/model/boot.ts';
import { exampleBoot, exampleConditions, exampleScenario, exampleSide } from '../examples/run.ts';
import { runIn, storeRun } from './in-memory.ts';

const hung: Partial<Boot> = { probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 9000 } };

async function consolesOf(context: TestContext, boots: readonly Boot[]): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'bootgauge-failed-'));
  context.after(() => rmSync(root, { recursive: true }));
  const paired = boots.some(({ side }) => side === 'base');
  const folder = await storeRun(root, '20260102T030405-aaaa', boots, {
    scenario: paired ? { ...exampleScenario, base: exampleSide } : exampleScenario,
    conditions: { head: exampleConditions, base: paired ? exampleConditions : null },
  });
  assert.notEqual((await runIn(root, 'analyze')).code, 2);
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  assert.equal(
    page.match(/class="what">[^<]*Scanning hardware for mdev/g)?.length,
    page.match(/class="console-box"/g)?.length,
  );
  return [...page.matchAll(/<summary>(Console of boot [^,]+\([^)]*\))/g)].map(([, title]) => title as string);
}

test('a guest that never boots has the console of its first failed boot on the page', async (context) => {
  const boots = [
    exampleBoot(1, 5000, { ...hung, warmup: true }),
    exampleBoot(2, 5000, hung),
    exampleBoot(3, 5000, hung),
  ];
  assert.deepEqual(await consolesOf(context, boots), ['Console of boot 2 (head, failed)']);
});

test('where some boots failed, the first of them stands beside the typical one, on the side that it is of', async (context) => {
  const boots = [
    ...[exampleBoot(1, 5000, { side: 'base' }), exampleBoot(2, 5000)],
    ...[exampleBoot(3, 5100, { side: 'base' }), exampleBoot(4, 5000, hung)],
    ...[exampleBoot(5, 5200, { side: 'base' }), exampleBoot(6, 5000, hung)],
  ];
  assert.deepEqual(await consolesOf(context, boots), [
    'Console of boot 3 (base)',
    'Console of boot 2 (head)',
    'Console of boot 4 (head, failed)',
  ]);
});

test('a boot that is typical and failed behind its banner is shown once', async (context) => {
  const denied: Partial<Boot> = { outcome: { kind: 'failed', probe: 'login', detail: 'denied' } };
  assert.deepEqual(await consolesOf(context, [exampleBoot(1, 5000, denied)]), ['Console of boot 1 (head, failed)']);
});
