// Vulkan for real: a boot in which Venus computes, and three that cannot, each named. The others: npm run bench:vulkan.
import assert from 'node:assert/strict';
import test from 'node:test';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readLines } from '../../src/timeline/lines.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { readOffers } from '../../src/vulkan/profile.ts';
import { bootCase, outcomeWords, vulkanCases } from './vulkan-cases.ts';

const patience = (): AbortSignal => AbortSignal.timeout(240_000);
const slot = { number: 1, side: 'head', round: 1 } as const;

for (const name of ['no blob and hostmem', 'no GL display', 'plain GPU']) {
  test(`${name}: the boot fails and its cause is named`, async () => {
    const which = vulkanCases.find((one) => one.name === name);
    assert.ok(which !== undefined);
    const { boot, scenario } = await bootCase(which, slot, patience());
    assert.equal(outcomeWords(boot), which.outcome, boot.stderr);
    const timeline = readTimeline({ boot, markers: markerProfileOf(scenario) });
    const errors = diagnose({ boot, timeline, lines: readLines(boot.console) }).filter(
      ({ severity }) => severity === 'error',
    );
    assert.deepEqual(
      errors.map(({ id }) => id),
      [which.finding],
    );
  });
}

test('with Venus the render node, the login, the driver, a dispatch and drawings come in this order, and the driver shows what it offers', async () => {
  const which = vulkanCases.find((one) => one.name === 'venus');
  assert.ok(which !== undefined);
  const { boot } = await bootCase(which, slot, patience());
  assert.equal(outcomeWords(boot), 'ready', JSON.stringify(boot.outcome));
  assert.equal(boot.vulkan?.devices[0]?.driverID, 'DRIVER_ID_MESA_VENUS');
  assert.deepEqual([boot.vulkan.dispatch?.outcome, boot.vulkan.dispatch?.stderr], ['ok', '']);
  const wrong = boot.vulkan.drawings?.filter((drawing) => drawing.outcome !== 'ok');
  assert.deepEqual([wrong, boot.vulkan.drawings?.length], [[], 7]);
  const moments = ['time-to-drm', 'login', 'time-to-vulkan', 'time-to-first-dispatch', 'time-to-first-frame'].map(
    (probe) => boot.probes.find((event) => event.probe === probe && event.outcome === 'ok')?.atNs ?? 0,
  );
  assert.ok(
    moments.every((atNs, index) => atNs > (moments[index - 1] ?? 0)),
    moments.join(', '),
  );
  const offers = readOffers(boot.vulkan.profile ?? '');
  assert.ok(offers?.extensions.includes('VK_KHR_timeline_semaphore'));
  assert.ok(offers?.features.includes('robustBufferAccess'));
  assert.equal(typeof offers?.limits.maxImageDimension2D, 'number');
});
