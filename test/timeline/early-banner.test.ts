// A banner that comes before the guest has started its server is told: the emulator may have answered at the port by itself.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { analyze } from '../../src/analyze.ts';
import type { RecordedRun } from '../../src/model/run.ts';
import type { ReadBoot } from '../../src/model/timeline.ts';
import { readRun } from '../../src/store/run-folder.ts';
import { earlyBannerWarnings } from '../../src/timeline/early-banner.ts';

const booted = (side: 'head' | 'base', bannerMs: number, sshdMs: number | null, complete = true): ReadBoot =>
  ({
    boot: { side },
    timeline: {
      complete,
      endNs: bannerMs * 1e6,
      marks: sshdMs === null ? [] : [{ name: 'sshd', atNs: sshdMs * 1e6 }],
    },
  }) as unknown as ReadBoot;

test('boots whose banner came before the guest said that it starts its server are counted for each side, with the longest lead', () => {
  const warnings = earlyBannerWarnings([
    booted('head', 1000, 2400),
    booted('head', 1000, 3000),
    booted('head', 2000, 1900),
    booted('base', 2000, 1900),
  ]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]?.text ?? '', /^in 2 boots of head an SSH banner came before .* up to 2\.0 s before/);
});

test('a console that tells it a little late, no line of a server, and a boot without a banner are no reason', () => {
  assert.deepEqual(
    earlyBannerWarnings([booted('head', 1000, 1400), booted('head', 1000, null), booted('head', 1000, 3000, false)]),
    [],
  );
});

test('the report has the warning: the line of the server is read although the timeline ends with the banner', async () => {
  const run = await readRun(join(import.meta.dirname, '../fixtures/stored/run'));
  const moved = (run: RecordedRun, byNs: number): RecordedRun => ({
    ...run,
    scenarios: run.scenarios.map((recorded) => ({
      ...recorded,
      boots: recorded.boots.map((boot) => ({
        ...boot,
        probes: boot.probes.map((event) =>
          event.probe === 'ssh-banner' && event.outcome === 'banner'
            ? { ...event, atNs: Math.round(event.atNs / byNs), startedNs: 0 }
            : event,
        ),
      })),
    })),
  });
  const codes = (run: RecordedRun): readonly string[] =>
    analyze(run).scenarios.flatMap(({ warnings }) => warnings.map(({ code }) => code));
  assert.ok(!codes(run).includes('early-banner'));
  assert.ok(codes(moved(run, 4)).includes('early-banner'));
});
