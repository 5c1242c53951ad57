import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { planLauncher } from '../../src/guest/launcher.ts';
import { launcherWarnings } from '../../src/guest/launcher-notes.ts';
import { prepareSide } from '../../src/guest/prepare.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { Boot } from '../../src/model/boot.ts';
import { configFileName } from '../../src/model/file-names.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { Emulator } from '../../src/model/launch-plan.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';

/** Node as a QEMU that does what `script` says. */
const playing = (script: string): Emulator => ({
  ...{ origin: 'file', version: 'none', digest: '0'.repeat(64), environment: {} },
  program: process.execPath,
  leadingArguments: ['-e', script, '--'],
});

/** Boots once with a launcher that is this shell script. */
async function boot(
  script: string,
  yaml = '',
  { emulator = null, codes = [] }: { emulator?: Emulator | null; codes?: readonly string[] } = {},
): Promise<Boot> {
  await using folder = await temporaryFolder('bootgauge-test-');
  const file = join(folder.path, 'run.sh');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  const text = `version: 1
scenarios:
  mine:
    accel: tcg
    deadlines: {total: 5 s}
    guest: {kind: launcher, command: [./run.sh, "{port}"]${yaml}}
`;
  const config = parseConfig(text, { path: join(folder.path, configFileName), name: configFileName });
  const [scenario] = scenariosOf(config);
  assert.ok(scenario);
  const progress = (): void => {};
  const signal = new AbortController().signal;
  const guest = scenario.head.guest as LauncherGuest;
  const plan = await planLauncher({
    guest,
    accel: 'tcg',
    emulator,
    kit: { cache: folder.path, progress, signal },
  });
  const ended = await bootOnce({
    plan,
    scenario,
    markers: markerProfileOf(scenario),
    slot: { side: 'head', round: 1, warmup: false },
    number: 1,
    onPhase: () => {},
    signal,
  });
  assert.deepEqual(
    launcherWarnings(plan, [ended]).map(({ code }) => code),
    ['launcher', 'launcher-tree', ...codes],
  );
  return ended;
}

const server = (banner: string): string =>
  `'${process.execPath}' -e "require('node:net').createServer((s) => s.end('${banner}\\\\r\\\\n')).listen(process.argv[1], '127.0.0.1')" "$1"`;

test('without a key the banner alone makes a launched guest ready, and its console has phases', async () => {
  const { outcome, console, probes } = await boot(
    `echo; echo '   OpenRC 0.55.1 is starting up Linux 6.12.1 (aarch64)'; echo ' * Starting sshd ... [ ok ]'; exec ${server('SSH-2.0-launched')}`,
  );
  assert.deepEqual(outcome, { kind: 'ready' });
  assert.match(Buffer.from(console.bytes).toString(), /OpenRC/);
  assert.ok(probes.some((event) => event.outcome === 'banner'));
});

test('a launcher that ends before its guest speaks has failed, with any status', async () => {
  for (const status of [0, 3]) {
    const { outcome } = await boot(`echo checking images; echo 'missing: images/vmlinuz' >&2; exit ${status}`);
    assert.equal(outcome.kind === 'failed' && outcome.probe, 'launcher');
    assert.match(outcome.kind === 'failed' ? outcome.detail : '', new RegExp(`status ${status}.*: missing: images/`));
  }
  const mute = await boot(`echo 'no images'; exit 1`);
  assert.match(mute.outcome.kind === 'failed' ? mute.outcome.detail : '', /: no images$/);
});

test("a fork's own script that wants nothing of TCG ends with status 0, and is told by its own words", async () => {
  const script = join(import.meta.dirname, '../fixtures/launcher/scripts/run-fork.sh');
  const { outcome } = await boot(
    'exec bash "$FORK"',
    `, environment: {QEMU_ACCEL: tcg, FORK: ${JSON.stringify(script)}}`,
  );
  assert.deepEqual(outcome, {
    kind: 'failed',
    probe: 'launcher',
    detail: 'the launcher ended with status 0 before the guest said anything: Venus needs HVF: nothing to do with TCG',
  });
});

test('a launcher that ends after its guest spoke is a guest that exited', async () => {
  const { outcome } = await boot(`echo '   OpenRC 0.55.1 is starting up Linux 6.12.1 (aarch64)'; sleep 0.1; exit 1`);
  assert.deepEqual(outcome, { kind: 'exited', code: 1, signal: null });
});

test('a second kernel or a second OpenRC on one console is a reboot', async () => {
  const openrc = `echo '   OpenRC 0.55.1 is starting up Linux 6.12.1 (aarch64)'`;
  const quiet = await boot(`${openrc}; ${openrc}; sleep 60`);
  assert.equal(quiet.outcome.kind, 'rebooted');
  // No two kernels say a line at the same microsecond: that would be one log, printed twice.
  const kernel = (stamp: string): string =>
    `echo '[    0.000000] Linux version 6.12.1'; echo '[    ${stamp}] Run /init as init process'`;
  assert.equal((await boot(`${kernel('9.100000')}; ${kernel('9.100200')}; sleep 60`)).outcome.kind, 'rebooted');
  const replayed = `echo '[    0.000000] Linux version 6.12.1'; echo '[    1.100000] console enabled'; echo '[    0.000000] Linux version 6.12.1'`;
  assert.equal((await boot(`${replayed}; ${openrc}; exec ${server('SSH-2.0-x')}`)).outcome.kind, 'ready');
});

test('a guest that came up without the QEMU that was to be measured is a failed boot', async () => {
  const { outcome } = await boot(
    `echo '   OpenRC 0.55.1 is starting up Linux 6.12.1 (aarch64)'; exec ${server('SSH-2.0-launched')}`,
    ', binary: build/qemu',
  );
  assert.equal(outcome.kind === 'failed' && outcome.probe, 'launcher');
  assert.match(outcome.kind === 'failed' ? outcome.detail : '', /did not start the QEMU at build\/qemu/);
});

test('a launcher that ends and leaves its QEMU in the background is told to wait for it', async () => {
  const { outcome } = await boot(
    'build/qemu -S & while [ ! -e up ]; do sleep 0.05; done; exit 0',
    ', binary: build/qemu',
    {
      emulator: playing(`require('node:fs').writeFileSync('up', ''); setTimeout(() => {}, 60_000)`),
      codes: ['launcher-rewritten'],
    },
  );
  assert.match(
    outcome.kind === 'failed' ? outcome.detail : '',
    /status 0 before the guest said anything: .*; a script that leaves its QEMU in the background must wait for it, or start it with exec$/,
  );
});

test('an option that is added and that QEMU does not know is told by its own words', async () => {
  const complains = `const bad = process.argv.find((word) => word === '-nonsense');
    if (bad) { console.error('qemu-system-aarch64: ' + bad + ': invalid option'); process.exit(1); }`;
  const { outcome, events } = await boot(
    'exec build/qemu -M virt',
    ', binary: build/qemu, rewrite: {qemu-arguments: [-nonsense]}',
    { emulator: playing(complains), codes: ['launcher-rewritten'] },
  );
  assert.match(
    outcome.kind === 'failed' ? outcome.detail : '',
    /^the launcher ended with status 1 before .*: qemu-system-aarch64: -nonsense: invalid option$/,
  );
  assert.match(events.find(({ name }) => name === 'rewritten')?.detail ?? '', /-nonsense is added/);
});

test('a launcher that is to explain is warned of: nobody can make its kernel speak', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const text =
    'version: 1\nscenarios:\n  mine:\n    accel: tcg\n    guest: {kind: launcher, command: [sh, "{port}"]}\n';
  const [scenario] = scenariosOf(parseConfig(text, { path: join(folder.path, configFileName), name: configFileName }));
  assert.ok(scenario);
  const kit = { cache: folder.path, progress: () => {}, signal: new AbortController().signal };
  const prepare = { kit, remembered: { read: async () => null, write: async () => {} } };
  for (const [profile, codes] of [
    ['timing', ['launcher']],
    ['attribution', ['launcher', 'launcher-profile']],
  ] as const) {
    const plan = await prepareSide(scenario.head, profile, prepare);
    assert.deepEqual(
      launcherWarnings(plan, []).map(({ code }) => code),
      codes,
    );
  }
});

test('a launcher of a guest that never comes up is hung in its phase', async () => {
  const { outcome } = await boot(`echo '   OpenRC 0.55.1 is starting up Linux 6.12.1 (aarch64)'; sleep 60`);
  assert.deepEqual(outcome, { kind: 'hung', phase: 'openrc', deadlineMs: 5000 });
});
