// Formats of other tools: each is held to an approved file and to what its documentation demands.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Boot } from '../../src/model/boot.ts';
import type { Report } from '../../src/model/report.ts';
import type { Timeline } from '../../src/model/timeline.ts';
import { bencherReport } from '../../src/report/bencher.ts';
import { benchmarkActionReport } from '../../src/report/benchmark-action.ts';
import { benchstatReport } from '../../src/report/benchstat.ts';
import { hyperfineReport } from '../../src/report/hyperfine.ts';
import { junitReport } from '../../src/report/junit.ts';
import { type TracedBoot, traceReport } from '../../src/report/trace.ts';
import { timeline } from './example-parts.ts';
import { exampleReports, hostileText } from './example-reports.ts';
import { matchGolden } from './golden.ts';
import { elementsOf } from './xml.ts';

const all = Object.values(exampleReports);

test('the formats of other tools are as they were last approved', () => {
  const { slower, failed } = exampleReports;
  matchGolden('slower.junit.xml', junitReport(slower));
  matchGolden('failed.junit.xml', junitReport(failed));
  matchGolden('failed.benchstat.txt', benchstatReport(failed));
  matchGolden('slower.hyperfine.json', hyperfineReport(slower));
  matchGolden('slower.bencher.json', bencherReport(slower));
  matchGolden('slower.benchmark-action.json', benchmarkActionReport(slower));
  matchGolden('slower.trace.json', traceReport([traced(4, 'base', timeline(1)), traced(5, 'head', timeline(1.11))]));
});

test('JUnit is well-formed, counts what it holds and fails where the gate fails', () => {
  for (const report of all) {
    const elements = elementsOf(junitReport(report));
    const count = (tag: string): number => elements.filter((element) => element.tag === tag).length;
    const root = elements[0];
    assert.ok(root);
    assert.equal(root.tag, 'testsuites');
    assert.equal(Number(root.attributes.tests), count('testcase'));
    assert.equal(Number(root.attributes.failures), count('failure'));
    assert.equal(Number(root.attributes.errors), count('error'));
    assert.equal(Number(root.attributes.skipped), count('skipped'));
    const red = report.scenarios.some((scenario) => ['slower', 'failed'].includes(scenario.verdict.word));
    assert.equal(count('failure') > 0, red);
  }
});

test('JUnit shows an undecided run as skipped, or as failed when the run was told to fail', () => {
  const { undecided } = exampleReports;
  assert.match(junitReport(undecided), /<skipped message="Undecided"/);
  assert.match(junitReport({ ...undecided, onUndecided: 'fail' }), /<failure message="Undecided"/);
  assert.match(junitReport(exampleReports.incomparable), /<error message="Not comparable"/);
});

test('benchstat reads every line: configuration, unit or benchmark with pairs of value and unit', () => {
  for (const report of all) {
    for (const line of benchstatReport(report).trimEnd().split('\n')) {
      if (line.startsWith('# ')) continue;
      if (/^[a-z]+: \S/.test(line)) continue;
      if (/^Unit \S+ better=lower$/.test(line)) continue;
      assert.match(line, /^BenchmarkBoot\/scenario=[^\s/]+\/side=(?:base|head) 1(?: \d+(?:\.\d+)? \S+)+$/);
    }
  }
  const text = benchstatReport(exampleReports.failed);
  assert.equal(text.match(/^# boot \d+ \(head\) failed/gm)?.length, 3);
  assert.equal(text.match(/^Benchmark/gm)?.length, 21);
});

test('hyperfine has the fields that its scripts read, in seconds, and as many exit codes as times', () => {
  const { results } = JSON.parse(hyperfineReport(exampleReports.failed)) as { results: Record<string, unknown>[] };
  assert.equal(results.length, 2);
  for (const result of results) {
    const times = result.times as number[];
    assert.equal((result.exit_codes as number[]).length, times.length);
    for (const key of ['mean', 'stddev', 'median', 'user', 'system', 'min', 'max']) {
      assert.equal(typeof result[key], 'number', key);
    }
    assert.ok((result.min as number) > 2 && (result.max as number) < 3);
    assert.ok((result.min as number) <= (result.mean as number) && (result.mean as number) <= (result.max as number));
  }
  assert.deepEqual(results[1]?.parameters, { scenario: 'default', side: 'head', failed: '3' });
});

test('Bencher gets a number for every measure, its bounds around it', () => {
  for (const report of all) {
    const benchmarks = JSON.parse(bencherReport(report)) as Record<string, Record<string, Record<string, number>>>;
    for (const [measure, metric] of Object.values(benchmarks).flatMap((measures) => Object.entries(measures))) {
      assert.ok(measure.length <= 64);
      const { value, lower_value: lower, upper_value: upper } = metric;
      assert.ok(value !== undefined && lower !== undefined && upper !== undefined && lower <= value && value <= upper);
    }
  }
});

test('benchmark-action gets name, unit and value, and nothing that was not measured', () => {
  const scenario = exampleReports.recorded.scenarios[0];
  assert.ok(scenario);
  const head = scenario.summaries.head.map((summary, index) => (index === 0 ? { ...summary, median: null } : summary));
  const report: Report = {
    ...exampleReports.recorded,
    scenarios: [{ ...scenario, summaries: { head, base: [] } }],
  };
  const entries = JSON.parse(benchmarkActionReport(report)) as Record<string, unknown>[];
  assert.equal(entries.length, head.length - 1);
  for (const entry of entries) {
    assert.equal(typeof entry.name, 'string');
    assert.equal(typeof entry.unit, 'string');
    assert.equal(typeof entry.value, 'number');
  }
});

interface Event {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly name: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Record<string, unknown>;
}
const eventsOf = (trace: string): readonly Event[] => (JSON.parse(trace) as { traceEvents: Event[] }).traceEvents;

test('a trace names every track, and no two spans of a track overlap without nesting', () => {
  const span = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 20 }))
    .map(([start, length]) => ({ startNs: start * 1000, endNs: (start + length) * 1000 }));
  fc.assert(
    fc.property(fc.array(span, { maxLength: 30 }), fc.array(span, { maxLength: 30 }), (services, probes) => {
      const base = traced(1, 'head', {
        ...timeline(1),
        services: services.map((entry) => ({ ...entry, name: 'service', outcome: 'ok' as const })),
      });
      const boot = {
        ...base.boot,
        probes: probes.map((entry) => ({
          probe: 'ssh',
          outcome: 'reset',
          detail: '',
          startedNs: entry.startNs,
          atNs: entry.endNs,
        })),
      };
      const events = eventsOf(traceReport([{ ...base, boot }]));
      const spans = events.filter((event) => event.ph === 'X');
      assert.equal(spans.filter((event) => event.name === 'service').length, services.length);
      const tracks = Map.groupBy(spans, (event) => event.tid);
      const named = new Set(events.filter((event) => event.name === 'thread_name').map((event) => event.tid));
      for (const [tid, track] of tracks) {
        assert.ok(named.has(tid));
        for (const one of track) {
          for (const other of track) {
            const [a, b] = [one.ts as number, other.ts as number];
            const [aEnd, bEnd] = [a + (one.dur as number), b + (other.dur as number)];
            const apart = aEnd <= b || bEnd <= a;
            assert.ok(apart || (a <= b && bEnd <= aEnd) || (b <= a && aEnd <= bEnd), `track ${tid}`);
          }
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('the phases of a trace add up to the boot, and its counters follow the CPU', () => {
  const events = eventsOf(traceReport([traced(7, 'head', timeline(1))]));
  const phases = events.filter((event) => event.ph === 'X' && event.cat === 'phase');
  const total = phases.reduce((sum, event) => sum + (event.dur as number), 0);
  assert.equal(total, Math.round(timeline(1).endNs / 1000));
  const cpu = events.filter((event) => event.name === 'QEMU CPU').map((event) => event.args?.percent);
  assert.deepEqual(cpu, [180, 60]);
});

test('hostile names stay text in every format', () => {
  const { hostile } = exampleReports;
  for (const text of [benchstatReport(hostile), junitReport(hostile)]) {
    assert.doesNotMatch(text, /[^\P{Cc}\n]/u);
  }
  assert.equal(elementsOf(junitReport(hostile)).filter((element) => element.tag === 'script').length, 0);
  for (const text of [hyperfineReport(hostile), bencherReport(hostile), benchmarkActionReport(hostile)]) {
    assert.doesNotThrow(() => JSON.parse(text));
  }
  const hostileTimeline: Timeline = { ...timeline(1), marks: [{ name: hostileText, atNs: 1 }] };
  assert.doesNotMatch(traceReport([traced(1, 'head', hostileTimeline)]), /[^\P{Cc}\n]|\\u001b/u);
});

function traced(number: number, side: 'base' | 'head', meaning: Timeline): TracedBoot {
  const usage: Boot['usage'] = [
    { atNs: 0, cpuNs: 0, rssBytes: 10 * 1024 * 1024 },
    { atNs: 1e9, cpuNs: 1.8e9, rssBytes: 300 * 1024 * 1024 },
    { atNs: 2e9, cpuNs: 2.4e9, rssBytes: 412 * 1024 * 1024 },
  ];
  const probe = (startedNs: number, atNs: number, outcome: string): Boot['probes'][number] => {
    return { probe: 'ssh', startedNs, atNs, outcome, detail: '' };
  };
  return {
    boot: {
      number,
      scenario: 'default',
      side,
      warmup: false,
      events: [{ atNs: 0, name: 'spawned', detail: '' }],
      probes: [probe(0.3e9, 0.5e9, 'timeout'), probe(2.2e9, 2.4124e9, 'banner')],
      usage,
      outcome: { kind: 'ready' },
    },
    timeline: meaning,
  };
}
