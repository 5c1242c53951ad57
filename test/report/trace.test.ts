// trace.json against the Trace Event Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { traceReport } from '../../src/report/trace.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { exampleBoot, exampleScenario } from '../examples/run.ts';

const whole = z.int().nonnegative();
/** Whole: Perfetto cuts other times down, each by itself. */
const time = whole;
const common = { pid: whole, tid: whole, name: z.string().min(1) };
const event = z.discriminatedUnion('ph', [
  z.strictObject({
    ph: z.literal('M'),
    ...common,
    name: z.enum(['process_name', 'process_sort_index', 'thread_name', 'thread_sort_index']),
    args: z.union([z.strictObject({ name: z.string() }), z.strictObject({ sort_index: whole })]),
  }),
  z.strictObject({
    ph: z.literal('X'),
    ...common,
    cat: z.string(),
    ts: time,
    dur: time,
    args: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  z.strictObject({ ph: z.literal('i'), s: z.enum(['g', 'p', 't']), ...common, cat: z.string(), ts: time }),
  z.strictObject({ ph: z.literal('C'), ...common, ts: time, args: z.record(z.string(), z.number()) }),
]);
const traceSchema = z.strictObject({ displayTimeUnit: z.enum(['ms', 'ns']), traceEvents: z.array(event) });

const markers = markerProfileOf(exampleScenario);
const span = fc
  .tuple(
    fc.integer({ min: 0, max: 9000 }),
    fc.integer({ min: 0, max: 4000 }),
    fc.string({ minLength: 1, maxLength: 8 }),
  )
  .map(([start, length, name]) => ({ startNs: start * 317, endNs: (start + length) * 317, name: `s${name}` }));
const boots = fc
  .record({
    services: fc.array(span, { maxLength: 30 }),
    initcalls: fc.array(span, { maxLength: 30 }),
    probes: fc.array(span, { maxLength: 10 }),
  })
  .map(({ services, initcalls, probes }) => {
    const boot = exampleBoot(1, 9000);
    return {
      boot: {
        ...boot,
        probes: probes.map(({ startNs, endNs, name }) => ({
          ...{ probe: name, outcome: 'ok', detail: '\u001b[31m<b>', startedNs: startNs, atNs: endNs },
        })),
      },
      timeline: {
        ...readTimeline({ boot, markers }),
        services: services.map((entry) => ({ ...entry, outcome: 'ok' as const })),
        initcalls: initcalls.map((entry) => ({ ...entry, durationNs: entry.endNs - entry.startNs })),
      },
    };
  });

test('every trace passes the schema of the format, and its spans nest on their track', () => {
  fc.assert(
    fc.property(fc.array(boots, { maxLength: 3 }), (traced) => {
      const { traceEvents } = traceSchema.parse(JSON.parse(traceReport(traced)));
      const spans = traceEvents.filter((entry) => entry.ph === 'X');
      for (const track of Map.groupBy(spans, ({ pid, tid }) => `${pid} ${tid}`).values()) {
        const open: number[] = [];
        let last = 0;
        // In the order of the file: readers sort by `ts` alone, and of two that begin together the first one is the outer one.
        for (const { ts: start, dur } of track) {
          const end = start + dur;
          assert.ok(start >= last, 'a track goes back');
          last = start;
          while (open.length > 0 && (open.at(-1) as number) <= start) open.pop();
          assert.ok(open.length === 0 || end <= (open.at(-1) as number), 'a span runs out of the one around it');
          open.push(end);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('every track has one name, and every boot is a process of its own', () => {
  const traced = [1, 2].map((number) => {
    const boot = exampleBoot(number, 8000);
    return { boot, timeline: readTimeline({ boot, markers }) };
  });
  const { traceEvents } = traceSchema.parse(JSON.parse(traceReport(traced)));
  const named = traceEvents.filter((entry) => entry.name === 'thread_name').map(({ tid }) => tid);
  assert.equal(new Set(named).size, named.length);
  for (const entry of traceEvents) {
    if (entry.ph === 'X') assert.ok(named.includes(entry.tid));
  }
  for (const [tid, events] of Map.groupBy(traceEvents, ({ tid }) => tid)) {
    assert.equal(new Set(events.map(({ pid }) => pid)).size, 1, `thread ${tid} is in two processes`);
  }
  assert.deepEqual([...new Set(traceEvents.map(({ pid }) => pid))], [1, 2]);
  const counters = new Set(traceEvents.filter(({ ph }) => ph === 'C').map(({ name }) => name));
  assert.ok(counters.has('QEMU memory'));
});

test('hundreds of initcalls that overlap keep to tracks of their own, apart from those of the probes and of the next boot', () => {
  const initcalls = Array.from({ length: 1500 }, (_, index) => ({
    ...{ name: `call${index}`, startNs: index * 1000, endNs: (index + 2000) * 1000, durationNs: 1 },
  }));
  const traced = [1, 2].map((number) => {
    const boot = exampleBoot(number, 8000);
    return { boot, timeline: { ...readTimeline({ boot, markers }), initcalls } };
  });
  const { traceEvents } = traceSchema.parse(JSON.parse(traceReport(traced)));
  const spans = traceEvents.filter((entry) => entry.ph === 'X');
  for (const events of Map.groupBy(spans, ({ tid }) => tid).values()) {
    assert.equal(new Set(events.map(({ pid, cat }) => `${pid} ${cat}`)).size, 1);
  }
  const named = traceEvents.filter(({ name }) => name === 'thread_name').map(({ tid }) => tid);
  assert.equal(new Set(named).size, named.length);
  const processes = new Set(traceEvents.map(({ pid }) => pid));
  assert.ok(!traceEvents.some(({ tid }) => processes.has(tid)), 'a thread has the number of a process');
});
