import assert from 'node:assert/strict';
import test from 'node:test';
import { temporaryFolder } from '../../src/host/processes.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import type { MarkerProfile } from '../../src/timeline/marker.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { exampleScenario } from '../examples/run.ts';
import { planFor, playerEmulator } from '../fixtures/qemu-player-script.ts';

test('an interruption that comes while the emulator is started ends the boot, not its deadline', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const interrupted = new AbortController();
  const boot = bootOnce({
    plan: planFor(await playerEmulator(folder.path, { console: [] })),
    scenario: exampleScenario,
    markers: markerProfiles.alpine as MarkerProfile,
    slot: { side: 'head', round: 1, warmup: false },
    number: 1,
    onPhase: () => {},
    onLaunch: () => interrupted.abort(new Error('interrupted')),
    signal: interrupted.signal,
  });
  await assert.rejects(boot, /^Error: interrupted$/);
});
