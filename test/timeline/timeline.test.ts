// Phases, services and clock fit, where the golden consoles do not already say it.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Boot } from '../../src/model/boot.ts';
import { fitClock } from '../../src/timeline/clock-fit.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { createLiveMatcher } from '../../src/timeline/live.ts';
import { readMarkedLog } from '../../src/timeline/marked-log.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { banner, bytesOf, playedBoot, readEveryNs } from './played.ts';

const alpine = markerProfiles.alpine;
const read = (text: string, over: Partial<Boot> = {}, markers = alpine) =>
  readTimeline({ boot: playedBoot(bytesOf(text), over), markers });
const phaseNames = (text: string, over: Partial<Boot> = {}, markers = alpine) =>
  read(text, over, markers).phases.map((phase) => phase.name);
const services = (text: string) => read(text).services.map(({ name, outcome }) => `${name} ${outcome}`);

const openrc = '   OpenRC 0.56 is starting up Linux 6.12 (aarch64)\r\n';
const piece = fc.constantFrom(
  openrc,
  ' * Starting busybox mdev ... [ ok ]\r\n',
  ' * Scanning hardware for mdev ...',
  ' [ ok ]\r\n',
  ' [ !! ]\r\n',
  ' * Loading hardware drivers ...[    5.602596] [drm] x\r\n [ ok ]\r\n',
  ' * Starting networking ... *   lo ... [ ok ]\r\n *   eth0 ...',
  ' * Starting dropbear ...',
  '[    1.484069] Run /init as init process\r\n',
  '[    0.100000] x\r\n',
  '\r\n',
  'noise \u001b[1m',
);

test('phases tile the boot whatever the console says and whenever the banner comes', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 25 }),
      fc.integer({ min: 1, max: 4_000_000_000 }),
      fc.constantFrom('timing', 'attribution'),
      fc.constantFrom(...Object.values(markerProfiles)),
      (pieces, atNs, profile, markers) => {
        const { phases, endNs, services: list } = read(pieces.join(''), { profile, probes: [banner(atNs)] }, markers);
        const spans = phases.flatMap((phase) => phase.spans).toSorted((a, b) => a.startNs - b.startNs);
        assert.equal(endNs, atNs);
        assert.equal(
          phases.reduce((sum, phase) => sum + phase.durationNs, 0),
          atNs,
        );
        assert.equal(spans[0]?.startNs, 0);
        assert.equal(spans.at(-1)?.endNs, atNs);
        for (const [index, span] of spans.slice(1).entries()) assert.equal(span.startNs, spans[index]?.endNs);
        for (const service of list) assert.ok(service.startNs <= service.endNs && service.endNs <= atNs);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a phase begins at the first byte of its marker and ends at the last byte of its [ ok ]', () => {
  const text = `${openrc} * Scanning hardware for mdev ... [ ok ]\r\n * Loading hardware drivers ... [ ok ]\r\n`;
  const bytes = bytesOf(text);
  const at = (part: string, end: boolean): number => 1e9 + (text.indexOf(part) + (end ? part.length - 1 : 0)) * 1000;
  const reads = [...bytes].map((_, offset) => ({ offset, atNs: 1e9 + offset * 1000 }));
  const { phases } = read('', { console: { bytes, reads, droppedBytes: 0 }, probes: [banner(2e9)] });
  const driver = phases.find((phase) => phase.name === 'hwdrivers');
  const start = at(' * Loading', false);
  const whole = ' * Loading hardware drivers ... [ ok ]';
  assert.deepEqual(driver?.spans, [{ startNs: start, endNs: start + (whole.length - 1) * 1000 }]);
});

test('a boot that ended before the guest was let go is qemu-start alone', () => {
  const events = [
    { atNs: 5_000_000, name: 'spawned', detail: '' },
    { atNs: 9_000_000, name: 'exited', detail: '1' },
  ];
  const timeline = read('', { events, probes: [] });
  assert.deepEqual(timeline.phases, [
    { name: 'qemu-start', spans: [{ startNs: 0, endNs: 9_000_000 }], durationNs: 9_000_000 },
  ]);
  assert.deepEqual([timeline.complete, timeline.endNs], [false, 9_000_000]);
});

test('a launcher without QMP has no qemu-start that takes time', () => {
  const timeline = read(openrc, { events: [{ atNs: 1, name: 'spawned', detail: '' }], probes: [banner(1e9)] });
  assert.deepEqual(
    timeline.phases.map((phase) => phase.name),
    ['before-openrc', 'openrc'],
  );
});

test('a boot of which nothing is known has an empty timeline that still adds up', () => {
  const timeline = read('', { events: [], probes: [] });
  assert.deepEqual([timeline.endNs, timeline.phases.reduce((sum, phase) => sum + phase.durationNs, 0)], [0, 0]);
});

test('a kernel is a phase in the attribution profile only, an initramfs in both', () => {
  const text = `[    0.0] x\r\n[    0.000000] Booting Linux on physical CPU 0x0\r\n[    1.484069] Run /init as init process\r\n${openrc}`;
  assert.deepEqual(phaseNames(text), ['qemu-start', 'before-openrc', 'initramfs', 'openrc']);
  assert.deepEqual(phaseNames(text, { profile: 'attribution' }), [
    'qemu-start',
    'firmware',
    'kernel',
    'initramfs',
    'openrc',
  ]);
});

test('firmware, boot loader, EFI stub and decompression are phases wherever they speak, and a quiet kernel is none of them', () => {
  const grub =
    'UEFI firmware (version 2024)\r\nBdsDxe: starting Boot0001\r\nWelcome to GRUB!\r\nLoading Linux 6.12 ...\r\n';
  const stub = 'EFI stub: Booting Linux Kernel...\r\nEFI stub: Exiting boot services...\r\n';
  const names = ['qemu-start', 'firmware', 'boot-loader', 'efi-stub', 'before-openrc', 'openrc'];
  assert.deepEqual(phaseNames(`${grub}Loading initial ramdisk ...\r\n${stub}${openrc}`), [
    ...['qemu-start', 'firmware', 'boot-loader', 'before-openrc', 'efi-stub', 'openrc'],
  ]);
  assert.deepEqual(phaseNames(`${grub}${stub}${openrc}`), names);
  const uBoot = 'U-Boot 2024.01 (Jan 01)\r\nHit any key to stop autoboot:  0\r\n';
  const packed = 'Uncompressing Linux... done, booting the kernel.\r\n';
  const packedNames = ['qemu-start', 'firmware', 'boot-loader', 'decompression', 'before-openrc', 'openrc'];
  assert.deepEqual(phaseNames(`${uBoot}${packed}${openrc}`), packedNames);
  const verbose = phaseNames(`${grub}${stub}[    0.000000] Linux version 6.12\r\n${openrc}`, {
    profile: 'attribution',
  });
  assert.deepEqual(verbose, ['qemu-start', 'firmware', 'boot-loader', 'efi-stub', 'kernel', 'openrc']);
});

test('what speaks before the kernel later on is no phase of it any more', () => {
  assert.deepEqual(phaseNames(`${openrc} * Starting x ... [ ok ]\r\nBdsDxe: starting Boot0001\r\n`), [
    ...['qemu-start', 'before-openrc', 'openrc'],
  ]);
});

test('the scan of mdev ends with its service in releases that do not say that they scan', () => {
  const mdev = ' * Starting busybox mdev ... [ ok ]\r\n';
  const later = ' * Setting hostname ... [ ok ]\r\n * Starting x ... [ ok ]\r\n';
  const phaseNs = (text: string): number | undefined =>
    readTimeline({ boot: playedBoot(bytesOf(openrc + text)), markers: alpine }).phases.find(
      ({ name }) => name === 'mdev',
    )?.durationNs;
  assert.equal(phaseNs(`${mdev}${later}`), readEveryNs);
  assert.equal(phaseNs(`${mdev} * Scanning hardware for mdev ... [ ok ]\r\n${later}`), 3 * readEveryNs);
  assert.equal(phaseNs(mdev), readEveryNs);
});

test('the profile that fits a console is chosen by what it shows, live as afterwards', () => {
  const systemd = '         Starting ssh.service - OpenBSD Secure Shell server...\r\n';
  const consoles: Readonly<Record<string, string>> = {
    alpine: openrc,
    openrc: `${openrc} * Starting udev ... [ ok ]\r\n`,
    systemd: `\u001b[0m[\u001b[0;32m  OK  \u001b[0m] Started systemd-journald.service - Journal Service.\r\n${systemd}`,
    generic: 'Starting syslogd: OK\r\nStarting dropbear sshd: OK\r\n',
  };
  const auto = markerProfiles.auto;
  for (const [name, text] of Object.entries(consoles)) {
    const boot = playedBoot(bytesOf(text));
    const timeline = readTimeline({ boot, markers: auto });
    assert.equal(timeline.chosenMarkers, name);
    const { chosenMarkers: _, ...read } = timeline;
    assert.deepEqual(read, readTimeline({ boot, markers: markerProfileOf({ markers: name }) }));
  }
  const matcher = createLiveMatcher(auto, 'timing');
  for (const byte of bytesOf(consoles.systemd ?? '')) matcher.feed(new Uint8Array([byte]), 10);
  assert.equal(matcher.phase(), 'ssh');
});

test('a console that shows no init system is read as Alpine', () => {
  const timeline = readTimeline({
    boot: playedBoot(bytesOf('hello\r\n')),
    markers: markerProfiles.auto,
  });
  assert.equal(timeline.chosenMarkers, 'alpine');
  assert.equal(timeline.phases.at(-1)?.name, 'before-openrc');
});

test('a service without [ ok ] of its own ends with the last thing inside it', () => {
  assert.deepEqual(
    services(
      `${openrc} * Starting networking ... *   lo ... [ ok ]\r\n *   eth0 ... [ !! ]\r\n * Setting hostname ... [ ok ]\r\n`,
    ),
    ['networking ok', 'networking/lo ok', 'networking/eth0 failed', 'hostname ok'],
  );
});

test('a service that never ends is unfinished, and the one behind it keeps its own end', () => {
  assert.deepEqual(
    services(
      `${openrc} * Starting crond ...\r\n * Setting hostname ... [ ok ]\r\n * Configuring kernel parameters ... [ ok ]\r\n`,
    ),
    ['crond unfinished', 'hostname ok', 'sysctl ok'],
  );
  assert.deepEqual(services(`${openrc} * Starting crond ...`), ['crond unfinished']);
});

test('a nested service on one level ends with the second [ ok ]', () => {
  assert.deepEqual(services(`${openrc} * Starting crond ... * Setting hostname ... [ ok ]\r\n [ ok ]\r\n`), [
    'crond ok',
    'hostname ok',
  ]);
});

test('thousands of services that never end cost neither time nor truth', () => {
  const list = read(`${openrc}${' * Starting x ...'.repeat(5000)}`).services;
  assert.ok(list.length <= 64);
});

test('initramfs steps are services of their own', () => {
  assert.deepEqual(services(' * Loading boot drivers: ok.\r\n * Mounting root: [    1.9] no\r\nfailed.\r\n'), [
    'initramfs: Loading boot drivers ok',
  ]);
  assert.deepEqual(services(' * Mounting root: [    1.979785] EXT4-fs (vda): mounted\r\nfailed.\r\n'), [
    'initramfs: Mounting root failed',
  ]);
});

test('markers that never came are named, optional and verbose ones are not', () => {
  const { missing } = readMarkedLog(bytesOf(openrc), alpine, 'timing');
  assert.deepEqual(missing, ['mdev', 'hwdrivers', 'networking', 'sshd', 'login-prompt']);
});

test('custom markers make phases in the order in which they are written', () => {
  const markers = markerProfileOf({
    markers: 'mine',
    customMarkers: {
      services: 'none',
      markers: [
        { name: 'loader', kind: 'starts', pattern: 'U-Boot' },
        { name: 'work', kind: 'starts', pattern: 'work begins' },
        { name: 'work', kind: 'ends', pattern: 'work done' },
        { name: 'late', kind: 'starts', pattern: 'late' },
      ],
    },
  });
  const text = 'U-Boot 2026\r\nwork begins\r\nwork done\r\nlate\r\nU-Boot again\r\n';
  assert.deepEqual(phaseNames(text, {}, markers), ['qemu-start', 'before-markers', 'loader', 'work', 'late']);
});

test('a marker profile that cannot be used is refused with its name', () => {
  const custom = (pattern: string) => () =>
    markerProfileOf({
      markers: 'mine',
      customMarkers: { services: 'none', markers: [{ name: 'm', kind: 'mark', pattern }] },
    });
  assert.throws(() => markerProfileOf({ markers: 'alpin' }), /no marker profile is called alpin/);
  assert.throws(() => markerProfileOf({ markers: 'constructor' }), /no marker profile/);
  for (const pattern of ['(', 'a(?!b)', '(x)\\1', '', 'x'.repeat(301)])
    assert.throws(custom(pattern), /marker profile mine, marker m/, pattern);
  assert.doesNotThrow(custom('login: ?$'));
});

test('the clock fit finds offset and drift under one-sided delays', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: -200, max: 200 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 60, maxLength: 120 }),
      (offsetMs, ppm, delays) => {
        const points = delays.map((delayMs, index) => {
          const kernelNs = (index + 1) * 1e9;
          return {
            kernelNs,
            hostNs: offsetMs * 1e6 + kernelNs * (1 + ppm / 1e6) + (index % 5 === 0 ? 0 : delayMs * 1e6),
          };
        });
        const fit = fitClock(points);
        assert.ok(fit);
        assert.ok(Math.abs(fit.driftPpm - ppm) < 0.01, `drift ${fit.driftPpm}`);
        assert.ok(Math.abs(fit.offsetNs - offsetMs * 1e6) < 1000, `offset ${fit.offsetNs}`);
      },
    ),
  );
});

test('the clock fit says how long the kernel ran in silence before its first line arrived', () => {
  const points = Array.from({ length: 40 }, (_, index) => ({
    kernelNs: index < 20 ? 1e6 * (index + 1) : 51.2e9 + index * 1e8,
    hostNs: index < 20 ? 0.8e9 + 51.2e9 : 0.8e9 + 51.2e9 + index * 1e8,
  }));
  const fit = fitClock(points);
  assert.equal(Math.round((fit?.silentNs ?? 0) / 1e6), 51_200);
  assert.equal(Math.round((fit?.offsetNs ?? 0) / 1e6), 800);
});

test('one line with a false time does not bend the clock fit, and a few lines are no fit', () => {
  const points = Array.from({ length: 30 }, (_, index) => ({
    kernelNs: (index + 1) * 1e8,
    hostNs: 2e9 + (index + 1) * 1e8,
  }));
  const bent = points
    .toSpliced(10, 0, { kernelNs: 2.9e9, hostNs: 3.05e9 })
    .toSpliced(20, 0, { kernelNs: 1, hostNs: 4e9 });
  assert.equal(fitClock(bent)?.offsetNs, 2e9);
  assert.equal(fitClock(points.slice(0, 7)), null);
});
