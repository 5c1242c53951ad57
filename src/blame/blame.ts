// Blame: all complete boots of one side -> shares of time that add up, silences, and the chain of the typical boot.
import type { BlamePart, Chain, ClockStory, PhaseBlame, SideBlame, Silence } from '../model/blame.ts';
import { type Boot, busyCpus, idleCpus } from '../model/boot.ts';
import type { Side } from '../model/scenario.ts';
import type { Timeline } from '../model/timeline.ts';
import { ascending, median, quantileOfSorted } from '../stats/quantiles.ts';
import { addUp } from './add-up.ts';
import { criticalChain } from './chain.ts';
import { type Owner, ownTimes } from './own-time.ts';
import { silences } from './silence.ts';

export interface BlamedBoot {
  readonly boot: Boot;
  readonly timeline: Timeline;
}

/** Smaller parts than these many of a phase are told as one. */
const mostParts = 25;
/** CPU time is counted in ticks: less silence than this tells nothing. */
const shortestJudgedMs = 250;

/**
 * Blame of head, and of base when it has boots, in that order. Left out are warm-ups and boots whose main readiness never came, which
 * the metrics rank as the slowest; a boot whose later probe failed is in. `probeMetrics` are the metrics of other readiness and the users' probes, which get
 * a chain of their own besides that to the main readiness.
 */
export function blame(boots: readonly BlamedBoot[], probeMetrics: readonly string[]): SideBlame[] {
  const base = sideBlame('base', boots, probeMetrics);
  const head = sideBlame('head', boots, probeMetrics);
  if (head === null) return base === null ? [] : [base];
  if (base === null) return [head];
  const baseMs = (name: string): number => base.phases.find((phase) => phase.name === name)?.ms ?? 0;
  const gone = base.phases.filter(({ name }) => !head.phases.some((phase) => phase.name === name));
  const phases = [
    ...head.phases.map((phase) => ({ ...phase, differenceMs: phase.ms - baseMs(phase.name) })),
    ...gone.map(({ name, ms }) => ({ ...absentPhase(name), differenceMs: -ms })),
  ];
  return [{ ...head, phases }, base];
}

const absentPhase = (name: string): PhaseBlame => ({
  name,
  ...{ ms: 0, lowMs: 0, highMs: 0, differenceMs: null, parts: [] },
  silence: { ms: 0, share: 0, cpus: null, word: 'unknown' },
});

function sideBlame(side: Side, all: readonly BlamedBoot[], probeMetrics: readonly string[]): SideBlame | null {
  const boots = all.filter(({ boot, timeline }) => boot.side === side && !boot.warmup && timeline.complete);
  const typical = typicalOf(boots);
  if (typical === null) return null;
  const totalMs = median(boots.map(({ timeline }) => timeline.endNs)) / 1e6;
  const names = phaseNames(boots);
  const durations = names.map((name) => boots.map(({ timeline }) => durationMs(timeline, name)));
  const shares = addUp(durations.map(shareOf), totalMs);
  const own = boots.map(({ timeline }) => ownTimes(timeline));
  const quiet = boots.map(({ boot, timeline }) => silences(boot, timeline));
  const phases = names.map((name, index): PhaseBlame => {
    const ms = shares[index] as number;
    return {
      name,
      ms,
      ...quartiles(durations[index] as number[]),
      differenceMs: null,
      silence: silenceOf(
        durations[index] as number[],
        quiet.map((entry) => entry.get(name) ?? { ns: 0, cpuNs: 0 }),
      ),
      parts: partsOf(
        own.map((entry) => [...(entry.get(name)?.values() ?? [])]),
        ms,
        name,
      ),
    };
  });
  return {
    side,
    profile: typical.boot.profile,
    boots: boots.length,
    totalMs,
    phases,
    chains: chainsOf(boots, typical, probeMetrics),
    clock: clockOf(typical),
  };
}

/** The complete boot in the middle; the earlier one of two. */
export function typicalOf<T extends BlamedBoot>(boots: readonly T[]): T | null {
  const sorted = boots.toSorted((a, b) => a.timeline.endNs - b.timeline.endNs || a.boot.number - b.boot.number);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

function phaseNames(boots: readonly BlamedBoot[]): string[] {
  return [...new Set(boots.flatMap(({ timeline }) => timeline.phases.map(({ name }) => name)))];
}

function durationMs(timeline: Timeline, name: string): number {
  return (timeline.phases.find((phase) => phase.name === name)?.durationNs ?? 0) / 1e6;
}

function shareOf(values: readonly number[]): { value: number; spread: number } {
  const { lowMs, highMs } = quartiles(values);
  return { value: median(values), spread: highMs - lowMs };
}

function quartiles(values: readonly number[]): { lowMs: number; highMs: number } {
  const sorted = ascending(values);
  return { lowMs: quantileOfSorted(sorted, 0.25), highMs: quantileOfSorted(sorted, 0.75) };
}

function partsOf(
  boots: readonly (readonly { readonly owner: Owner; readonly ns: number }[])[],
  phaseMs: number,
  phase: string,
): BlamePart[] {
  const owners = new Map<string, { owner: Owner; values: number[] }>();
  for (const [index, times] of boots.entries()) {
    for (const { owner, ns } of times) {
      const key = `${owner.kind} ${owner.name}`;
      const known = owners.get(key) ?? { owner, values: new Array<number>(boots.length).fill(0) };
      known.values[index] = (known.values[index] ?? 0) + ns / 1e6;
      owners.set(key, known);
    }
  }
  const sorted = [...owners.values()].sort((a, b) => median(b.values) - median(a.values));
  const kept = sorted.slice(0, mostParts);
  const rest = sorted.slice(mostParts);
  if (rest.length > 0) {
    const values = boots.map((_, index) => rest.reduce((sum, entry) => sum + (entry.values[index] ?? 0), 0));
    const kind = rest[0]?.owner.kind ?? 'unnamed';
    kept.push({ owner: { kind, name: `${rest.length} others in ${phase}` }, values });
  }
  const shares = addUp(
    kept.map(({ values }) => shareOf(values)),
    phaseMs,
  );
  return kept
    .map(({ owner, values }, index) => ({ ...owner, ms: shares[index] as number, ...quartiles(values) }))
    .filter(({ ms }) => ms > 0)
    .sort((a, b) => b.ms - a.ms);
}

function silenceOf(
  durations: readonly number[],
  quiet: readonly { readonly ns: number; readonly cpuNs: number | null }[],
): Silence {
  const silent = quiet.map(({ ns }) => ns / 1e6);
  const ms = median(silent);
  const share = median(
    silent.map((value, index) => ((durations[index] ?? 0) > 0 ? value / (durations[index] ?? 1) : 0)),
  );
  const sampled = quiet.filter(({ cpuNs }) => cpuNs !== null);
  const whole = sampled.reduce((sum, { ns }) => sum + ns, 0);
  if (ms < shortestJudgedMs || whole === 0) return { ms, share, cpus: null, word: 'unknown' };
  const cpus = sampled.reduce((sum, { cpuNs }) => sum + (cpuNs ?? 0), 0) / whole;
  return { ms, share, cpus, word: cpus >= busyCpus ? 'busy' : cpus <= idleCpus ? 'idle' : 'partly busy' };
}

/** To a probe's metric it is the typical boot of those in which that probe passed: the typical one of all may have failed it. */
function chainsOf(boots: readonly BlamedBoot[], typical: BlamedBoot, probeMetrics: readonly string[]): Chain[] {
  const chain = (metric: string, { boot, timeline }: BlamedBoot, targetNs: number): Chain => ({
    metric,
    boot: boot.number,
    links: criticalChain(boot, timeline, targetNs),
  });
  return [
    chain(typical.boot.ready ?? 'time-to-ssh', typical, typical.timeline.endNs),
    ...probeMetrics.flatMap((metric) => {
      const drawn = typicalOf(boots.filter(({ boot }) => passedNs(boot, metric) !== null));
      const targetNs = drawn === null ? null : passedNs(drawn.boot, metric);
      return drawn === null || targetNs === null ? [] : [chain(metric, drawn, targetNs)];
    }),
  ];
}

function passedNs({ probes }: Boot, metric: string): number | null {
  return probes.find(({ probe, outcome }) => probe === metric && outcome === 'ok')?.atNs ?? null;
}

function clockOf({ timeline }: BlamedBoot): ClockStory | null {
  const { clockFit: fit, marks } = timeline;
  if (fit === null) return null;
  const kernelZeroMs = fit.offsetNs / 1e6;
  const seen = marks.find(({ name }) => name === 'kernel');
  if (seen === undefined)
    return { firstLineMs: kernelZeroMs + fit.silentNs / 1e6, kernelZeroMs, silentMs: fit.silentNs / 1e6 };
  const firstLineMs = seen.atNs / 1e6;
  return { firstLineMs, kernelZeroMs, silentMs: Math.max(0, firstLineMs - kernelZeroMs) };
}
