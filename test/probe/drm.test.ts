// When the render node was there.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ProbeEvent } from '../../src/model/boot.ts';
import { drmProbe, nodeAgeNs, watchDrm } from '../../src/probe/drm.ts';
import { result } from './vulkan-outputs.ts';

test('the render node probe is a shell test without a process of its own', () => {
  assert.equal(drmProbe(1000).run, 'test -c /dev/dri/renderD128 && : <> /dev/dri/renderD128');
  assert.equal(drmProbe(1000).metric, 'time-to-drm');
});

test('the age of the render node is the distance of two stamps, and nothing else counts as one', () => {
  const stamps = '2026-11-22 23:50:37.250000000 +0000\n2026-11-22 23:50:30.000000000 +0000\n';
  assert.equal(nodeAgeNs(stamps), 7.25e9);
  assert.equal(nodeAgeNs('2026-11-23 01:50:37.250000000 +0200\n2026-11-22 23:50:30.000000000 +0000\n'), 7.25e9);
  for (const text of [
    '',
    'stat: not found',
    '2026-11-22 23:50:37\n',
    stamps.split('\n').reverse().join('\n'),
    stamps + stamps,
  ]) {
    assert.equal(nodeAgeNs(text), null, text);
  }
});

test('a render node that was made before the login counts from then, one whose age is unknown from when it was found', async () => {
  const made = async (stat: string): Promise<ProbeEvent | undefined> => {
    const events: ProbeEvent[] = [];
    const failed = await watchDrm(
      {
        session: {
          run: async (command) =>
            command.includes('stat ')
              ? result({ stdout: stat, startedNs: 9.0e9, endedNs: 9.1e9 })
              : result({ startedNs: 8.8e9, endedNs: 8.9e9 }),
        },
        nowNs: () => 8.9e9,
        pause: async () => {},
        onEvent: (event) => events.push(event),
        signal: new AbortController().signal,
      },
      10_000,
    );
    assert.equal(failed, null);
    assert.equal(events.length, 1);
    return events[0];
  };
  const told = await made('2026-11-22 23:50:37.000000000 +0000\n2026-11-22 23:50:32.000000000 +0000\n');
  assert.deepEqual([told?.atNs, told?.startedNs], [4.1e9, 4.0e9]);
  const jumped = await made('2026-11-22 23:50:37.000000000 +0000\n1970-01-01 00:00:05.000000000 +0000\n');
  assert.deepEqual([jumped?.atNs, jumped?.startedNs], [8.9e9, 8.8e9]);
});
