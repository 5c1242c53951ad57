// The live matcher sees what the recorded timeline will say, as soon as it is on the console.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createLiveMatcher, type LiveEvent } from '../../src/timeline/live.ts';
import type { MarkerProfile } from '../../src/timeline/marker.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { bytesOf, playedBoot } from './played.ts';

const alpine = markerProfiles.alpine as MarkerProfile;
const folder = join(import.meta.dirname, '../fixtures/consoles');

function play(bytes: Uint8Array, size: number): { events: LiveEvent[]; matcher: ReturnType<typeof createLiveMatcher> } {
  const matcher = createLiveMatcher(alpine, 'timing');
  const events = matcher.guestStarted(1);
  for (let offset = 0; offset < bytes.length; offset += size) {
    events.push(...matcher.feed(bytes.subarray(offset, offset + size), 1000 + offset));
  }
  return { events, matcher };
}

const phasesOf = (events: readonly LiveEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'phase' ? [event.name] : []));

test('phases come in the order of the recorded timeline, whatever the size of the reads', () => {
  for (const name of readdirSync(folder).filter((file) => /^(?:alpine|reference).*\.console$/.test(file))) {
    const bytes = readFileSync(join(folder, name));
    const recorded = readTimeline({ boot: playedBoot(bytes), markers: alpine });
    for (const size of [1, 7, 64, 1 << 16]) {
      const seen = [...new Set(phasesOf(play(bytes, size).events))];
      const expected = recorded.phases.map((phase) => phase.name).filter((phase) => phase !== 'qemu-start');
      assert.deepEqual(seen, expected, `${name} in reads of ${size}`);
    }
  }
});

test('a phase is entered when its announcement is on the console, before its line has ended', () => {
  const matcher = createLiveMatcher(alpine, 'timing');
  matcher.feed(bytesOf('   OpenRC 0.56 is starting up Linux 6.12 (aarch64)\r\n'), 10);
  assert.deepEqual(matcher.feed(bytesOf(' * Loading hardware drivers'), 20), []);
  assert.deepEqual(phasesOf(matcher.feed(bytesOf(' ...'), 30)), ['hwdrivers']);
  assert.equal(matcher.phase(), 'hwdrivers');
  assert.deepEqual(phasesOf(matcher.feed(bytesOf(' [ ok ]'), 40)), ['openrc']);
  assert.deepEqual(matcher.feed(bytesOf('\r\n'), 50), []);
});

test('the first console byte says that the guest runs', () => {
  const matcher = createLiveMatcher(alpine, 'timing');
  assert.equal(matcher.phase(), 'qemu-start');
  assert.deepEqual(matcher.feed(bytesOf('x'), 10), [{ kind: 'phase', name: 'before-openrc', atNs: 10 }]);
});

test('the login prompt counts without a newline', () => {
  const { events } = play(bytesOf('\r\nWelcome to Alpine Linux 3.22\r\n\r\nlocalhost login: '), 5);
  assert.ok(events.some((event) => event.kind === 'mark' && event.name === 'login-prompt'));
});

test('panics and emergency shells are told once', () => {
  const said: Readonly<Record<string, string>> = {
    '[    1.3] Kernel panic - not syncing: VFS\r\n[    1.4] ---[ end Kernel panic - not syncing: VFS ]---\r\n':
      '[    1.3] Kernel panic - not syncing: VFS',
    'Launching initramfs emergency recovery shell. Type exit\r\n':
      'Launching initramfs emergency recovery shell. Type exit',
    'You are in emergency mode. After logging in\r\nGive root password for maintenance\r\n':
      'You are in emergency mode. After logging in',
  };
  for (const [text, line] of Object.entries(said)) {
    const { events, matcher } = play(bytesOf(text), 3);
    assert.equal(matcher.panic(), line);
    assert.equal(events.filter((event) => event.kind === 'failed').length, 1);
  }
  assert.equal(play(bytesOf(' * Starting panic ... [ ok ]\r\n'), 3).matcher.panic(), null);
});

test('megabytes without a newline pass through', () => {
  const { matcher } = play(new Uint8Array(20 << 20).fill(0x61), 1 << 16);
  assert.equal(matcher.phase(), 'before-openrc');
  matcher.feed(bytesOf('\r\n   OpenRC 0.56 is starting up Linux\r\n'), 1e12);
  assert.equal(matcher.phase(), 'openrc');
});
