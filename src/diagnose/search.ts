// Looks for the evidence of rules in what is known of a boot.
import type { Boot } from '../model/boot.ts';
import type { SerialLine, Timeline } from '../model/timeline.ts';
import { mendLines } from '../timeline/mend.ts';
import { restartLines } from '../timeline/restarts.ts';
import { guestAnswers, type Hit, longestSearched } from './guest-answers.ts';
import { idleNs } from './idle.ts';
import type { Evidence } from './rule.ts';

/** A boot as rules search it. */
export interface Context {
  readonly boot: Boot;
  readonly timeline: Timeline;
  /** The console as it was written. */
  readonly lines: readonly SerialLine[];
  readonly console: readonly Hit[];
  readonly stderr: readonly Hit[];
  readonly probes: readonly Hit[];
}

/** Of a console longer than this only its beginning and its end are searched. */
const mostLines = 20_000;

/** `lines`: the console as it was written; what the kernel cut in two is put together for the search. */
export function contextOf(boot: Boot, timeline: Timeline, lines: readonly SerialLine[]): Context {
  const half = mostLines / 2;
  const some = lines.length <= mostLines ? lines : [...lines.slice(0, half), ...lines.slice(-half)];
  return {
    boot,
    timeline,
    lines,
    console: mendLines(some).map(({ text, firstNs, lastNs }) => ({
      text: text.slice(0, longestSearched),
      startNs: firstNs,
      endNs: lastNs,
    })),
    stderr: boot.stderr.split('\n').map((text) => unstamped(text.slice(0, longestSearched))),
    probes: guestAnswers(boot),
  };
}

const unstamped = (text: string): Hit => ({ text, startNs: 0, endNs: 0 });

/** What speaks for this evidence; empty where it is not given. */
export function search(evidence: Evidence, context: Context): readonly Hit[] {
  if ('all' in evidence) {
    const found = evidence.all.map((part) => search(part, context));
    return found.some((hits) => hits.length === 0) ? [] : found.flat();
  }
  if ('lacks' in evidence) return lacks(evidence.lacks, context.boot.command);
  if ('restarts' in evidence) return restartLines(context.console);
  if ('idleOverMs' in evidence) {
    const ns = idleOf(context, evidence.name) ?? 0;
    const text = `in ${evidence.name} nothing happened for ${(ns / 1e9).toFixed(1)} s`;
    return ns >= evidence.idleOverMs * 1e6 ? [unstamped(text)] : [];
  }
  if ('overMs' in evidence) {
    const ns = durationNs(context.timeline, evidence.where === 'phases' ? 'phase' : 'service', evidence.name);
    const text = `${evidence.name} took ${(ns / 1e9).toFixed(1)} s`;
    const needed = Math.max(evidence.overMs * 1e6, (evidence.overShare ?? 0) * context.timeline.endNs);
    return ns >= needed ? [unstamped(text)] : [];
  }
  if (evidence.where === 'command') {
    const found = evidence.pattern.exec(context.boot.command.join(' '));
    return found === null ? [] : [unstamped(found[0])];
  }
  const lines = context[evidence.where];
  if ('times' in evidence) return repeated(lines, { ...evidence, times: evidence.times });
  const found = lines.filter(({ text }) => evidence.pattern.test(text));
  if (!('different' in evidence)) return found;
  const names = new Set(found.map(({ text }) => evidence.pattern.exec(text)?.[1]));
  return names.size >= evidence.different ? found : [];
}

interface Repetition {
  readonly pattern: RegExp;
  readonly times: number;
  readonly anew?: RegExp;
  readonly after?: RegExp;
}

/** The lines of those counts that came so far. */
function repeated(all: readonly Hit[], { pattern, times, anew, after }: Repetition): readonly Hit[] {
  const lines = after === undefined ? all : all.slice(all.findLastIndex(({ text }) => after.test(text)) + 1);
  const enough: Hit[] = [];
  const counts = new Map<string, Hit[]>();
  for (const line of lines) {
    if (anew?.test(line.text)) counts.clear();
    const match = pattern.exec(line.text);
    if (match === null) continue;
    const own = counts.get(match[1] ?? '') ?? [];
    own.push(line);
    counts.set(match[1] ?? '', own);
    if (own.length === times) enough.push(...own);
    else if (own.length > times) enough.push(line);
  }
  return enough;
}

/** Only where the command is QEMU's own: what a launcher script gives to QEMU is not known. */
function lacks(pattern: RegExp, command: readonly string[]): readonly Hit[] {
  if (!command.includes('-kernel') || command.some((argument) => pattern.test(argument))) return [];
  return [unstamped('the command line of QEMU names no such device')];
}

/** null where there is no such phase, or where the emulator's CPU use in it is not known. */
export function idleOf({ timeline, boot }: Context, name: string): number | null {
  const phase = timeline.phases.find((one) => one.name === name);
  return phase === undefined ? null : idleNs(boot.usage, phase.spans);
}

export function durationNs(timeline: Timeline, of: 'phase' | 'service', name: string | RegExp): number {
  const fits = (one: { readonly name: string }): boolean =>
    typeof name === 'string' ? one.name === name : name.test(one.name);
  if (of === 'phase') return timeline.phases.find(fits)?.durationNs ?? 0;
  return timeline.services.filter(fits).reduce((sum, { startNs, endNs }) => sum + (endNs - startNs), 0);
}
