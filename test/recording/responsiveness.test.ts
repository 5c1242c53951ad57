// What a ready guest is asked is no part of its boot, and fails none: a played QEMU, and in place of OpenSSH's client a script that runs
// commands here.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { Boot } from '../../src/model/boot.ts';
import { outcomeText } from '../../src/model/outcome-text.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import type { MarkerProfile } from '../../src/timeline/marker.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { exampleScenario } from '../examples/run.ts';
import { planFor, playerEmulator } from '../fixtures/qemu-player-script.ts';
import { venus } from '../probe/vulkan-outputs.ts';

/** `again` is what the client does at the second login; `answers` are shell text for what is not run here. Moments are of the system's monotonic clock, since the spawn. */
async function boot(
  again: string,
  changes: Partial<Scenario> = {},
  answers = '',
): Promise<{ boot: Boot; loginsNs: number[] }> {
  await using folder = await temporaryFolder('bootgauge-test-');
  const logins = join(folder.path, 'logins');
  const client = `#!/bin/sh
for last; do :; done
case "$*" in *ControlMaster=yes*)
  cut -d " " -f 1 /proc/uptime >> ${logins}
  [ "$(wc -l < ${logins})" -eq 1 ] || { ${again}; }
esac
here=${folder.path}
${answers}
# The guest's /tmp goes away with this folder.
exec sh -c "$(printf '%s' "$last" | sed 's#in /tmp /run#in ${folder.path} /run#')"
`;
  await writeFile(join(folder.path, 'ssh'), client);
  await chmod(join(folder.path, 'ssh'), 0o755);
  const usual = process.env.PATH ?? '';
  process.env.PATH = `${folder.path}${delimiter}${usual}`;
  let zeroNs = 0;
  try {
    const emulator = await playerEmulator(folder.path, { console: [], ssh: { bannerAtMs: 50 } });
    const booted = await bootOnce({
      plan: planFor(emulator, {
        architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
        ssh: { user: 'root', privateKeyPath: '/nonexistent/key', hostKey: null },
      }),
      scenario: { ...exampleScenario, responsiveness: { withinMs: 1500 }, ...changes },
      markers: markerProfiles.alpine as MarkerProfile,
      slot: { side: 'head', round: 1, warmup: false },
      number: 1,
      onPhase: () => {},
      onLaunch: ({ clockZeroNs, pid }) => {
        zeroNs = clockZeroNs;
        writeFileSync(join(folder.path, 'pid'), `${pid}`);
      },
      signal: AbortSignal.timeout(60_000),
    });
    const times = (await readFile(logins, 'utf8')).trim().split('\n');
    return { boot: booted, loginsNs: times.map((seconds) => Number(seconds) * 1e9 - zeroNs) };
  } finally {
    process.env.PATH = usual;
  }
}

const skip = process.platform === 'linux' ? false : 'needs /proc';

test('a boot has ended in all its facts before its guest is asked, and is ready when time runs out', {
  skip,
}, async () => {
  const { boot: one, loginsNs } = await boot(':');
  assert.deepEqual(one.outcome, { kind: 'ready' });
  // Idleness alone takes longer than there is time.
  assert.equal(one.responsiveness?.missing['idle-round-trip'], 'there was no time left for it');
  assert.equal(loginsNs.length, 2);
  const stamps = [...one.usage, ...one.events, ...one.probes, ...one.console.reads].map(({ atNs }) => atNs);
  // /proc/uptime counts in steps of 10 ms.
  assert.ok(Math.max(...stamps) <= (loginsNs[1] ?? 0) + 20e6, `${Math.max(...stamps)} ${loginsNs[1]}`);
});

test('a guest that lets nobody in again was ready all the same', { skip }, async () => {
  const { boot: one } = await boot('echo "root@127.0.0.1: Permission denied (publickey)." >&2; exit 255');
  assert.deepEqual(one.outcome, { kind: 'ready' });
  assert.deepEqual(
    [...new Set(Object.values(one.responsiveness?.missing ?? {}))],
    ['nobody could log in again: root@127.0.0.1: Permission denied (publickey).'],
  );
  assert.deepEqual(one.responsiveness?.samples, {});
});

test('a probe in whose middle the time of a boot ends has failed by its name: the guest has not hung', {
  skip,
}, async () => {
  const probe = (run: string, name = 'app') => ({ ...{ name, run }, expect: null, timeoutMs: 60_000, metric: null });
  const limits = { deadlines: { totalMs: 3000, phasesMs: {} }, autopsy: false as const };
  const { boot: silent } = await boot(':', { ...limits, probes: [probe('true', 'first'), probe('exec sleep 60')] });
  const detail = 'timeout: no end within the 3 s of the whole boot';
  assert.deepEqual(silent.outcome, { kind: 'failed', probe: 'app', detail });
  const { boot: other } = await boot(':', { ...limits, probes: [probe('exit 3')] });
  assert.equal(other.outcome.kind === 'failed' && other.outcome.detail, `${detail}; last exit: exit status 3; `);
});

/** A guest with Venus up to its first computation; `more` answers what is asked else. */
const withVenus = (more: string): string => `
case "$last" in
  *renderD128*) exit 0 ;;
  ${more}
  *vulkaninfo*) cat <<'END'
${venus}
END
    exit 0 ;;
  *'"$program" '*) cat > /dev/null; echo 'driver 22'; echo '1 verified'; exit 0 ;;
esac`;
const machine = { ...exampleScenario.head.machine, gpu: 'venus' as const };
const limits = { head: { ...exampleScenario.head, machine }, autopsy: false as const };

test('the drawing in whose middle QEMU dies is named, whether SSH ends before its end is seen or after', {
  skip,
}, async () => {
  for (const after of ['exit 255', 'sleep 60']) {
    const dies = `*'"$program" triangle '*) cat > /dev/null; kill -9 $(cat $here/pid); ${after} ;;`;
    const { boot: one } = await boot(':', { ...limits, draw: true }, withVenus(dies));
    const { outcome, vulkan, probes } = one;
    assert.deepEqual(outcome, { kind: 'exited', code: null, signal: 'SIGKILL', during: 'the drawing triangle' });
    assert.match(
      outcomeText(outcome),
      /^QEMU was killed by SIGKILL before the guest was ready, during the drawing triangle$/,
    );
    assert.deepEqual(
      vulkan?.drawings?.map(({ name, outcome: how, detail }) => [name, how, detail]),
      [['triangle', 'failed', 'QEMU ended in the middle of it']],
    );
    assert.equal(probes.findLast(({ probe }) => probe === 'drawing:triangle')?.outcome, 'failed');
  }
});

test("a driver's profile that does not come within the boot's time costs the profile, and not the boot", {
  skip,
}, async () => {
  const sampling = { ...exampleScenario.sampling, warmup: 0 };
  const silent = `*'vulkaninfo --json'*) sleep 60 ;;`;
  const deadlines = { totalMs: 12_000, phasesMs: {} };
  const { boot: one } = await boot(':', { ...limits, sampling, deadlines }, withVenus(silent));
  assert.deepEqual(one.outcome, { kind: 'ready' });
  assert.deepEqual([one.vulkan?.dispatch?.outcome, one.vulkan?.profile], ['ok', null]);
});
