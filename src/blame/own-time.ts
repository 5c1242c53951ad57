// One boot's timeline -> who owned each moment of each phase. Own times tile the phases exactly.
import type { BlamePart } from '../model/blame.ts';
import type { Span, Timeline } from '../model/timeline.ts';

export interface Owner {
  readonly kind: BlamePart['kind'];
  readonly name: string;
}

/** Nanoseconds by owner (`kind name`), for one phase. */
export type OwnTimes = Map<string, { readonly owner: Owner; ns: number }>;

interface Item extends Span {
  readonly owner: Owner;
}

/**
 * Each moment belongs to the service or initcall that began last among those that run: what ran inside another is not counted twice,
 * and of two that ran side by side the later one is charged. What nobody owns is the phase's own, as `unnamed`.
 */
export function ownTimes(timeline: Timeline): Map<string, OwnTimes> {
  const items = itemsOf(timeline);
  const spans = timeline.phases
    .flatMap((phase) => phase.spans.map((span) => ({ ...span, phase: phase.name })))
    .sort((a, b) => a.startNs - b.startNs);
  const result = new Map<string, OwnTimes>(timeline.phases.map(({ name }) => [name, new Map()]));
  const open: Item[] = [];
  let next = 0;
  for (const { phase, startNs, endNs } of spans) {
    const times = result.get(phase) as OwnTimes;
    let at = startNs;
    while (at < endNs) {
      for (let item = items[next]; item && item.startNs <= at; item = items[next]) {
        open.push(item);
        next += 1;
      }
      for (let last = open.at(-1); last && last.endNs <= at; last = open.at(-1)) open.pop();
      const owner = open.at(-1);
      const until = Math.min(endNs, items[next]?.startNs ?? endNs, owner?.endNs ?? endNs);
      charge(times, owner?.owner ?? { kind: 'unnamed', name: phase }, until - at);
      at = until;
    }
  }
  return result;
}

function charge(times: OwnTimes, owner: Owner, ns: number): void {
  const key = `${owner.kind} ${owner.name}`;
  const known = times.get(key);
  if (known) known.ns += ns;
  else times.set(key, { owner, ns });
}

function itemsOf({ services, initcalls }: Timeline): Item[] {
  const items = [
    ...services.map((span) => ({ ...span, owner: { kind: 'service' as const, name: span.name } })),
    ...initcalls.map((span) => ({ ...span, owner: { kind: 'initcall' as const, name: span.name } })),
  ];
  return items
    .filter(({ startNs, endNs }) => endNs > startNs)
    .map(({ startNs, endNs, owner }) => ({ startNs, endNs, owner }))
    .sort((a, b) => a.startNs - b.startNs || b.endNs - a.endNs);
}
