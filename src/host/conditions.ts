// The changing conditions that samples are taken under: taken before and after a run, judged as warnings, waited for.
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Warning } from '../model/comparison.ts';
import type { HostFacts, HostState } from '../model/conditions.ts';
import { describeBusy, sampleActivity } from './activity.ts';
import { slowdownIn, slowPhrases } from './power.ts';
import { systemOf } from './systems.ts';
import { type HostView, thisHost } from './view.ts';

/** The machine's state now; takes about half a second. `folder` lies on the disk that the run will write to and need not exist. */
export async function hostState(folder: string, host: HostView = thisHost()): Promise<HostState> {
  const system = await systemOf(host);
  const [power, busy, { processorMs, uptimeMinutes, ...state }] = await Promise.all([
    system.power(host),
    sampleActivity(host),
    system.state(host),
  ]);
  return {
    ...state,
    freeDiskMiB: freeDiskMiB(folder),
    power: power.phrases.join(', '),
    busy: busy.map(describeBusy),
    ...(power.throttleCount === null ? {} : { throttleCount: power.throttleCount }),
    ...(processorMs === null ? {} : { processorMs }),
    ...(uptimeMinutes === null ? {} : { uptimeMinutes }),
  };
}

/** What a reader of the measurements must know about the machine's state. `after` is null while a run has not ended. */
export function hostWarnings(
  facts: Pick<HostFacts, 'cpus'>,
  before: HostState,
  after: HostState | null = null,
): readonly Warning[] {
  const warnings: Warning[] = [];
  const warn = (code: string, text: string): void => {
    warnings.push({ code, text });
  };
  const slow = (state: HostState | null, phrase: string): boolean => slowdownIn(state?.power ?? '', phrase) !== null;
  const when = (phrase: string): string =>
    slow(before, phrase) ? (slow(after, phrase) || after === null ? '' : ' when the run began') : ' when the run ended';
  for (const [code, phrase, text] of powerWarnings) {
    if (slow(before, phrase) || slow(after, phrase)) warn(code, `${text}${after === null ? '' : when(phrase)}`);
  }
  const throttled = (after?.throttleCount ?? 0) - (before.throttleCount ?? 0);
  if (after !== null && throttled > 0) {
    warn('throttled', `the processors were throttled ${throttled} times during the run`);
  }
  const stolen = stolenShare(before, after);
  if (stolen > noticedSteal) {
    const percent = `${(stolen * 100).toFixed(1)} %`;
    warn('cpu-steal', `other virtual machines on the same host took ${percent} of the processors' time during the run`);
  }
  if (before.busy.length > 0)
    warn('busy-machine', `other programs were busy before the run: ${before.busy.join(', ')}`);
  // The load average after a run is the run's own.
  if (before.busy.length === 0 && before.loadAverage > facts.cpus * 0.75) {
    warn('load', `the load average was ${before.loadAverage.toFixed(1)} on ${facts.cpus} CPUs before the run`);
  }
  if (after !== null && after.busy.length > 0) {
    warn('busy-machine', `other programs were busy at the end of the run: ${after.busy.join(', ')}`);
  }
  if ((before.uptimeMinutes ?? settledMinutes) < settledMinutes) {
    warn(
      'just-started',
      `the machine was started only ${before.uptimeMinutes} min before the run, and may still have been busy with that`,
    );
  }
  const disk = Math.min(before.freeDiskMiB, after?.freeDiskMiB ?? Number.POSITIVE_INFINITY);
  if (disk < littleDiskMiB) warn('little-disk', `only ${disk} MiB of disk space were free`);
  const memory = before.freeMemoryMiB;
  if (memory > 0 && memory < littleMemoryMiB) warn('little-memory', `only ${memory} MiB of memory were free`);
  return warnings;
}

/** Share of the processors' time that was taken away between two looks; 0 where nobody counts. */
function stolenShare({ processorMs: first }: HostState, after: HostState | null): number {
  const last = after?.processorMs;
  if (first === undefined || last === undefined || last.total <= first.total) return 0;
  return Math.max(0, (last.stolen - first.stolen) / (last.total - first.total));
}

/** A guest with one busy processor of two is then slower by 2 % at most, which is less than what a usual limit looks for. */
const noticedSteal = 0.01;

/** Below these a run may fail for want of room; MiB. */
export const littleDiskMiB = 2048;
export const littleMemoryMiB = 1024;
/** Indexing, updates and log-in items run in the first minutes after a start. */
export const settledMinutes = 10;

const powerWarnings = [
  ['on-battery', slowPhrases.battery, 'the machine ran on its battery'],
  ['low-power-mode', slowPhrases.lowPower, 'the machine was in low power mode'],
  ['throttled', slowPhrases.throttled, 'the machine was throttled'],
  ['slow-governor', slowPhrases.governor, 'the frequency governor was powersave'],
] as const;

export interface Quiet {
  readonly quiet: boolean;
  readonly waitedMs: number;
  /** What was still in the way at the end; empty when quiet. */
  readonly because: string;
}

/**
 * Waits until no other program is busy and nothing throttles, at most `limitMs`; then says so. `onWait` is called with
 * the reasons when there is one that it was not called with before. An aborted signal rejects.
 */
export async function waitUntilQuiet(options: {
  readonly limitMs: number;
  readonly signal?: AbortSignal;
  readonly host?: HostView;
  readonly onWait?: (because: string) => void;
}): Promise<Quiet> {
  const host = options.host ?? thisHost();
  const system = await systemOf(host);
  const started = performance.now();
  const told = new Set<string>();
  while (true) {
    options.signal?.throwIfAborted();
    const [power, busy] = await Promise.all([system.power(host), sampleActivity(host)]);
    const throttled = power.phrases.filter((phrase) => phrase.startsWith(slowPhrases.throttled));
    const because = [...busy.map(describeBusy), ...throttled].join(', ');
    const waitedMs = Math.round(performance.now() - started);
    if (because === '') return { quiet: true, waitedMs, because };
    if (waitedMs >= options.limitMs) return { quiet: false, waitedMs, because };
    const reasons = [...busy.map(({ name }) => name), ...throttled];
    // Percentages differ each time.
    if (reasons.some((reason) => !told.has(reason))) options.onWait?.(because);
    for (const reason of reasons) told.add(reason);
    await sleep(Math.min(1000, options.limitMs - waitedMs), undefined, options.signal && { signal: options.signal });
  }
}

/** Free disk for a user who is not root, in MiB, on the disk where `folder` is or would be made. */
export function freeDiskMiB(folder: string): number {
  for (let path = folder; ; path = dirname(path)) {
    try {
      const { bavail, bsize } = statfsSync(path);
      return Math.floor((bavail * bsize) / (1 << 20));
    } catch (error) {
      if (dirname(path) === path) throw error;
    }
  }
}
