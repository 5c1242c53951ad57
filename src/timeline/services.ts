// Services from what an init system prints: begun and ended, nested, left open. Times are handed in; nothing is matched here.
import type { ServiceSpan } from '../model/timeline.ts';
import type { Marker } from './marker-profiles.ts';

export interface OpenService {
  readonly name: string;
  readonly indent: number;
  readonly startNs: number;
  /** Markers whose text announced this service. */
  readonly markers: readonly Marker[];
}

export interface EndedService extends OpenService {
  readonly endNs: number;
  readonly outcome: ServiceSpan['outcome'];
}

interface Entry extends OpenService {
  lastChild: { startNs: number; endNs: number; failed: boolean; deeper: boolean } | null;
}

export interface ServiceTracker {
  /** A service announced itself. Returns those that thereby turn out to have ended without saying so. */
  begin(service: OpenService): EndedService[];
  /** `[ ok ]` or `[ !! ]`: the innermost open service ended. Null when none is open. */
  endInnermost(outcome: 'ok' | 'failed', atNs: number): EndedService | null;
  /** A service ended by name. Null when it never announced itself. */
  endNamed(name: string, outcome: 'ok' | 'failed', atNs: number): EndedService | null;
  /** Closes what is still open. */
  finish(atNs: number): EndedService[];
}

/** Innermost services beyond this are not tracked: a guest that announces and never ends must not cost memory. */
const deepest = 64;

export function createServiceTracker(): ServiceTracker {
  const open: Entry[] = [];

  function begin(service: OpenService): EndedService[] {
    const ended: EndedService[] = [];
    // Alpine's networking announces itself, then each interface deeper, and never says [ ok ] for itself.
    for (let outer = open.at(-1); outer?.lastChild && outer.indent >= service.indent; outer = open.at(-1)) {
      open.pop();
      ended.push(quietly(outer));
    }
    const parent = open.at(-1);
    const nested = parent !== undefined && service.indent > parent.indent;
    if (open.length < deepest) {
      open.push({ ...service, name: nested ? `${parent.name}/${service.name}` : service.name, lastChild: null });
    }
    return ended;
  }

  function endInnermost(outcome: 'ok' | 'failed', atNs: number): EndedService | null {
    const entry = open.pop();
    if (!entry) return null;
    const parent = open.at(-1);
    if (parent) {
      const failed = outcome === 'failed' && parent.lastChild?.failed !== false;
      parent.lastChild = { startNs: entry.startNs, endNs: atNs, failed, deeper: entry.indent > parent.indent };
    }
    return close(entry, outcome, atNs);
  }

  function endNamed(name: string, outcome: 'ok' | 'failed', atNs: number): EndedService | null {
    const position = open.findLastIndex((entry) => entry.name === name);
    if (position < 0) return null;
    const [entry] = open.splice(position, 1);
    return close(entry as Entry, outcome, atNs);
  }

  function finish(atNs: number): EndedService[] {
    return open
      .splice(0)
      .map((entry) => (entry.lastChild ? quietly(entry) : close(entry, 'unfinished', Math.max(atNs, entry.startNs))));
  }

  return { begin, endInnermost, endNamed, finish };
}

/** It ended with the last thing inside it (one interface that came up is enough), or was given up when the next one of its level began. */
function quietly(entry: Entry): EndedService {
  const child = entry.lastChild;
  if (!child?.deeper) return close(entry, 'unfinished', child?.startNs ?? entry.startNs);
  return close(entry, child.failed ? 'failed' : 'ok', child.endNs);
}

function close(entry: Entry, outcome: ServiceSpan['outcome'], endNs: number): EndedService {
  const { name, indent, startNs, markers } = entry;
  return { name, indent, startNs, markers, outcome, endNs: Math.max(endNs, startNs) };
}
