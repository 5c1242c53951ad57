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

/** Innermost services beyond this are not tracked: a guest that announces and never ends must not cost memory. */
const deepest = 64;
const mostRemembered = 1000;
/** Their steps come one after the other, and end without a word. */
const sequential: ReadonlySet<Voice> = new Set<Voice>(['sysv', 'procd', 'runit', 'mkinitcpio']);

/** Follows services from their announcement to their end. */
export class ServiceTracker {
  /** Begun and not ended, the innermost last. */
  readonly #open: Entry[] = [];
  /** systemd speaks twice, through its status lines and the kernel's log: label -> by which of both its end was told. */
  readonly #endedBy = new Map<string, Voice>();
  #lastFailed = false;

  /** A service announced itself. Returns those that thereby turn out to have ended; null where another voice has announced it already. */
  begin(service: OpenService): EndedService[] | null {
    const { voice } = service;
    if (isSystemd(voice) && this.#isKnown(service)) return null;
    this.#lastFailed = false;
    const ended = sequential.has(voice) ? this.#endSteps(service) : this.#endQuietOnes(service);
    const parent = this.#innermost(voice);
    const indent = service.indent === 0 ? (parent?.indent ?? 0) + 1 : service.indent;
    const nested = parent !== undefined && voice === 'openrc' && indent > parent.indent;
    const name = nested ? `${parent.name}/${service.name}` : service.name;
    if (this.#open.length < deepest) this.#open.push({ ...service, indent, name, lastChild: null });
    return ended;
  }

  /** The innermost open service of this voice ended. Null when none is open. */
  endInnermost(voice: Voice, outcome: 'ok' | 'failed', atNs: number): EndedService | null {
    const entry = this.#remove(this.#innermost(voice));
    if (entry === undefined) return null;
    this.#lastFailed = outcome === 'failed';
    const parent = this.#innermost(voice);
    if (parent) {
      const failed = outcome === 'failed' && parent.lastChild?.failed !== false;
      parent.lastChild = { startNs: entry.startNs, endNs: atNs, failed, deeper: entry.indent > parent.indent };
    }
    return close(entry, outcome, atNs);
  }

  /** A service ended by its label. Null when it never announced itself. */
  endLabelled(voice: Voice, label: string, outcome: 'ok' | 'failed', atNs: number): EndedService | null {
    const speaks = (entry: Entry): boolean => entry.voice === voice || (isSystemd(voice) && isSystemd(entry.voice));
    const entry = this.#remove(this.#open.findLast((one) => speaks(one) && sameLabel(one.label, label)));
    if (entry === undefined) return null;
    if (isSystemd(voice) && this.#endedBy.size < mostRemembered) this.#endedBy.set(entry.label, voice);
    return close(entry, outcome, atNs);
  }

  /**
   * A service that OpenRC calls failed: what it left open. With its `[ !! ]` it has ended itself. Without a name that fits, the innermost
   * one is meant: OpenRC starts one after the other.
   */
  fail(name: string, atNs: number): EndedService[] {
    const named = this.#open.findIndex((entry) => entry.voice === 'openrc' && entry.name === name);
    const position =
      named >= 0 || this.#lastFailed ? named : this.#open.findLastIndex(({ voice }) => voice === 'openrc');
    if (position < 0) return [];
    const inside = this.#open.slice(position).filter(({ voice }) => voice === 'openrc');
    for (const entry of inside) this.#remove(entry);
    return inside.reverse().map((entry) => close(entry, 'failed', atNs));
  }

  /** Closes what is still open. */
  finish(atNs: number): EndedService[] {
    return this.#open.splice(0).map((entry) => {
      if (entry.lastChild) return endQuietly(entry);
      return close(entry, entry.voice === 'procd' ? 'ok' : 'unfinished', Math.max(atNs, entry.startNs));
    });
  }

  /** Whether systemd's other voice has announced this service, or told of its end. */
  #isKnown({ voice, label }: OpenService): boolean {
    const isOther = (entry: Entry): boolean => entry.voice !== voice && isSystemd(entry.voice);
    if (this.#open.some((entry) => isOther(entry) && sameLabel(entry.label, label))) return true;
    const by = this.#endedBy.get(label);
    return by !== undefined && by !== voice && this.#endedBy.delete(label);
  }

  /** Alpine's networking announces itself, then each interface deeper, and never says [ ok ] for itself. */
  #endQuietOnes({ indent }: OpenService): EndedService[] {
    const ended: EndedService[] = [];
    if (indent === 0) return ended;
    for (let outer = this.#open.at(-1); outer?.lastChild && outer.indent >= indent; outer = this.#open.at(-1)) {
      this.#open.pop();
      ended.push(endQuietly(outer));
    }
    return ended;
  }

  #endSteps({ voice, indent, startNs }: OpenService): EndedService[] {
    const before = this.#open.filter((entry) => entry.voice === voice && entry.indent >= indent);
    for (const entry of before) this.#remove(entry);
    return before.map((entry) => close(entry, voice === 'sysv' ? 'unfinished' : 'ok', startNs));
  }

  #innermost(voice: Voice): Entry | undefined {
    return this.#open.findLast((entry) => entry.voice === voice);
  }

  #remove(entry: Entry | undefined): Entry | undefined {
    if (entry !== undefined) this.#open.splice(this.#open.lastIndexOf(entry), 1);
    return entry;
  }
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
function endQuietly(entry: Entry): EndedService {
  const child = entry.lastChild;
  if (!child?.deeper) return close(entry, 'unfinished', child?.startNs ?? entry.startNs);
  return close(entry, child.failed ? 'failed' : 'ok', child.endNs);
}

function close(entry: Entry, outcome: ServiceSpan['outcome'], endNs: number): EndedService {
  const { name, label, voice, indent, startNs, markers } = entry;
  return { name, label, voice, indent, startNs, markers, outcome, endNs: Math.max(endNs, startNs) };
}
