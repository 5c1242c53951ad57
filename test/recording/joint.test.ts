// Both sides of a pair at the same time: only where there is room, only where boots have shown it to be harmless, never mixed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyzeInFull, seriesOf } from '../../src/analyze.ts';
import { acceptAsBaseline, comparedWith } from '../../src/measure/sessions.ts';
import type { LauncherLaunchPlan, LaunchPlan, QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { ProgressEvent } from '../../src/model/progress.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import type { ReadBoot } from '../../src/model/timeline.ts';
import { jointRounds } from '../../src/recording/joint.ts';
import { mergeRuns } from '../../src/runs/merge.ts';
import { disturbance } from '../../src/stats/disturbance.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { exampleBoot, exampleConditions, exampleRecordedScenario, exampleRun } from '../examples/run.ts';
import { pairScenario, recordPairs } from './pairs.ts';

const goOn = () => ({ decision: 'go-on', because: '' }) as const;
const sampling = { ...pairScenario.sampling, boots: 3, maxBoots: 4 };
const scenario: Scenario = { ...pairScenario, sampling };

/** A machine that remembers what it is told under whatever key. */
function memory(text: string | null = '[]') {
  const kept = { text };
  const remembered = {
    read: async () => kept.text,
    write: async (_key: string, value: string) => {
      kept.text = value;
    },
  };
  return { kept, remembered };
}

/** One block in which company adds a share to each side's boots; noise of half a per cent. */
function block(adds: { readonly head: number; readonly base: number }, seed: number, cv = 0.005, at = new Date()) {
  const normal = normalFrom(randomFrom(seed));
  const times = (share: number) => {
    const boots = () => [1, 2].map(() => 9000 * Math.exp(cv * normal()));
    return { alone: boots(), together: boots().map((ms) => ms * (1 + share)) };
  };
  return { at: at.toISOString(), head: times(adds.head), base: times(adds.base) };
}
const harmless = JSON.stringify([1, 2, 3].map((seed) => block({ head: 0, base: 0 }, seed)));

test('where company is known to disturb neither side, both of a pair boot at once, with ports and numbers of their own', async () => {
  const events: ProgressEvent[] = [];
  const { remembered } = memory(harmless);
  const progress = (event: ProgressEvent): void => void events.push(event);
  const { run, read } = await recordPairs({
    ...{ progress, stopRule: goOn, scenarios: [scenario], joint: { cores: 8, remembered } },
  });
  const [recorded] = run.scenarios;
  assert.equal(recorded?.parallel?.judged, 'joint');
  const measured = recorded.boots.filter(({ warmup }) => !warmup);
  assert.equal(measured.length, 8);
  assert.ok(measured.every(({ joint }) => joint === true));
  assert.ok(recorded.boots.filter(({ warmup }) => warmup).every(({ joint }) => joint === undefined));
  assert.deepEqual(
    recorded.boots.map(({ number }) => number),
    Array.from({ length: 10 }, (_, index) => index + 1),
  );
  const kinds = events.flatMap((event) =>
    event.kind === 'boot-started' || event.kind === 'boot-ended' ? [event.kind.slice(5)] : [],
  );
  const alone = ['started', 'ended', 'started', 'ended'];
  assert.deepEqual(kinds, [
    ...alone,
    ...Array.from({ length: 4 }, () => ['started', 'started', 'ended', 'ended']).flat(),
  ]);
  for (const round of [1, 2, 3, 4]) {
    const ports = measured
      .filter((boot) => boot.round === round)
      .map(({ command }) => /127\.0\.0\.1:(\d+)/.exec(command.join(' '))?.[1]);
    assert.equal(new Set(ports).size, 2, ports.join());
  }
  const { report } = analyzeInFull(run, read);
  const [judged] = report.scenarios;
  assert.equal(judged?.comparisons[0]?.head.count, 4);
  assert.match(
    judged.warnings.find(({ code }) => code === 'joint-boots')?.text ?? '',
    /^both sides of a pair booted at the same time: /,
  );
});

test('a cache that knows nothing of the machine is tried first: where it does not last, no pair is spent on what nobody would remember', async () => {
  const { kept, remembered } = memory(null);
  const first = await rounds({ remembered });
  assert.deepEqual([first.calibrating, first.setAside(warmUps()), first.isJoint(1, warmUps())], [0, 0, false]);
  assert.match(first.judged(warmUps())?.because ?? '', /^nothing is remembered of this machine; if its cache lasts/);
  assert.equal(kept.text, '[]');
  assert.equal((await rounds({ remembered })).calibrating, 4);
  assert.equal((await rounds(memory(null))).calibrating, 0);
});

test('a machine that has learned nothing yet takes two pairs of each kind first, keeps what they show, and judges one kind only', async () => {
  const { kept, remembered } = memory();
  const before = { run: 'before', digests: { head: '', base: '' }, joint: true as const, head: [], base: [] };
  const { run, read } = await recordPairs({
    ...{
      progress: () => {},
      earlier: async () => [before],
      stopRule: goOn,
      scenarios: [scenario],
      joint: { cores: 8, remembered },
    },
  });
  const [recorded] = run.scenarios;
  const kinds = [1, 2, 3, 4].map((round) =>
    recorded?.boots.filter((boot) => boot.round === round).every(({ joint }) => joint === true),
  );
  assert.ok(['true,false,false,true', 'false,true,true,false'].includes(kinds.join()), kinds.join());
  const [found] = JSON.parse(kept.text ?? '') as [ReturnType<typeof block>];
  assert.deepEqual([found.head.alone.length, found.base.together.length], [2, 2]);
  const { report } = analyzeInFull(run, read);
  // As many as were asked for: the pairs of the other kind come on top.
  assert.equal(report.scenarios[0]?.comparisons[0]?.head.count, 4);
  assert.equal(Math.max(...(recorded?.boots.map(({ round }) => round) ?? [])), 6);
  assert.match(report.scenarios[0].warnings.map(({ text }) => text).join('\n'), /2 pairs of the other kind set aside/);
  // An earlier run of pairs at the same time is not judged with these, and nobody says so.
  assert.equal(recorded?.parallel?.judged, 'single');
  assert.ok(!recorded.warnings.some(({ code }) => code === 'pooled'));
});

test('without cores to spare, without a base, or where nobody wants it, nothing is different and nothing recorded', async () => {
  const { remembered } = memory(harmless);
  const off: Scenario = { ...scenario, sampling: { ...sampling, parallel: 'off' } };
  for (const [one, cores] of [
    [scenario, 5],
    [off, 64],
    [{ ...scenario, base: null }, 64],
  ] as const) {
    const found = await rounds({ scenario: one, cores, remembered });
    assert.deepEqual([found.calibrating, found.isJoint(1, []), found.judged(warmUps())], [0, false, undefined]);
  }
});

test('what both would share is told, and they boot one after the other', async () => {
  const launcher = {
    ...{ kind: 'launcher', port: 2222, notes: [], command: ['./run.sh', '{port}'], environment: {} },
  } as unknown as LauncherLaunchPlan;
  const free = { ...launcher, port: null };
  const served = { kind: 'http', name: 'web', port: 80, path: '/', status: 200, body: null } as const;
  const qemu = { kind: 'qemu', disks: [], extraArguments: [] } as unknown as QemuLaunchPlan;
  const venus = { ...scenario.head, machine: { ...scenario.head.machine, gpu: 'venus' as const } };
  const cases: [LaunchPlan, Scenario, RegExp][] = [
    [launcher, scenario, /port 2222 is fixed; let it take its port from \{port\}/],
    [{ ...free, notes: [{ code: 'launcher-shared', text: '' }] }, scenario, /absolute paths/],
    [{ ...free, command: ['limactl', 'start'] }, scenario, /takes no \{port\}/],
    [free, { ...scenario, ready: [served] }, /a place that both would use/],
    [{ ...qemu, disks: [{ path: '/d', format: 'raw', writable: true }] }, scenario, /is kept/],
    [{ ...qemu, extraArguments: ['-serial', 'tcp::4444,server'] }, scenario, /-serial may name a file, a port/],
    [{ ...qemu, extraArguments: ['-hda', 'disk.img'] }, scenario, /-hda may name a file/],
    [{ ...qemu, extraArguments: ['-device', 'vhost-vsock-pci,guest-cid=3'] }, scenario, /guest-cid=3 may name/],
    [qemu, { ...scenario, head: venus }, /Venus share the GPU/],
    [qemu, { ...scenario, responsiveness: { withinMs: 20_000 } }, /how the guest responds/],
  ];
  for (const [head, one, expected] of cases) {
    const found = await rounds({ scenario: one, head, cores: 64, ...memory(harmless) });
    assert.equal(found.isJoint(1, warmUps()), false);
    assert.match(found.judged(warmUps())?.because ?? '', expected);
  }
  const asked = { ...memory(harmless), earlier: [{ run: 'a', digests: { head: '', base: '' }, head: [], base: [] }] };
  assert.match((await rounds(asked)).judged(warmUps())?.because ?? '', /were booted like that/);
});

test('emulators that are busy on more cores than there are boot one after the other', async () => {
  const found = await rounds(memory(harmless));
  assert.equal(found.judged(warmUps(2.5))?.judged, 'joint');
  assert.match(found.judged(warmUps(3.6))?.because ?? '', /keep 7\.2 cores busy, and 8 are there/);
  assert.match(found.judged(warmUps(Number.NaN))?.because ?? '', /nobody knows how busy/);
});

test('QEMU arguments that describe the guest alone hinder nothing', async () => {
  const head = {
    ...plan,
    extraArguments: ['-device', 'virtio-rng-pci,bus=pcie.0', '-global', 'ICH9-LPC.disable_s3=1'],
  };
  assert.equal((await rounds({ head, ...memory(harmless) })).judged(warmUps())?.judged, 'joint');
});

test('emulators that are too busy take no pair at the same time, and none is set aside', async () => {
  const found = await rounds(memory());
  assert.equal(found.calibrating, 4);
  assert.deepEqual(
    [1, 2, 3, 4].map((round) => found.isJoint(round, warmUps(3.6))),
    [false, false, false, false],
  );
  assert.deepEqual([found.setAside(warmUps()), found.setAside(warmUps(3.6))], [2, 0]);
});

test('a head that slows its base by sharing is not booted beside it: neither is one that suffers itself', async () => {
  for (const adds of [
    { head: 0, base: 0.04 },
    { head: 0.05, base: 0.05 },
    { head: 0.04, base: 0 },
  ]) {
    let joint = 0;
    for (let seed = 1; seed <= 300; seed += 1) {
      // A machine that learns a block a day; whether it ever comes to believe that company is harmless.
      const blocks = Array.from({ length: 8 }, (_, day) => block(adds, seed * 100 + day, 0.01));
      for (let days = 1; days <= 8; days += 1) {
        const known = JSON.stringify(blocks.slice(0, days));
        if ((await rounds(memory(known))).judged(warmUps())?.judged !== 'joint') continue;
        joint += 1;
        break;
      }
    }
    assert.ok(joint <= 6, `${JSON.stringify(adds)}: ${joint} of 300`);
  }
});

test('company that disturbs nobody is believed within three blocks at a noise of 1 %', async () => {
  let joint = 0;
  for (let seed = 1; seed <= 100; seed += 1) {
    const known = JSON.stringify([1, 2, 3].map((day) => block({ head: 0, base: 0 }, seed * 100 + day, 0.01)));
    if ((await rounds(memory(known))).judged(warmUps())?.judged === 'joint') joint += 1;
  }
  assert.ok(joint >= 80, `${joint} of 100`);
});

test('after eight blocks of noise nobody tries any more; what is a month old, damaged or of nobody is forgotten', async () => {
  const noisy = Array.from({ length: 8 }, (_, seed) => block({ head: 0, base: 0 }, seed + 1, 0.2));
  const given = await rounds(memory(JSON.stringify(noisy)));
  assert.deepEqual([given.calibrating, given.judged(warmUps())?.judged], [0, 'single']);
  const old = noisy.map((one) => ({ ...one, at: '2020-01-01T00:00:00.000Z' }));
  for (const text of [
    JSON.stringify(old),
    '{',
    '[{"at":1}]',
    '[{"at":"x","head":{"alone":[0],"together":[]},"base":{}}]',
  ]) {
    assert.equal((await rounds(memory(text))).calibrating, 4, text);
  }
});

/** Rounds of both kinds, joint where listed; `fails` is the round in which head panics. */
function recordedRounds(joint: readonly number[], fails = 0, all = 10) {
  const boots = Array.from({ length: all }, (_, index) => index + 1).flatMap((round) =>
    (['base', 'head'] as const).map((side, at) => {
      const kind = joint.includes(round) ? { joint: true as const } : {};
      const outcome =
        side === 'head' && round === fails ? { kind: 'panicked' as const, line: 'oops' } : { kind: 'ready' as const };
      const number = 2 * round + at - 1;
      // Company takes far longer here: whatever mixes both kinds shows it.
      return exampleBoot(number, (joint.includes(round) ? 20_000 : 9000) + 17 * ((7 * number) % 11), {
        ...{ side, round, outcome, ...kind },
        ...(outcome.kind === 'ready' ? {} : { probes: [] }),
      });
    }),
  );
  const both = { head: exampleConditions, base: exampleConditions };
  return exampleRecordedScenario(boots, { scenario, conditions: both });
}
const parallel = (judged: 'joint' | 'single') => ({ parallel: { judged, because: 'seen' } });

test('times of one kind alone are judged, and a boot that failed counts in whatever round it was', () => {
  const recorded = { ...recordedRounds([2, 3], 2), ...parallel('single') };
  const [judged] = analyzeInFull(exampleRun([recorded])).report.scenarios;
  const [comparison] = judged?.comparisons ?? [];
  assert.deepEqual([comparison?.head.count, comparison?.base.count], [8, 8]);
  assert.ok((comparison?.head.median ?? 0) < 10_000);
  assert.match(judged?.verdict.because ?? '', /1 of 10 boots of head failed, none of 10 of base/);
  assert.match(
    judged?.warnings.map(({ text }) => text).join() ?? '',
    /one boot at a time: seen; 2 pairs of the other kind set aside/,
  );
});

test('an interrupted run, of which nobody knows yet what counts, is judged by the kind of most boots', () => {
  const medianOf = (joint: readonly number[]) =>
    analyzeInFull({ ...exampleRun([recordedRounds(joint)]), finished: false }).report.scenarios[0]?.comparisons[0]?.head
      .median;
  assert.ok((medianOf([2, 3]) ?? 0) < 10_000);
  assert.ok((medianOf([2, 3, 5, 6, 7, 8, 9, 10]) ?? 0) > 15_000);
  // Killed while both booted: one of them is on the disk.
  const recorded = recordedRounds([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const cut = { ...recorded, boots: recorded.boots.slice(0, -1) };
  const [judged] = analyzeInFull({ ...exampleRun([cut]), finished: false }).report.scenarios;
  assert.equal(judged?.comparisons[0]?.head.count, 9);
});

test('runs of both kinds that are merged are judged by one kind, and a repeated run pools its own kind only', () => {
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const shard = (id: string, recorded: ReturnType<typeof recordedRounds>) => ({ ...exampleRun([recorded]), id });
  const others = recordedRounds(all);
  const boots = others.boots.map((boot) => ({ ...boot, startedAt: '2026-01-03T03:04:05.000Z' }));
  const merged = mergeRuns([
    shard('a', { ...recordedRounds([2, 3]), ...parallel('single') }),
    shard('b', { ...others, boots, ...parallel('joint') }),
  ]);
  assert.equal(merged.scenarios[0]?.parallel?.judged, 'joint');
  assert.equal(analyzeInFull(merged).report.scenarios[0]?.comparisons[0]?.head.count, 12);
  const own = { ...recordedRounds(all), ...parallel('joint') };
  const { head, base } = seriesOf(recordedRounds([]));
  const digests = { head: exampleConditions.emulator.digest, base: exampleConditions.emulator.digest };
  const pooled = (kind: { joint?: true }) =>
    analyzeInFull(exampleRun([{ ...own, earlier: [{ run: 'x', digests, head, base, ...kind }] }])).report.scenarios[0]
      ?.comparisons[0]?.head.count;
  assert.deepEqual([pooled({}), pooled({ joint: true })], [10, 20]);
});

test('boots at the same time enter no baseline and are compared with no others', async () => {
  const joint = exampleRun([{ ...recordedRounds([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), ...parallel('joint') }]);
  const request = { folder: '/nowhere', intended: '', forced: 'because', keep: undefined };
  await assert.rejects(acceptAsBaseline(joint, request).next(), /were booted at the same time/);
  const single = { ...exampleRun([recordedRounds([])]), id: 'other' };
  assert.throws(() => comparedWith(single, joint), /booted both sides of default at the same time, the other did not/);
});

test('the side that company adds most to is told, whatever the order of the sides', () => {
  const quiet = [{ alone: [0, 0.001], together: [0, 0.001] }];
  const slowed = [{ alone: [0, 0.001], together: [0.1, 0.101] }];
  for (const sides of [
    [quiet, slowed],
    [slowed, quiet],
  ]) {
    const found = disturbance(sides, 0.02);
    assert.ok(Math.abs(found.estimate - 0.1) < 1e-9 && found.low < 0.1 && found.high > 0.1);
  }
});

const plan = { kind: 'qemu', disks: [], extraArguments: [] } as unknown as QemuLaunchPlan;

const rounds = ({
  scenario: asked = scenario,
  head = plan,
  cores = 8,
  remembered,
  earlier = [],
}: Partial<{
  scenario: Scenario;
  head: LaunchPlan;
  cores: number;
  earlier: Parameters<typeof jointRounds>[0]['earlier'];
}> &
  Pick<ReturnType<typeof memory>, 'remembered'>) =>
  jointRounds({
    ...{ scenario: asked, plans: { head, base: asked.base === null ? null : plan } },
    ...{ conditions: { head: exampleConditions, base: exampleConditions }, earlier, seed: 1, now: new Date() },
    options: { cores, remembered },
  });

/** Of both sides, with emulators that keep so many cores busy. */
const warmUps = (busy = 1): ReadBoot[] =>
  (['base', 'head'] as const).map((side, index) => {
    const usage = Number.isNaN(busy) ? [] : [{ atNs: 1e9, cpuNs: busy * 1e9, rssBytes: 0 }];
    return { boot: exampleBoot(index + 1, 9000, { side, warmup: true, round: 0, usage }) } as ReadBoot;
  });
