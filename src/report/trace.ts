// trace.json for Perfetto and chrome://tracing (Trace Event Format, JSON object form): one process per boot, all beginning
// at zero, with tracks for phases, services, initcalls and probes, and counters for the emulator's CPU and memory.
import type { Boot } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Span, Timeline } from '../model/timeline.ts';

/** A boot and what its console means. Only events, probes and usage of the boot are read. */
export interface TracedBoot {
  readonly boot: Pick<Boot, 'number' | 'scenario' | 'side' | 'warmup' | 'events' | 'probes' | 'usage' | 'outcome'>;
  readonly timeline: Timeline;
}

/**
 * The trace as JSON with one event per line. Times are whole microseconds since the spawn: Perfetto cuts `ts` and `dur` of other numbers
 * down to nanoseconds each by itself, so that spans which touch or end together would overlap, and then drops them.
 */
export function traceReport(boots: readonly TracedBoot[]): string {
  let last = boots.length;
  const nextTid = (): number => ++last;
  const events = boots.flatMap((entry, index) => bootEvents(entry, index + 1, nextTid));
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  return `{"displayTimeUnit":"ms","traceEvents":[\n${lines}\n]}\n`;
}

type Thread = Readonly<Record<'pid' | 'tid', number>>;

interface NamedSpan extends Span {
  readonly name: string;
  readonly details: Readonly<Record<string, string | number>>;
}

type TraceEvent = Readonly<Record<string, unknown>>;

/** Unique in the whole trace, and no pid: Perfetto finds a thread by its tid alone, and gives each process one with the tid of its pid. */
type NextTid = () => number;

function bootEvents({ boot, timeline }: TracedBoot, pid: number, nextTid: NextTid): readonly TraceEvent[] {
  const warmup = boot.warmup ? ', warm-up' : '';
  const name = `${plainLine(boot.scenario, 60)}: boot ${boot.number} (${boot.side}${warmup})`;
  const phases = timeline.phases.flatMap((phase) =>
    phase.spans.map((span) => ({ ...span, name: phase.name, details: { 'phase ms': phase.durationNs / 1e6 } })),
  );
  const services = timeline.services.map((span) => ({ ...span, details: { outcome: span.outcome } }));
  const initcalls = timeline.initcalls.map((span) => ({ ...span, details: { 'kernel ms': span.durationNs / 1e6 } }));
  const probes = boot.probes.map((probe) => ({
    name: `${probe.probe}: ${probe.outcome}`,
    startNs: probe.startedNs,
    endNs: probe.atNs,
    details: { detail: plainLine(probe.detail) },
  }));
  const main: Thread = { pid, tid: nextTid() };
  return [
    { ph: 'M', ...main, name: 'process_name', args: { name } },
    { ph: 'M', ...main, name: 'process_sort_index', args: { sort_index: pid } },
    ...tracks(pid, nextTid, 'phases', 'phase', phases),
    ...tracks(pid, nextTid, 'services', 'service', services),
    ...tracks(pid, nextTid, 'initcalls', 'initcall', initcalls),
    ...tracks(pid, nextTid, 'probes', 'probe', probes),
    ...instants(main, [...boot.events, ...timeline.marks]),
    ...counters(main, boot.usage),
  ];
}

/** Rounding never turns two moments round, so spans still nest and phases still tile. */
const microseconds = (ns: number): number => Math.round(ns / 1000);

/** Spans of one kind on as many tracks as it takes for each track's spans to nest. */
function tracks(pid: number, nextTid: NextTid, title: string, cat: string, spans: readonly NamedSpan[]): TraceEvent[] {
  const sorted = spans
    .filter((span) => Number.isFinite(span.startNs) && span.endNs >= span.startNs)
    .sort((left, right) => left.startNs - right.startNs || right.endNs - left.endNs);
  const open: number[][] = [];
  const tids: number[] = [];
  const events = sorted.map((span): TraceEvent => {
    for (const ends of open) while (ends.length > 0 && (ends.at(-1) as number) <= span.startNs) ends.pop();
    const fitting = open.findIndex((ends) => ends.length === 0 || span.endNs <= (ends.at(-1) as number));
    const track = fitting < 0 ? open.push([]) - 1 : fitting;
    if (fitting < 0) tids.push(nextTid());
    open[track]?.push(span.endNs);
    const ts = microseconds(span.startNs);
    const times = { ts, dur: microseconds(span.endNs) - ts };
    return {
      ph: 'X',
      pid,
      tid: tids[track],
      cat,
      name: plainLine(span.name, 120),
      ...times,
      args: span.details,
    };
  });
  const names = tids.flatMap((tid, track): TraceEvent[] => [
    { ph: 'M', pid, tid, name: 'thread_name', args: { name: track === 0 ? title : `${title} ${track + 1}` } },
    { ph: 'M', pid, tid, name: 'thread_sort_index', args: { sort_index: tid } },
  ]);
  return [...names, ...events];
}

function instants(main: Thread, events: readonly { readonly atNs: number; readonly name: string }[]): TraceEvent[] {
  const sorted = [...events].sort((left, right) => left.atNs - right.atNs);
  const unique = new Map(sorted.map((event) => [`${event.name} ${event.atNs}`, event]));
  return [...unique.values()].map((event) => ({
    ph: 'i',
    s: 'p',
    ...main,
    cat: 'mark',
    name: plainLine(event.name, 120),
    ts: microseconds(event.atNs),
  }));
}

/** CPU as percent of one core between two readings, memory as it was read. */
function counters(main: Thread, usage: Boot['usage']): TraceEvent[] {
  return usage.flatMap((sample, index) => {
    const next = usage[index + 1];
    const common = { ph: 'C', ...main, ts: microseconds(sample.atNs) };
    const memory = { ...common, name: 'QEMU memory' };
    const args = { MiB: Math.round(sample.rssBytes / 1024 / 1024) };
    if (next === undefined || next.atNs <= sample.atNs) return [{ ...memory, args }];
    const percent = (100 * Math.max(0, next.cpuNs - sample.cpuNs)) / (next.atNs - sample.atNs);
    return [
      { ...common, name: 'QEMU CPU', args: { percent: Math.round(percent * 10) / 10 } },
      { ...memory, args },
    ];
  });
}
