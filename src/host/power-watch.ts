// Whether the machine stayed fast while a run lasted: waited for before it, looked at after each boot.
import type { UsageSample } from '../model/boot.ts';
import type { Warning } from '../model/comparison.ts';
import type { ProgressSink } from '../model/progress.ts';
import { waitUntilQuiet } from './conditions.ts';
import { slowdownIn, slowPhrases } from './power.ts';
import { systemOf } from './systems.ts';
import { type HostView, thisHost } from './view.ts';

export interface PowerWatch {
  /** Waits for a cool and quiet machine, at most the limit, and says for what. */
  settle(): Promise<void>;
  /** To be called just before a boot, and when it has ended. */
  look(boot: number): Promise<void>;
  /** What the system told of the emulator while it ran. */
  hear(boot: number, usage: readonly UsageSample[]): void;
  /** What a reader must know: that it never became quiet, and which boots were slowed down half way through a run. */
  warnings(): readonly Warning[];
}

export interface PowerWatchOptions {
  /** 2 min on a Mac and nothing elsewhere, if not given. */
  readonly quietWaitMs?: number | undefined;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
  readonly host?: HostView;
}

export function watchPower(options: PowerWatchOptions): PowerWatch {
  const host = options.host ?? thisHost();
  const slowed = new Map<string, Set<number>>();
  const mark = (code: string, boot: number): void => void slowed.set(code, (slowed.get(code) ?? new Set()).add(boot));
  const warnings: Warning[] = [];
  return {
    async settle() {
      const system = await systemOf(host);
      const limitMs = options.quietWaitMs ?? system.quietWaitMs;
      const priority = (await system.process(host, host.pid))?.priority ?? null;
      if (priority !== null && priority > 0 && priority <= backgroundBand) {
        const text =
          'this job runs as background work, which macOS keeps on the efficiency cores: set ProcessType to Interactive (see bootgauge doctor)';
        warnings.push({ code: 'efficiency-cores', text });
      }
      if (limitMs === 0) return;
      const { quiet, waitedMs, because } = await waitUntilQuiet({
        limitMs,
        host,
        signal: options.signal,
        onWait: (reason) => options.progress({ kind: 'note', text: `waiting for a quiet machine: ${reason}` }),
      });
      if (quiet) return;
      const text = `the machine did not become quiet within ${Math.round(waitedMs / 1000)} s: ${because}`;
      options.progress({ kind: 'note', text });
      warnings.push({ code: 'not-quiet', text });
    },
    async look(boot) {
      const { phrases } = await (await systemOf(host)).power(host);
      for (const phrase of [slowPhrases.throttled, slowPhrases.battery, slowPhrases.lowPower]) {
        if (slowdownIn(phrases.join(', '), phrase) !== null) mark(phrase, boot);
      }
    },
    hear(boot, usage) {
      if (usage.some(({ priority = 0 }) => priority > 0 && priority <= backgroundBand)) mark('background', boot);
      if (usage.some(({ tookNs = 0 }) => tookNs > slowAnswerNs)) mark('slow-ps', boot);
    },
    warnings() {
      const marked = [...slowed].map(([what, boots]) => ({
        code: `during-${what.replaceAll(' ', '-')}`,
        text: `${sentences[what] ?? `the machine was ${what}`} during ${boots.size === 1 ? 'boot' : 'boots'} ${ranges([...boots].toSorted((one, other) => one - other))}`,
      }));
      return [...warnings, ...marked];
    },
  };
}

/** Priority that macOS gives to background work, which it keeps on the efficiency cores (see macos/checks.ts). */
const backgroundBand = 4;
/** Longer than this a system is not asked without cost. */
const slowAnswerNs = 1e9;

const sentences: Readonly<Record<string, string>> = {
  [slowPhrases.lowPower]: 'the machine was in low power mode',
  background: 'macOS ran QEMU as background work (App Nap, a locked screen or a background job)',
  'slow-ps': 'ps took longer than a second, so that cpu-time may be missing,',
};

/** `1 to 4, 7`. */
function ranges(numbers: readonly number[]): string {
  const spans: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const span = spans.at(-1);
    if (span && span.last + 1 === number) span.last = number;
    else spans.push({ first: number, last: number });
  }
  return spans.map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`)).join(', ');
}
