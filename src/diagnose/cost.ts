// What a cause costs one boot, in ms, as its rule says where to read it; 0 where that cannot be measured.
import type { Hit } from './guest-answers.ts';
import type { Cost } from './rule.ts';
import { type Context, durationNs, idleOf } from './search.ts';

export function costOf(cost: Cost, hits: readonly Hit[], context: Context): number {
  switch (cost.of) {
    case 'idle':
      return (idleOf(context, cost.name) ?? 0) / 1e6;
    case 'timeouts': {
      const { when } = cost;
      if (when !== undefined && !hits.some(({ text }) => when.test(text))) return 0;
      const whole = Math.floor(durationNs(context.timeline, 'phase', cost.phase) / (cost.eachMs * 1e6));
      return Math.min(whole, cost.most) * cost.eachMs;
    }
    case 'lines':
      return hits.reduce((sum, { startNs, endNs }) => sum + (endNs - startNs), 0) / 1e6;
    case 'span': {
      const starts = hits.map(({ startNs }) => startNs);
      return hits.length < 2 ? 0 : (Math.max(...starts) - Math.min(...starts)) / 1e6;
    }
    case 'told':
      return Math.max(0, ...hits.map(({ text }) => toldMs(cost.read.exec(text)?.groups)));
    case 'evidence':
      return evidenceNs(cost.still, hits, context.console) / 1e6;
    case 'phase':
    case 'service':
      return durationNs(context.timeline, cost.of, cost.name) / 1e6;
  }
}

const toldMs = (groups: Readonly<Record<string, string | undefined>> = {}): number =>
  Number(groups.min ?? 0) * 60_000 + Number(groups.s ?? 0) * 1_000;

/** 0 where nothing came behind the evidence, so that nobody knows how long it went on. */
function evidenceNs(still: RegExp, hits: readonly Hit[], console: readonly Hit[]): number {
  const evidence = new Set(hits);
  const first = console.find((line) => evidence.has(line));
  const last = console.findLastIndex((line) => evidence.has(line));
  const next = console.slice(last + 1).find(({ text }) => !still.test(text));
  return first === undefined || next === undefined ? 0 : next.startNs - first.startNs;
}
