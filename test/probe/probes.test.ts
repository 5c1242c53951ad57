// The table of probes: each metric has one probe, who is asked is told by the scenario, and what was never asked has not failed.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Boot, ProbeEvent } from '../../src/model/boot.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { Gpu, Scenario } from '../../src/model/scenario.ts';
import type { ReadBoot, Timeline } from '../../src/model/timeline.ts';
import { askedMetrics, unaskedWarnings } from '../../src/probe/asked-metrics.ts';
import { askCommand } from '../../src/probe/command.ts';
import { idle } from '../../src/probe/idle.ts';
import { askAfterwards, askedProbes, measureMetric, metricDefinitions, usualMetrics } from '../../src/probe/probes.ts';
import { exampleBoot, exampleScenario } from '../examples/run.ts';
import { result } from './vulkan-outputs.ts';

const withGpu = (gpu: Gpu, changes: Partial<Scenario> = {}): Scenario => ({
  ...exampleScenario,
  head: { ...exampleScenario.head, machine: { ...exampleScenario.head.machine, gpu } },
  ...changes,
});
const asked = (scenario: Scenario): string[] => askedProbes(scenario.head, scenario).map(({ name }) => name);
const example = exampleBoot(1, 1000);

test('every metric is brought by one probe, which measures it', () => {
  const names = metricDefinitions.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  for (const name of names) {
    const nothing: Boot = { ...example, probes: [], usage: [] };
    assert.equal(measureMetric(nothing, name).value, null, name);
  }
  assert.deepEqual(usualMetrics, ['time-to-ssh', 'time-to-login', 'cpu-time', 'peak-rss']);
});

test("the graphics device decides what is asked, users' probes come next, the idle guest last and only when named", () => {
  const probes = [{ name: 'web', run: 'true', expect: null, timeoutMs: 1, metric: 'time-to-web' }];
  const metrics = { 'idle-cpu': { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: null } };
  assert.deepEqual(asked(withGpu('none', { metrics: {} })), []);
  assert.deepEqual(asked(withGpu('plain', { probes, metrics })), ['drm', 'web', 'idle']);
  assert.deepEqual(asked(withGpu('venus', { probes, metrics })), ['drm', 'vulkan', 'dispatch', 'web', 'idle']);
  const draws = { probes, metrics, draw: true } as const;
  assert.deepEqual(asked(withGpu('venus', draws)), ['drm', 'vulkan', 'dispatch', 'web', 'draw', 'idle']);
  assert.deepEqual(asked(withGpu('plain', draws)), ['drm', 'web', 'idle']);
});

test('where only the banner is timed nothing else was asked; a probe that no boot came to has not failed', () => {
  const event = (probe: string): ProbeEvent => ({ probe, outcome: 'ok', detail: '', startedNs: 1e9, atNs: 2e9 });
  const ready = (probes: ProbeEvent[]): Boot => ({ ...example, side: 'head', outcome: { kind: 'ready' }, probes });
  const scenario = withGpu('venus', { metrics: {} });
  const metricsOf = (probes: ProbeEvent[]) => askedMetrics([ready(probes)], 'head', scenario);
  const usual = ['time-to-ssh', 'time-to-login', 'cpu-time', 'peak-rss'];
  assert.deepEqual(metricsOf([event('ssh-banner')]), { login: 'none', usual, probeMetrics: [] });
  assert.deepEqual(metricsOf([event('login')]), { login: 'asked', usual, probeMetrics: [] });
  assert.deepEqual(metricsOf([event('login'), event('time-to-drm')]).probeMetrics, [
    ...['time-to-drm', 'time-to-vulkan', 'vulkaninfo', 'time-to-first-dispatch'],
  ]);
});

test('a guest that is not waited for by SSH is asked nothing by SSH, and that is said', () => {
  const probes = [{ name: 'web', run: 'true', expect: null, timeoutMs: 1, metric: 'time-to-web' }];
  const ready = [{ kind: 'line', name: 'line', pattern: 'READY', on: 'console' } as const];
  const scenario = withGpu('venus', { probes, ready });
  assert.deepEqual(asked(scenario), []);
  const { usual, probeMetrics } = askedMetrics([{ ...example, side: 'head' }], 'head', scenario);
  assert.deepEqual([usual, probeMetrics], [['time-to-line', 'cpu-time', 'peak-rss'], []]);
  assert.match(
    unaskedWarnings(scenario, [])[0]?.text ?? '',
    /ready does not name ssh: not asked are drm, vulkan, dispatch, web$/,
  );
  assert.deepEqual(unaskedWarnings(withGpu('venus', { probes }), []), []);
});

test('sides that differ in the sleep of WFI alone are told that guests which were ready within 15 s cannot show it', () => {
  const withSleep = (value: string): Scenario['head'] => ({
    ...exampleScenario.head,
    guest: { kind: 'launcher', environment: { HVF_WFI_SLEEP: value } } as unknown as LauncherGuest,
  });
  const scenario: Scenario = { ...exampleScenario, head: withSleep('0'), base: exampleScenario.head };
  const read = (ms: number): ReadBoot[] => [
    { boot: example, timeline: { complete: true, endNs: ms * 1e6 } as unknown as Timeline },
  ];
  const told = (one: Scenario, boots: ReadBoot[]): string[] => unaskedWarnings(one, boots).map(({ text }) => text);
  assert.match(
    told(scenario, read(9000)).join(),
    /^HVF_WFI_SLEEP does nothing in the first 15 s of a VM.*compare idle-cpu/,
  );
  assert.deepEqual(told(scenario, read(15_100)), []);
  assert.deepEqual(told(scenario, []), []);
  assert.deepEqual(told({ ...scenario, base: withSleep('0') }, read(9000)), []);
  assert.deepEqual(told({ ...scenario, base: null }, read(9000)), []);
});

test('the idle guest is left alone once it had time to settle, and its processor time is a share of the window', async () => {
  const events: ProbeEvent[] = [];
  const usage: Boot['usage'][number][] = [];
  let nowNs = 5e9;
  const guest = (ended: boolean) => ({
    nowNs: () => nowNs,
    pause: async (ms: number) => {
      nowNs += ms * 1e6;
    },
    onEvent: (event: ProbeEvent) => void events.push(event),
    signal: new AbortController().signal,
    usageNow: async () => void usage.push({ atNs: nowNs, cpuNs: nowNs / 10, rssBytes: 1 }),
    hasEnded: () => ended,
  });
  await askAfterwards([idle], guest(false));
  assert.deepEqual(
    events.map(({ outcome, startedNs, atNs }) => [outcome, startedNs / 1e9, atNs / 1e9]),
    [['ok', 15, 35]],
  );
  const { value, resolution } = measureMetric({ ...example, probes: events, usage }, 'idle-cpu');
  assert.deepEqual([value, resolution], [100, 0.5]);
  await askAfterwards([idle], guest(true));
  assert.equal(events[1]?.outcome, 'exited');
});

test('the number of a probe is the last that its pattern finds, and what is none is told', async () => {
  const asking = async (stdout: string, { truncated = false, pattern = '^score: (\\S+)', lookNs = 0 } = {}) => {
    const events: ProbeEvent[] = [];
    const number = { pattern, unit: 'points', better: 'higher' } as const;
    let looks = 0;
    const guest = {
      session: { run: async () => result({ stdout, truncated, startedNs: 1e9, endedNs: 2e9 }) },
      nowNs: () => {
        looks += 1;
        return events.length === 0 ? looks * lookNs : 9e9;
      },
      pause: async () => {},
      onEvent: (event: ProbeEvent) => void events.push(event),
      signal: new AbortController().signal,
    };
    const failed = await askCommand(
      { name: 'bench', run: 'x', expect: null, timeoutMs: 1000, metric: 'bench', number },
      guest,
    );
    return { failed, measured: measureMetric({ ...example, probes: events }, 'bench') };
  };
  assert.deepEqual(await asking('score: 12\nscore: 273.5\n'), {
    failed: null,
    measured: { value: 273.5, resolution: 0 },
  });
  assert.deepEqual((await asking('score: 1e3\n')).measured.value, 1000);
  for (const [stdout, said] of [
    ['none', /no number is where/],
    ['score: -3', /-3 is no number from 0 on/],
    ['score: fast', /fast is no number/],
    ['score: 1e999', /is no number/],
  ] as const) {
    const { failed, measured } = await asking(stdout);
    assert.match(failed?.detail ?? '', said);
    assert.equal(measured.value, null);
  }
  // The last of a beginning is not the last.
  assert.match((await asking('score: 1\n', { truncated: true })).failed?.detail ?? '', /longer than 1 MiB/);
  // Each match may look at all that follows.
  const endless = await asking('1 '.repeat(20_000), { pattern: '(\\d+)( .*fps)?', lookNs: 1e8 });
  assert.match(endless.failed?.detail ?? '', /matches too much/);
});
