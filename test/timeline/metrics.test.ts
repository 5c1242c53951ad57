// From a boot to numbers, each with its resolution; a failed boot has nulls and never numbers.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Boot } from '../../src/model/boot.ts';
import type { MarkerProfile } from '../../src/timeline/marker.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { measureBoot } from '../../src/timeline/metrics.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { bytesOf, playedBoot } from './played.ts';

const markers = markerProfiles.alpine as MarkerProfile;
const text =
  '   OpenRC 0.56 is starting up\r\n * Starting busybox mdev ... [ ok ]\r\n * Scanning hardware for mdev ... [ ok ]\r\n * Starting dropbear ...';
const probes: Boot['probes'] = [
  { atNs: 1e9, probe: 'ssh-banner', outcome: 'timeout', detail: '', startedNs: 0.9e9 },
  { atNs: 2.0e9, probe: 'ssh-banner', outcome: 'banner', detail: 'SSH-2.0-dropbear', startedNs: 1.98e9 },
  { atNs: 2.2e9, probe: 'login', outcome: 'denied', detail: '', startedNs: 2.1e9 },
  { atNs: 2.5e9, probe: 'login', outcome: 'ok', detail: '', startedNs: 2.3e9 },
  { atNs: 3.0e9, probe: 'time-to-vulkan', outcome: 'ok', detail: '', startedNs: 2.6e9 },
];
const usage = [
  { atNs: 1.9e9, cpuNs: 1.5e9, rssBytes: 300 * 2 ** 20 },
  { atNs: 2.0e9, cpuNs: 1.6e9, rssBytes: 310 * 2 ** 20 },
  { atNs: 2.4e9, cpuNs: 2.2e9, rssBytes: 350 * 2 ** 20 },
];
const measure = (boot: Boot, probeMetrics: readonly string[] = []) =>
  measureBoot({ boot, timeline: readTimeline({ boot, markers }), probeMetrics });

test('a ready boot has its times in ms, with the period of the probe as resolution', () => {
  const values = measure(playedBoot(bytesOf(text), { probes, usage }), ['time-to-vulkan']);
  assert.deepEqual(values['time-to-ssh'], { value: 2000, resolution: 20 });
  assert.deepEqual(values['time-to-login'], { value: 2500, resolution: 200 });
  assert.deepEqual(values['time-to-vulkan'], { value: 3000, resolution: 400 });
  assert.deepEqual(values['cpu-time'], { value: 1600, resolution: 10 });
  assert.deepEqual(values['peak-rss'], { value: 350, resolution: 0 });
});

test('phases add up to time-to-ssh, and the steps of a service to the service', () => {
  const values = measure(playedBoot(bytesOf(text), { probes, usage }));
  const phases = Object.entries(values).filter(([name]) => name.startsWith('phase:'));
  assert.equal(Math.round(phases.reduce((sum, [, { value }]) => sum + (value ?? 0) * 1e6, 0)), 2e9);
  assert.equal(values['service:mdev']?.value, 100);
  assert.ok('service:dropbear' in values);
});

test('a boot that failed has null for what it never reached', () => {
  const boot = playedBoot(bytesOf(text), {
    probes: probes.slice(0, 1),
    usage,
    outcome: { kind: 'hung', phase: 'sshd', deadlineMs: 1 },
  });
  const values = measure(boot, ['time-to-vulkan']);
  for (const [name, { value }] of Object.entries(values)) assert.equal(value, null, name);
  assert.ok('phase:mdev' in values && 'service:mdev' in values && 'time-to-vulkan' in values);
});

test('CPU figures that are late or missing leave a good boot without cpu-time, which is no failure', () => {
  const slow = usage.map((sample) => ({ ...sample, tookNs: 3e9 }));
  const late = [{ atNs: 4e9, cpuNs: 3e9, rssBytes: 2 ** 20 }];
  const missing = { value: null, resolution: 0, unknown: true };
  for (const [samples, peak] of [
    [slow, { value: 350, resolution: 0 }],
    [late, { value: 1, resolution: 0 }],
    [[], missing],
  ] as const) {
    const values = measure(playedBoot(bytesOf(text), { probes, usage: samples }));
    assert.deepEqual([values['cpu-time'], values['peak-rss']], [missing, peak]);
    assert.equal(values['time-to-login']?.value, 2500);
  }
  const quick = usage.map((sample) => ({ ...sample, tookNs: 40e6 }));
  const told = measure(playedBoot(bytesOf(text), { probes, usage: quick }))['cpu-time'];
  assert.deepEqual(told, { value: 1600, resolution: 40 });
});

test('a boot whose login failed keeps its time to the banner', () => {
  const values = measure(playedBoot(bytesOf(text), { probes: probes.slice(0, 3), usage: [] }));
  assert.equal(values['time-to-ssh']?.value, 2000);
  assert.equal(values['time-to-login']?.value, null);
  assert.equal(values['cpu-time']?.value, null);
});

test('vulkaninfo is how long it ran, and idle-cpu the CPU time per second of its window', () => {
  const asked: Boot['probes'] = [
    ...probes,
    { atNs: 3.0e9, probe: 'vulkaninfo', outcome: 'ok', detail: '', startedNs: 2.6e9 },
    { atNs: 35e9, probe: 'idle-cpu', outcome: 'ok', detail: '', startedNs: 15e9 },
  ];
  const idle = [
    { atNs: 15.01e9, cpuNs: 9e9, rssBytes: 1 },
    { atNs: 25e9, cpuNs: 9.7e9, rssBytes: 1 },
    { atNs: 35.01e9, cpuNs: 10.2e9, rssBytes: 1 },
  ];
  const values = measure(playedBoot(bytesOf(text), { probes: asked, usage: [...usage, ...idle] }), [
    'vulkaninfo',
    'idle-cpu',
  ]);
  assert.deepEqual(values.vulkaninfo, { value: 400, resolution: 0 });
  assert.deepEqual(values['idle-cpu'], { value: 60, resolution: 0.5 });
  const cut = measure(playedBoot(bytesOf(text), { probes: asked, usage: idle.slice(0, 1) }), ['idle-cpu']);
  assert.equal(cut['idle-cpu']?.value, null);
});

test('how late a program that works for a while may be does not count its own work', () => {
  const asked: Boot['probes'] = [
    { atNs: 4.0e9, probe: 'time-to-vulkan', outcome: 'ok', detail: '', startedNs: 2.0e9 },
    { atNs: 4.0e9, probe: 'vulkaninfo', outcome: 'ok', detail: '', startedNs: 3.0e9 },
    { atNs: 5.0e9, probe: 'time-to-first-dispatch', outcome: 'ok', detail: '', startedNs: 4.5e9 },
  ];
  const values = measure(playedBoot(bytesOf(text), { probes: asked, usage }), [
    'time-to-vulkan',
    'time-to-first-dispatch',
  ]);
  assert.deepEqual(values['time-to-vulkan'], { value: 4000, resolution: 1000 });
  assert.deepEqual(values['time-to-first-dispatch'], { value: 5000, resolution: 0 });
});

test('readiness after the login is a mark of the timeline', () => {
  const { marks } = readTimeline({ boot: playedBoot(bytesOf(text), { probes, usage }), markers });
  assert.deepEqual(
    marks.find(({ name }) => name === 'vulkan-ready'),
    { name: 'vulkan-ready', atNs: 3e9 },
  );
});
