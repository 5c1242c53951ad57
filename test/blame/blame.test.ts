// Blame adds up: parts to phases, phases to time-to-ssh, differences to the difference.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { analyze } from '../../src/analyze.ts';
import { addUp } from '../../src/blame/add-up.ts';
import { blame } from '../../src/blame/blame.ts';
import { criticalChain } from '../../src/blame/chain.ts';
import { ownTimes } from '../../src/blame/own-time.ts';
import { silences } from '../../src/blame/silence.ts';
import { idleNs } from '../../src/diagnose/idle.ts';
import type { UsageSample } from '../../src/model/boot.ts';
import type { MetricRule } from '../../src/model/scenario.ts';
import type { ServiceSpan, Timeline } from '../../src/model/timeline.ts';
import { clockSentence } from '../../src/report/blame-view.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { exampleBoot, exampleRecordedScenario, exampleRun, exampleScenario } from '../examples/run.ts';

const markers = markerProfileOf(exampleScenario);
const read = (boot: ReturnType<typeof exampleBoot>) => ({ boot, timeline: readTimeline({ boot, markers }) });

const timelines = fc
  .record({
    cuts: fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 6 }),
    services: fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 400 })), {
      maxLength: 20,
    }),
  })
  .map(({ cuts, services }): Timeline => {
    const edges = [0, ...new Set(cuts.toSorted((a, b) => a - b)), 1000];
    return {
      phases: edges.slice(1).map((end, index) => {
        const startNs = edges[index] as number;
        return { name: `p${index}`, spans: [{ startNs, endNs: end }], durationNs: end - startNs };
      }),
      services: services.map(
        ([startNs, length], index): ServiceSpan => ({
          name: `s${index % 7}`,
          startNs,
          endNs: Math.min(1000, startNs + length),
          outcome: 'ok',
        }),
      ),
      ...{ endNs: 1000, complete: true, initcalls: [], marks: [], missing: [], clockFit: null },
    };
  });

test('own times tile every phase, however services nest and overlap', () => {
  fc.assert(
    fc.property(timelines, (timeline) => {
      const times = ownTimes(timeline);
      for (const { name, durationNs } of timeline.phases) {
        const sum = [...(times.get(name)?.values() ?? [])].reduce((all, { ns }) => all + ns, 0);
        assert.equal(sum, durationNs);
      }
    }),
  );
});

test('what runs inside another service is charged to the inner one alone', () => {
  const span = (name: string, startNs: number, endNs: number): ServiceSpan => ({ name, startNs, endNs, outcome: 'ok' });
  const timeline: Timeline = {
    phases: [{ name: 'all', spans: [{ startNs: 0, endNs: 100 }], durationNs: 100 }],
    services: [span('networking', 10, 90), span('networking/eth0', 20, 80)],
    ...{ endNs: 100, complete: true, initcalls: [], marks: [], missing: [], clockFit: null },
  };
  const times = Object.fromEntries([...(ownTimes(timeline).get('all') ?? [])].map(([key, { ns }]) => [key, ns]));
  assert.deepEqual(times, { 'unnamed all': 20, 'service networking': 20, 'service networking/eth0': 60 });
});

test('shares add up to the total, stay above zero, and a certain share moves less than an uncertain one', () => {
  const share = fc.record({
    value: fc.double({ min: 0, max: 1e5, noNaN: true }),
    spread: fc.double({ min: 0, max: 1e4, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(share, { minLength: 1, maxLength: 30 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (shares, total) => {
        const values = addUp(shares, total);
        assert.ok(values.every((value) => value >= 0));
        const sum = values.reduce((all, value) => all + value, 0);
        assert.ok(Math.abs(sum - total) <= 1e-6 * Math.max(1, total), `${sum} is not ${total}`);
      },
    ),
  );
  const [certain, uncertain] = addUp(
    [
      { value: 100, spread: 1 },
      { value: 100, spread: 50 },
    ],
    210,
  ) as [number, number];
  assert.ok(certain - 100 < 0.1 && uncertain - 100 > 9.9);
});

test('chains tile the time from the spawn to their end', () => {
  fc.assert(
    fc.property(timelines, (timeline) => {
      let at = 0;
      for (const { startMs, endMs } of criticalChain({ probes: [] }, timeline, timeline.endNs)) {
        assert.equal(startMs, at);
        assert.ok(endMs > startMs);
        at = endMs;
      }
      assert.equal(at, timeline.endNs / 1e6);
    }),
  );
});

test('the chain goes on to Vulkan and to the metrics of probes, and nothing waits for the idle guest', () => {
  const passed = (probe: string, startedMs: number, atMs: number) => ({
    ...{ probe, outcome: 'ok', detail: '', startedNs: startedMs * 1e6, atNs: atMs * 1e6 },
  });
  const boot = exampleBoot(1, 5000);
  const probes = [
    ...boot.probes,
    ...[passed('time-to-drm', 5600, 5700), passed('vulkaninfo', 5700, 6400), passed('time-to-vulkan', 5700, 6400)],
    ...[passed('app', 6400, 7000), passed('idle-cpu', 15_000, 35_000)],
  ];
  const scenario = {
    ...exampleScenario,
    metrics: { ...exampleScenario.metrics, 'idle-cpu': exampleScenario.metrics['time-to-ssh'] as MetricRule },
    probes: [{ name: 'app', run: 'app', expect: null, timeoutMs: 1000, metric: 'app' }],
  };
  const recorded = exampleRecordedScenario([{ ...boot, probes }], { scenario });
  const chains = analyze(exampleRun([recorded])).scenarios[0]?.blame?.[0]?.chains ?? [];
  assert.deepEqual(
    chains.map(({ metric, links }) => [metric, links.at(-1)?.endMs]),
    [
      ['time-to-ssh', 5000],
      ['time-to-vulkan', 6400],
      ['app', 7000],
    ],
  );
  assert.deepEqual(
    chains[1]?.links.slice(-3).map(({ name }) => name),
    ['login', 'time-to-drm', 'vulkaninfo'],
  );
});

test('a chain is that of the typical boot among those in which its probe passed', () => {
  const boot = (number: number, ms: number, outcome: 'ok' | 'timeout') => {
    const plain = exampleBoot(number, ms);
    const asked = { probe: 'time-to-vulkan', outcome, detail: '', startedNs: (ms + 700) * 1e6, atNs: (ms + 900) * 1e6 };
    return { ...plain, probes: [...plain.probes, asked] };
  };
  const chainsOf = (...outcomes: readonly ('ok' | 'timeout')[]) => {
    const boots = outcomes.map((outcome, index) => read(boot(index + 1, 7000 + index * 1000, outcome)));
    const [side] = blame(boots, ['time-to-vulkan']);
    return side?.chains.map((chain) => [chain.metric, chain.boot, chain.links.at(-1)?.endMs]);
  };
  const ssh = ['time-to-ssh', 2, 8000];
  assert.deepEqual(chainsOf('ok', 'ok', 'ok'), [ssh, ['time-to-vulkan', 2, 8900]]);
  assert.deepEqual(chainsOf('timeout', 'timeout', 'ok'), [ssh, ['time-to-vulkan', 3, 9900]]);
  assert.deepEqual(chainsOf('ok', 'timeout', 'ok'), [ssh, ['time-to-vulkan', 1, 7900]]);
  assert.deepEqual(chainsOf('timeout', 'timeout', 'timeout'), [ssh]);
});

test('parts add up to phases, phases to time-to-ssh, and differences to the difference of both sides', () => {
  const lengths = fc.array(fc.integer({ min: 500, max: 60_000 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(lengths, lengths, (head, base) => {
      const boots = [
        ...head.map((ms, index) => read(exampleBoot(index + 1, ms))),
        ...base.map((ms, index) => read(exampleBoot(head.length + index + 1, ms, { side: 'base' }))),
      ];
      const [ofHead, ofBase] = blame(boots, []);
      assert.ok(ofHead && ofBase);
      for (const side of [ofHead, ofBase]) {
        near(
          side.phases.reduce((sum, { ms }) => sum + ms, 0),
          side.totalMs,
        );
        for (const phase of side.phases)
          near(
            phase.parts.reduce((sum, { ms }) => sum + ms, 0),
            phase.ms,
          );
      }
      near(
        ofHead.phases.reduce((sum, { differenceMs }) => sum + (differenceMs ?? 0), 0),
        ofHead.totalMs - ofBase.totalMs,
      );
    }),
    { numRuns: 40 },
  );
});

test('silence is told apart: the emulator computed, or it waited', () => {
  const usage: UsageSample[] = Array.from({ length: 101 }, (_, index) => ({
    atNs: index * 100e6,
    cpuNs: Math.min(index, 50) * 100e6,
    rssBytes: 1,
  }));
  const boot = exampleBoot(1, 10_000, { usage });
  const { timeline } = read(boot);
  const phases = [
    { name: 'first', spans: [{ startNs: 0, endNs: 5e9 }], durationNs: 5e9 },
    { name: 'second', spans: [{ startNs: 5e9, endNs: 10e9 }], durationNs: 5e9 },
  ];
  const quiet = silences(boot, { ...timeline, phases });
  assert.deepEqual(quiet.get('first'), { ns: 5e9, cpuNs: 5e9 });
  assert.deepEqual(quiet.get('second'), { ns: 5e9, cpuNs: 0 });
  assert.equal(idleNs(usage, [{ startNs: 4e9, endNs: 7e9 }]), 2e9);
  assert.equal(idleNs([], [{ startNs: 0, endNs: 1 }]), null);
});

test('a silent begin is told apart: the kernel had been running, or it had not started', () => {
  const story = (kernelZeroMs: number) => {
    const { boot, timeline } = read(exampleBoot(1, 60_000));
    const clockFit = { offsetNs: kernelZeroMs * 1e6, driftPpm: 0, lines: 20, silentNs: (52_000 - kernelZeroMs) * 1e6 };
    const marks = [{ name: 'kernel', atNs: 52e9 }];
    return clockSentence(blame([{ boot, timeline: { ...timeline, clockFit, marks } }], [])[0]?.clock as never);
  };
  assert.match(story(800), /arrived at 52.0 s; the kernel had been running for 51.2 s by then/);
  assert.match(story(52_300), /arrived at 52.0 s; its clock began to run at 52.3 s\.$/);
  assert.match(story(51_500), /arrived at 52.0 s; the guest's kernel had not started before 51.5 s/);
});

test('a run without a complete boot has no blame, and an empty console has one phase', () => {
  const failed = exampleBoot(1, 5000, { probes: [], outcome: { kind: 'hung', phase: 'openrc', deadlineMs: 9000 } });
  assert.deepEqual(analyze(exampleRun([exampleRecordedScenario([failed])])).scenarios[0]?.blame, []);
  const silent = exampleBoot(1, 5000, { console: { bytes: new Uint8Array(), reads: [], droppedBytes: 0 } });
  const [side] = blame([read(silent)], []);
  assert.equal(side?.totalMs, 5000);
  near(
    side.phases.reduce((sum, { ms }) => sum + ms, 0),
    5000,
  );
});

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-3, `${actual} is not ${expected}`);
}

const spanOf = (name: string, startNs: number, endNs: number) => ({ name, startNs, endNs });
const service = (name: string, startNs: number, endNs: number): ServiceSpan => ({
  ...spanOf(name, startNs, endNs),
  outcome: 'ok',
});
const onePhase = (endNs: number, parts: Partial<Timeline>): Timeline => ({
  phases: [{ name: 'all', spans: [{ startNs: 0, endNs }], durationNs: endNs }],
  ...{ services: [], endNs, complete: true, initcalls: [], marks: [], missing: [], clockFit: null },
  ...parts,
});

test('a silence is busy, partly busy or idle by the CPUs that were used in it, and unknown where nobody counted or it is short', () => {
  const wordOf = (cpus: number, ms = 10_000, isCounted = true): string | undefined => {
    const usage = [0, ms, 2 * ms].map((at) => ({ atNs: at * 1e6, cpuNs: cpus * at * 1e6, rssBytes: 1 }));
    const boot = exampleBoot(1, ms, { usage: isCounted ? usage : [] });
    const [side] = blame([{ boot, timeline: onePhase(ms * 1e6, {}) }], []);
    return side?.phases[0]?.silence.word;
  };
  assert.deepEqual([wordOf(0.9), wordOf(0.5), wordOf(0.1)], ['busy', 'partly busy', 'idle']);
  assert.deepEqual([wordOf(0.9, 200), wordOf(0.9, 10_000, false)], ['unknown', 'unknown']);
});

test('what the emulator used after its last sample is not guessed', () => {
  const usage = [0, 1, 2].map((second) => ({ atNs: second * 1e9, cpuNs: second * 1e9, rssBytes: 1 }));
  const quiet = silences({ console: exampleBoot(1, 1).console, usage }, onePhase(10e9, {}));
  assert.equal(Math.round((quiet.get('all')?.cpuNs ?? 0) / 1e9), 2);
});

test('figures without spread share a difference by the squares of their sizes', () => {
  assert.deepEqual(
    addUp(
      [100, 300].map((value) => ({ value, spread: 0 })),
      440,
    ).map((value) => Math.round(value * 1e6) / 1e6),
    [104, 336],
  );
});

test('a phase that only base has is shown beside those of head, once, as time that went away', () => {
  const boots = (['head', 'base'] as const).map((side, index) => {
    const endNs = side === 'head' ? 8e9 : 10e9;
    const both = { name: 'all', spans: [{ startNs: 0, endNs: 8e9 }], durationNs: 8e9 };
    const gone = { name: 'gone', spans: [{ startNs: 8e9, endNs: 10e9 }], durationNs: 2e9 };
    const phases = side === 'head' ? [both] : [both, gone];
    return { boot: exampleBoot(index + 1, endNs / 1e6, { side }), timeline: onePhase(endNs, { phases }) };
  });
  assert.deepEqual(
    blame(boots, [])[0]?.phases.map(({ name, ms, differenceMs }) => [name, ms, differenceMs]),
    [
      ['all', 8000, 0],
      ['gone', 0, -2000],
    ],
  );
});

test('the smallest of many parts are told as one', () => {
  const services = Array.from({ length: 27 }, (_, index) => {
    const startNs = index * 1e9;
    // The two shortest come first, so that their order in the console is not the order of their sizes.
    return service(`s${index}`, startNs, startNs + (index < 2 ? 1e7 * (index + 1) : 1e9));
  });
  const timeline = onePhase(27e9, { services });
  const parts = blame([{ boot: exampleBoot(1, 27_000), timeline }], [])[0]?.phases[0]?.parts ?? [];
  assert.equal(parts.length, 26);
  const rest = parts.find(({ name }) => name === '3 others in all');
  assert.ok(rest !== undefined && Math.abs(rest.ms - 1030) < 1e-3, JSON.stringify(rest));
});

test('a chain names what ended last and began last, initcalls of weight, and no probe that failed', () => {
  const names = (timeline: Timeline, probes = exampleBoot(1, 1).probes.slice(0, 0)): string[] =>
    criticalChain({ probes }, timeline, timeline.endNs).map(({ name }) => name);
  assert.deepEqual(names(onePhase(100, { services: [service('long', 10, 90), service('short', 60, 90)] })), [
    'all',
    'short',
    'all',
  ]);
  assert.deepEqual(names(onePhase(100, { services: [service('net', 20, 80), service('net/eth0', 20, 70)] })), [
    'all',
    'net/eth0',
    'all',
  ]);
  const initcalls = [spanOf('heavy', 10, 60), spanOf('light', 70, 71)].map((span) => ({
    ...span,
    durationNs: span.endNs - span.startNs,
  }));
  assert.deepEqual(names(onePhase(1000, { initcalls })), ['all', 'heavy', 'all']);
  const probe = { atNs: 80, probe: 'app', detail: '', startedNs: 50 };
  const timeline = onePhase(100, {});
  assert.deepEqual(names(timeline, [{ ...probe, outcome: 'timeout' }]), ['all']);
  assert.deepEqual(names(timeline, [{ ...probe, outcome: 'ok' }]), ['all', 'app', 'all']);
});
