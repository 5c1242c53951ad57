// Services from what init systems print: begun and ended, nested, left open. Times are handed in; nothing is matched here.
import type { ServiceSpan } from '../model/timeline.ts';
import type { Marker } from './marker.ts';
import type { Voice } from './service-tokens.ts';

export interface OpenService {
  readonly name: string;
  /** What its voice calls it, perhaps cut in the middle by an ellipsis. */
  readonly label: string;
  readonly voice: Voice;
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
  /** A service announced itself. Returns those that thereby turn out to have ended; null where it is known already, by another voice. */
  begin(service: OpenService): EndedService[] | null;
  /** The innermost open service of this voice ended. Null when none is open. */
  endInnermost(voice: Voice, outcome: 'ok' | 'failed', atNs: number): EndedService | null;
  /** A service ended by its label. Null when it never announced itself. */
  endLabelled(voice: Voice, label: string, outcome: 'ok' | 'failed', atNs: number): EndedService | null;
  /** A service that OpenRC calls failed: what it left open. */
  fail(name: string, atNs: number): EndedService[];
  /** Closes what is still open. */
  finish(atNs: number): EndedService[];
}

/** Innermost services beyond this are not tracked: a guest that announces and never ends must not cost memory. */
const deepest = 64;
const mostRemembered = 1000;
/** Their steps come one after the other, and end without a word. */
const sequential: ReadonlySet<Voice> = new Set<Voice>(['sysv', 'procd', 'runit']);

export function createServiceTracker(): ServiceTracker {
  const open: Entry[] = [];
  /** systemd speaks twice, through its status lines and the kernel's log: who has told of a label to its end. */
  const told = new Map<string, Voice>();
  let lastFailed = false;

  function begin(service: OpenService): EndedService[] | null {
    const { voice, label } = service;
    if (isSystemd(voice)) {
      if (open.some((entry) => entry.voice !== voice && isSystemd(entry.voice) && sameLabel(entry.label, label)))
        return null;
      const other = told.get(label);
      if (other !== undefined && other !== voice) {
        told.delete(label);
        return null;
      }
    }
    lastFailed = false;
    const ended = sequential.has(voice) ? stepsBefore(service) : quietlyEnded(service);
    const parent = open.findLast((entry) => entry.voice === voice);
    const indent = service.indent === 0 ? (parent?.indent ?? 0) + 1 : service.indent;
    const nested = parent !== undefined && voice === 'openrc' && indent > parent.indent;
    if (open.length < deepest) {
      open.push({
        ...service,
        indent,
        name: nested ? `${parent.name}/${service.name}` : service.name,
        lastChild: null,
      });
    }
    return ended;
  }

  /** Alpine's networking announces itself, then each interface deeper, and never says [ ok ] for itself. */
  function quietlyEnded(service: OpenService): EndedService[] {
    const ended: EndedService[] = [];
    for (let outer = open.at(-1); outer?.lastChild && outer.indent >= service.indent; outer = open.at(-1)) {
      if (service.indent === 0) break;
      open.pop();
      ended.push(quietly(outer));
    }
    return ended;
  }

  function stepsBefore({ voice, indent, startNs }: OpenService): EndedService[] {
    const before = open.filter((entry) => entry.voice === voice && entry.indent >= indent);
    for (const entry of before) open.splice(open.indexOf(entry), 1);
    return before.map((entry) => close(entry, voice === 'sysv' ? 'unfinished' : 'ok', startNs));
  }

  function endInnermost(voice: Voice, outcome: 'ok' | 'failed', atNs: number): EndedService | null {
    const position = open.findLastIndex((entry) => entry.voice === voice);
    const [entry] = position < 0 ? [] : open.splice(position, 1);
    if (!entry) return null;
    lastFailed = outcome === 'failed';
    const parent = open.findLast((one) => one.voice === voice);
    if (parent) {
      const failed = outcome === 'failed' && parent.lastChild?.failed !== false;
      parent.lastChild = { startNs: entry.startNs, endNs: atNs, failed, deeper: entry.indent > parent.indent };
    }
    return close(entry, outcome, atNs);
  }

  function endLabelled(voice: Voice, label: string, outcome: 'ok' | 'failed', atNs: number): EndedService | null {
    const position = open.findLastIndex(
      (entry) =>
        (entry.voice === voice || (isSystemd(voice) && isSystemd(entry.voice))) && sameLabel(entry.label, label),
    );
    const [entry] = position < 0 ? [] : open.splice(position, 1);
    if (!entry) return null;
    if (isSystemd(voice) && told.size < mostRemembered) told.set(entry.label, voice);
    return close(entry, outcome, atNs);
  }

  /** With its `[ !! ]` it has ended itself. Without a name that fits, the innermost one is meant: OpenRC starts one after the other. */
  function fail(name: string, atNs: number): EndedService[] {
    const own = open.findIndex((entry) => entry.voice === 'openrc' && entry.name === name);
    const position = own >= 0 || lastFailed ? own : open.findLastIndex((entry) => entry.voice === 'openrc');
    if (position < 0) return [];
    const inside = open.slice(position).filter((entry) => entry.voice === 'openrc');
    for (const entry of inside) open.splice(open.indexOf(entry), 1);
    return inside.reverse().map((entry) => close(entry, 'failed', atNs));
  }

  function finish(atNs: number): EndedService[] {
    return open
      .splice(0)
      .map((entry) =>
        entry.lastChild
          ? quietly(entry)
          : close(entry, entry.voice === 'procd' ? 'ok' : 'unfinished', Math.max(atNs, entry.startNs)),
      );
  }

  return { begin, endInnermost, endLabelled, fail, finish };
}

const isSystemd = (voice: Voice): boolean => voice === 'systemd' || voice === 'systemd-log';

/** Whether two texts may be the same name, each cut in its middle to fit beside another word. */
function sameLabel(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [ends(one), ends(other)];
  if (!a.cut && !b.cut) return false;
  const heads = a.head.startsWith(b.head) || b.head.startsWith(a.head);
  return heads && (a.tail.endsWith(b.tail) || b.tail.endsWith(a.tail));
}

/** systemd cuts with `…`, or with `...` where the console is not UTF-8. */
function ends(label: string): { head: string; tail: string; cut: boolean } {
  const mark = label.includes('…') ? '…' : '...';
  const at = label.indexOf(mark);
  if (at < 3) return { head: label, tail: label, cut: false };
  return { head: label.slice(0, at), tail: label.slice(at + mark.length), cut: true };
}

/** It ended with the last thing inside it (one interface that came up is enough), or was given up when the next one of its level began. */
function quietly(entry: Entry): EndedService {
  const child = entry.lastChild;
  if (!child?.deeper) return close(entry, 'unfinished', child?.startNs ?? entry.startNs);
  return close(entry, child.failed ? 'failed' : 'ok', child.endNs);
}

function close(entry: Entry, outcome: ServiceSpan['outcome'], endNs: number): EndedService {
  const { name, label, voice, indent, startNs, markers } = entry;
  return { name, label, voice, indent, startNs, markers, outcome, endNs: Math.max(endNs, startNs) };
}
