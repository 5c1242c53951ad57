import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { waitUntilQuiet } from '../../src/host/conditions.ts';
import { watchPower } from '../../src/host/power-watch.ts';
import { type HostView, thisHost } from '../../src/host/view.ts';

/** A Mac whose programs say what `says` says. */
async function onMac(work: (host: HostView, says: (program: string, text: string) => void) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-test-'));
  const says = (program: string, text: string): void =>
    writeFileSync(join(folder, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  try {
    await work({ ...thisHost({ PATH: folder }), os: 'macos' }, says);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const therm = (limit: number): string =>
  `case "$3$2" in therm) echo 'CPU_Speed_Limit \t= ${limit}' ;; batt) echo "Now drawing from 'AC Power'" ;; esac`;

test('a run that was throttled half way is marked with its boots', async () => {
  await onMac(async (host, says) => {
    const power = watchPower({ quietWaitMs: 0, progress: () => {}, signal: new AbortController().signal, host });
    await power.settle();
    for (const [boot, limit] of [100, 100, 70, 65, 100, 80].entries()) {
      says('pmset', therm(limit));
      await power.look(boot + 1);
    }
    assert.deepEqual(power.warnings(), [
      { code: 'during-throttled', text: 'the machine was throttled during boots 3 to 4, 6' },
    ]);
  });
});

test('Apple silicon tells its pressure by another program, and a key that it does not know is no pressure', async () => {
  await onMac(async (host, says) => {
    const power = watchPower({ quietWaitMs: 0, progress: () => {}, signal: new AbortController().signal, host });
    says('pmset', therm(100));
    for (const [boot, level] of [0, 1, 4, 9].entries()) {
      says('notifyutil', `[ "$*" = '-g com.apple.system.thermalpressurelevel' ] && echo "$2 ${level}"`);
      await power.look(boot + 1);
      await power.look(boot + 1);
    }
    assert.deepEqual(power.warnings(), [
      { code: 'during-throttled', text: 'the machine was throttled during boots 2 to 4' },
    ]);
  });
});

test('boots that macOS ran in the background are marked, and those in which its ps was slow', async () => {
  await onMac(async (host) => {
    const power = watchPower({ quietWaitMs: 0, progress: () => {}, signal: new AbortController().signal, host });
    const sample = { atNs: 1, cpuNs: 1, rssBytes: 1 };
    power.hear(1, [sample, { ...sample, priority: 31, tookNs: 40e6 }]);
    // Of two boots at the same time the second may end first.
    power.hear(3, [{ ...sample, priority: 4, tookNs: 3e9 }]);
    power.hear(2, [
      { ...sample, priority: 31 },
      { ...sample, priority: 4 },
    ]);
    assert.deepEqual(power.warnings(), [
      {
        code: 'during-background',
        text: 'macOS ran QEMU as background work (App Nap, a locked screen or a background job) during boots 2 to 3',
      },
      {
        code: 'during-slow-ps',
        text: 'ps took longer than a second, so that cpu-time may be missing, during boot 3',
      },
    ]);
  });
});

test('a wait for a quiet machine says a thing once, whatever its share is now', async () => {
  await onMac(async (host, says) => {
    const row = (name: string): string =>
      `77 1 77 31 2048 0:01.50 $((60 + $$ % 30)).0 Mon Nov 23 09:12:07 2026 /usr/bin/${name}`;
    says(
      'ps',
      `echo "${row('busy')}"; [ -e '${host.environment.PATH}/more' ] && echo "${row('other').replace('77', '78')}"`,
    );
    const heard: string[] = [];
    const onWait = (because: string): void => {
      heard.push(because.replaceAll(/\d+ %/g, 'N %'));
      if (heard.length === 1) says('more', '');
    };
    await waitUntilQuiet({ limitMs: 4500, host, onWait });
    assert.deepEqual(heard.toSorted(), ['busy N %', ...(heard.length > 1 ? [heard[1]] : [])].toSorted());
    assert.ok(heard.length <= 2 && (heard[1] ?? 'other').includes('other'), heard.join(' | '));
  });
});

test('a machine that does not become quiet is waited for up to the limit, and then said so', async () => {
  await onMac(async (host, says) => {
    says('ps', "echo '77 1 77 31 2048 0:01.50 93.0 Mon Nov 23 09:12:07 2026 /usr/bin/busy'");
    const notes: string[] = [];
    const progress = (event: { kind: string; text?: string }): void => void notes.push(event.text ?? '');
    const power = watchPower({ quietWaitMs: 1000, progress, signal: new AbortController().signal, host });
    await power.settle();
    assert.deepEqual(notes.at(0), 'waiting for a quiet machine: busy 93 %');
    assert.equal(power.warnings()[0]?.code, 'not-quiet');
    assert.match(power.warnings()[0]?.text ?? '', /did not become quiet within \d+ s: busy 93 %/);
  });
});

test('a quiet and cool Mac is not waited for, and Linux is not unless asked to', async () => {
  await onMac(async (host, says) => {
    says('ps', "echo '77 1 77 31 2048 0:01.50 3.0 Mon Nov 23 09:12:07 2026 /usr/bin/idle'");
    says('pmset', therm(100));
    const calm = watchPower({ progress: () => assert.fail(), signal: new AbortController().signal, host });
    await calm.settle();
    await calm.look(1);
    assert.deepEqual(calm.warnings(), []);
    says('ps', "echo '77 1 77 31 2048 0:01.50 93.0 Mon Nov 23 09:12:07 2026 /usr/bin/busy'");
    await watchPower({
      progress: () => assert.fail(),
      signal: AbortSignal.abort(),
      host: { ...host, os: 'linux' },
    }).settle();
  });
});

test('a job that is confined to efficiency cores is told so', async () => {
  await onMac(async (host, says) => {
    says('ps', 'case "$*" in *-p*) echo "77 1 77 4T 2048 0:01.50 0.1 Mon Nov 23 09:12:07 2026" ;; esac');
    const power = watchPower({ quietWaitMs: 0, progress: () => {}, signal: new AbortController().signal, host });
    await power.settle();
    assert.deepEqual(
      power.warnings().map(({ code }) => code),
      ['efficiency-cores'],
    );
  });
});
