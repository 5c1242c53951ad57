// Phases from moments: transitions in, spans out that tile [0, end] exactly because each span begins where the one before it ends.

import type { Profile } from '../model/scenario.ts';
import type { Phase, Span } from '../model/timeline.ts';
import { type Marker, type MarkerProfile, qemuStart, shapesPhases } from './marker.ts';
import type { ConsoleEvent } from './scanner.ts';

export interface PhaseMachine {
  readonly current: string;
  /** The emulator was told to let the guest run; at 0 there is no phase before that. */
  guestStarted(atNs: number): void;
  /** Goes on in a phase that another profile's machine was in, where this one has it and it comes before the first stage of user space. */
  resume(phase: string): void;
  /** Follows what the console said. */
  take(event: ConsoleEvent): void;
  /** Phases in order of first arrival; nothing after `endNs` counts. */
  finish(endNs: number): Phase[];
}

export function createPhaseMachine(profile: MarkerProfile, boot: Profile): PhaseMachine {
  const { inner, earlyPhases, stages } = shapeOf(profile, boot);
  const first = profile.first[boot];
  const path = createPath();
  /** Phases inside others whose service has ended: they go on only if the next service is theirs, too. */
  const over = new Map<string, number>();
  let anyEarly = false;

  function guestStarted(atNs: number): void {
    if (path.order >= beforeKernel) return;
    if (atNs <= 0) path.changes.length = 0;
    path.enterStage(first, beforeKernel, atNs);
  }

  function resume(phase: string): void {
    if (earlyPhases.has(phase) || phase === 'firmware') path.enterStage(phase, beforeKernel, 0);
    else if (stages.includes(phase)) start(phase, 0);
  }

  function take(event: ConsoleEvent): void {
    if (event.kind === 'marker') takeMarker(event.marker, event.startNs, event.endNs);
    else if (event.kind === 'service-began') {
      const { markers, startNs } = event.service;
      leaveOver(markers);
      for (const { kind, name } of markers) if (kind === 'starts') start(name, startNs);
    } else if (event.kind === 'service-ended') {
      const { markers, endNs } = event.service;
      for (const { kind, name, ofService } of markers) {
        if (kind === 'ends') path.leave(name, endNs);
        else if (ofService && path.isInside(name)) over.set(name, endNs);
      }
    }
  }

  function takeMarker({ name, kind, early }: Marker, startNs: number, endNs: number): void {
    if (early) startEarly(name, startNs);
    else if (kind === 'starts') start(name, startNs);
    if (kind === 'ends') path.leave(name, endNs);
  }

  /** Before the kernel nothing has an order: U-Boot runs GRUB, GRUB runs an EFI stub, and each may say so twice. */
  function startEarly(name: string, atNs: number): void {
    if (path.order > beforeKernel || !earlyPhases.has(name)) return;
    guestStarted(atNs);
    // Who speaks before the kernel was started by the firmware, which ran until then.
    const last = path.changes.at(-1);
    if (!anyEarly && name !== first && last?.phase === first) last.phase = 'firmware';
    anyEarly = true;
    path.enterStage(name, beforeKernel, atNs);
  }

  function leaveOver(markers: readonly Marker[]): void {
    for (const [name, atNs] of over) if (!markers.some((marker) => marker.name === name)) path.leave(name, atNs);
    over.clear();
  }

  function start(name: string, atNs: number): void {
    const order = stages.indexOf(name);
    if (inner.has(name)) path.enterInside(name, atNs);
    else if (order > path.order) path.enterStage(name, order, atNs);
  }

  function finish(endNs: number): Phase[] {
    leaveOver([]);
    return phasesBetween(path.changes, endNs);
  }

  return {
    get current() {
      return path.current;
    },
    guestStarted,
    resume,
    take,
    finish,
  };
}

/** Order of every stage before the kernel. Stages of the profile count from 0. */
const beforeKernel = -1;

/** From this moment on it is this phase. */
interface Change {
  readonly atNs: number;
  phase: string;
}

/** The way through the phases: stages follow each other, and phases inside one fall back to what is around them. */
function createPath() {
  const changes: Change[] = [{ atNs: 0, phase: qemuStart }];
  let stage = qemuStart;
  let order = beforeKernel - 1;
  const inside: string[] = [];
  const current = (): string => inside.at(-1) ?? stage;

  function change(atNs: number): void {
    const last = changes.at(-1);
    if (last?.phase === current()) return;
    changes.push({ atNs: Math.max(Math.round(atNs), last?.atNs ?? 0), phase: current() });
  }

  return {
    changes,
    get order() {
      return order;
    },
    get current() {
      return current();
    },
    isInside: (name: string): boolean => inside.includes(name),
    enterStage(name: string, itsOrder: number, atNs: number): void {
      stage = name;
      order = itsOrder;
      inside.length = 0;
      change(atNs);
    },
    enterInside(name: string, atNs: number): void {
      if (inside.includes(name)) return;
      inside.push(name);
      change(atNs);
    },
    leave(name: string, atNs: number): void {
      const position = inside.lastIndexOf(name);
      if (position < 0) return;
      inside.splice(position, 1);
      change(atNs);
    },
  };
}

/** Phases inside others, phases before the kernel, and the stages that follow each other. */
function shapeOf(profile: MarkerProfile, boot: Profile) {
  const shaping = profile.markers.filter((marker) => shapesPhases(marker, boot));
  const namesOf = (markers: readonly Marker[]): Set<string> => new Set(markers.map(({ name }) => name));
  const inner = namesOf(shaping.filter((marker) => marker.kind === 'ends'));
  const earlyPhases = namesOf(shaping.filter((marker) => marker.early));
  const stages = [...namesOf(shaping.filter((marker) => !marker.early))].filter((name) => !inner.has(name));
  return { inner, earlyPhases, stages };
}

function phasesBetween(changes: readonly Change[], endNs: number): Phase[] {
  const spans = new Map<string, Span[]>();
  for (const [position, { atNs, phase }] of changes.entries()) {
    const startNs = Math.min(atNs, endNs);
    if (atNs > endNs || (atNs === endNs && position > 0)) break;
    const next = Math.min(changes[position + 1]?.atNs ?? endNs, endNs);
    const before = spans.get(phase) ?? [];
    spans.set(phase, next > startNs ? extended(before, { startNs, endNs: next }) : before);
  }
  return [...spans].map(([name, list]) => ({
    name,
    spans: list,
    durationNs: list.reduce((sum, span) => sum + (span.endNs - span.startNs), 0),
  }));
}

/** Two interfaces that come up one right after the other are one span of networking. */
function extended(spans: readonly Span[], span: Span): Span[] {
  const last = spans.at(-1);
  if (last?.endNs !== span.startNs) return [...spans, span];
  return [...spans.slice(0, -1), { startNs: last.startNs, endNs: span.endNs }];
}
