// A launcher written like the fork's around the reference kit, and the built-in launch of the same guest: one boot of each.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import test from 'node:test';
import { launcherWarnings } from '../../src/guest/launcher-notes.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readMarkedLog } from '../../src/timeline/marked-log.ts';
import { readyNs } from '../../src/timeline/read-timeline.ts';
import { commonPhases, launcherPair } from './launcher-pair.ts';

test("a launcher like the fork's goes through the same phases as the built-in launch and changes no original", async () => {
  await using pair = await launcherPair(AbortSignal.timeout(480_000));
  const before = await pair.digests();
  const kept = readdirSync(pair.tree, { recursive: true }).sort();
  const [launched, builtIn] = [await pair.boot('head', 1), await pair.boot('base', 1)];

  const markers = markerProfileOf(pair.scenario);
  for (const { boot, timeline } of [launched, builtIn]) {
    assert.deepEqual(boot.outcome, { kind: 'ready' });
    assert.ok(readyNs(boot) !== null && timeline.complete);
    assert.deepEqual(readMarkedLog(boot.console.bytes, markers, boot.profile).missing, []);
    assert.ok(
      boot.probes.some(({ probe, outcome }) => probe === 'login' && outcome === 'ok'),
      JSON.stringify(boot.probes.slice(-3)),
    );
  }
  const names = [...commonPhases(launched.timeline).keys()];
  assert.ok(names.length >= 5, names.join(' '));
  assert.deepEqual(names, [...commonPhases(builtIn.timeline).keys()]);
  assert.deepEqual(
    launched.timeline.services.map(({ name }) => name),
    builtIn.timeline.services.map(({ name }) => name),
  );
  // The whole tree of processes is accounted: nearly all of it is QEMU's.
  const cpuSeconds = (boot: typeof launched.boot): number => (boot.usage.at(-1)?.cpuNs ?? 0) / 1e9;
  assert.ok(cpuSeconds(launched.boot) > 0.3 * cpuSeconds(builtIn.boot), `${cpuSeconds(launched.boot)} CPU seconds`);

  assert.deepEqual(await pair.digests(), before);
  assert.deepEqual(readdirSync(pair.tree, { recursive: true }).sort(), kept);
  const codes = launcherWarnings(pair.plans.head, [launched.boot]).map(({ code }) => code);
  const isReachable = Object.values(networkInterfaces()).some((list) => list?.some(({ internal }) => !internal));
  assert.deepEqual(codes, [
    ...['launcher', 'launcher-tree', 'launcher-rewritten'],
    ...(isReachable ? ['launcher-open-port'] : []),
  ]);
});
