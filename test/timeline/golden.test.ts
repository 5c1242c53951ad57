// Consoles from the field, each with its golden reading. UPDATE_GOLDEN=1 writes them anew.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Profile } from '../../src/model/scenario.ts';
import type { Span, Timeline } from '../../src/model/timeline.ts';
import { readMarkedLog, renderMarkedLog } from '../../src/timeline/marked-log.ts';
import type { MarkerProfile } from '../../src/timeline/marker.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { banner, playedBoot } from './played.ts';

const folder = join(import.meta.dirname, '../fixtures/consoles');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.console'))
  .map((name) => name.replace('.console', ''));
const seconds = (ns: number): string => (ns / 1e9).toFixed(3);
const spanText = ({ startNs, endNs }: Span): string => `${seconds(startNs)}..${seconds(endNs)}`;

for (const name of names) {
  test(`the console ${name} is read as its golden file says`, () => {
    const bytes = readFileSync(join(folder, `${name}.console`));
    const markers = markerProfiles[/debian|fedora/.test(name) ? 'systemd' : 'alpine'] as MarkerProfile;
    const profile: Profile = /verbose|panic|initcalls|debian-13/.test(name) ? 'attribution' : 'timing';
    const failed = /emergency|panic/.test(name);
    const boot = playedBoot(bytes, { profile, ...(failed ? { probes: [] } : {}) });
    const text = `${timelineText(readTimeline({ boot, markers }))}\n${renderMarkedLog(readMarkedLog(bytes, markers, profile))}`;
    const golden = join(folder, `${name}.golden.txt`);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    assert.equal(text, readFileSync(golden, 'utf8'));
  });
}

test('a banner in the middle of the console cuts the timeline there and still adds up', () => {
  for (const name of names) {
    const bytes = readFileSync(join(folder, `${name}.console`));
    for (const atNs of [50_000_001, 700_000_007, 1_234_567_891]) {
      const boot = playedBoot(bytes, { profile: 'attribution', probes: [banner(atNs)] });
      for (const markers of Object.values(markerProfiles)) {
        const timeline = readTimeline({ boot, markers });
        assert.equal(timeline.endNs, atNs);
        assert.equal(
          timeline.phases.reduce((sum, phase) => sum + phase.durationNs, 0),
          atNs,
        );
      }
    }
  }
});

function timelineText(timeline: Timeline): string {
  const { phases, services, initcalls, marks, clockFit, complete, endNs } = timeline;
  return [
    `end ${seconds(endNs)} s, ${complete ? 'complete' : 'not complete'}`,
    ...phases.map(
      (phase) => `phase ${phase.name}: ${seconds(phase.durationNs)} = ${phase.spans.map(spanText).join(' + ')}`,
    ),
    ...services.map((service) => `service ${service.name}: ${spanText(service)} ${service.outcome}`),
    ...initcalls.map((call) => `initcall ${call.name}: ${spanText(call)} ${call.durationNs / 1000} us`),
    ...marks.map((mark) => `mark ${mark.name}: ${seconds(mark.atNs)}`),
    `clock fit: ${clockFit ? `${clockFit.lines} lines, offset ${seconds(clockFit.offsetNs)} s` : 'none'}`,
    '',
  ].join('\n');
}
