// The critical chain of one boot: backwards from the moment something was ready, always to what ended last before.

import type { ChainLink } from '../model/blame.ts';
import type { Boot } from '../model/boot.ts';
import type { Span, Timeline } from '../model/timeline.ts';

/** Initcalls shorter than this share of the chain are left to their phase: there are thousands. */
const namedInitcall = 0.01;

interface Item extends Span {
  readonly kind: ChainLink['kind'];
  readonly name: string;
}

/** Links that tile the time from the spawn to `targetNs`. */
export function criticalChain(boot: Pick<Boot, 'probes' | 'ready'>, timeline: Timeline, targetNs: number): ChainLink[] {
  const items = itemsOf(boot, timeline, targetNs).sort((a, b) => b.endNs - a.endNs || b.startNs - a.startNs);
  const links: Item[] = [];
  let at = targetNs;
  for (const item of items) {
    if (item.endNs > at) continue;
    links.push(...between(timeline, item.endNs, at), item);
    at = item.startNs;
  }
  links.push(...between(timeline, 0, at));
  return links.reverse().map(({ kind, name, startNs, endNs }) => ({
    kind,
    name,
    startMs: startNs / 1e6,
    endMs: endNs / 1e6,
  }));
}

function itemsOf({ probes, ready }: Pick<Boot, 'probes' | 'ready'>, timeline: Timeline, targetNs: number): Item[] {
  const { services, initcalls } = timeline;
  // What holds others is told by those: networking by its interfaces.
  const innermost = services.filter(
    ({ name, startNs, endNs }) =>
      !services.some((other) => other.name.startsWith(`${name}/`) && other.startNs >= startNs && other.endNs <= endNs),
  );
  const items: Item[] = [
    ...innermost.map(({ name, startNs, endNs }) => ({ kind: 'service' as const, name, startNs, endNs })),
    ...initcalls
      .filter(({ startNs, endNs }) => endNs - startNs >= namedInitcall * targetNs)
      .map(({ name, startNs, endNs }) => ({ kind: 'initcall' as const, name, startNs, endNs })),
    ...probes
      .filter(({ probe, outcome }) => probe !== (ready ?? 'ssh-banner') && outcome === 'ok')
      .map(({ probe, startedNs, atNs }) => ({ kind: 'probe' as const, name: probe, startNs: startedNs, endNs: atNs })),
  ];
  return items.filter(({ startNs, endNs }) => endNs > startNs && endNs <= targetNs);
}

/** What no item covers, by phase; after the banner it is the wait for the probes. Latest first. */
function between(timeline: Timeline, startNs: number, endNs: number): Item[] {
  if (endNs <= startNs) return [];
  const spans = timeline.phases.flatMap((phase) => phase.spans.map((span) => ({ ...span, name: phase.name })));
  const covered = spans.flatMap((span): Item[] => {
    const from = Math.max(span.startNs, startNs);
    const to = Math.min(span.endNs, endNs);
    return to > from ? [{ kind: 'phase', name: span.name, startNs: from, endNs: to }] : [];
  });
  const after = Math.max(startNs, timeline.endNs);
  if (endNs > after) covered.push({ kind: 'phase', name: 'after the banner', startNs: after, endNs });
  return covered.sort((a, b) => b.startNs - a.startNs);
}
