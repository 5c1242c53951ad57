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
  const shaping = profile.markers.filter((marker) => shapesPhases(marker, boot));
  const inner = new Set(shaping.filter((marker) => marker.kind === 'ends').map((marker) => marker.name));
  const earlyPhases = new Set(shaping.filter((marker) => marker.early).map((marker) => marker.name));
  const ordered = shaping.filter((marker) => !marker.early);
  const stages = [...new Set(ordered.map((marker) => marker.name))].filter((name) => !inner.has(name));
  const changes: { atNs: number; phase: string }[] = [{ atNs: 0, phase: qemuStart }];
  const first = profile.first[boot];
  let stage = qemuStart;
  let stageOrder = -2;
  const nested: string[] = [];
  /** Phases inside others whose service has ended: they go on only if the next service is theirs, too. */
  const over = new Map<string, number>();
  let anyEarly = false;

  function guestStarted(atNs: number): void {
    if (stageOrder >= -1) return;
    if (atNs <= 0) changes.length = 0;
    enterStage(first, -1, atNs);
  }

  function resume(phase: string): void {
    if (earlyPhases.has(phase) || phase === 'firmware') enterStage(phase, -1, 0);
    else if (stages.includes(phase)) start(phase, 0);
  }

  function take(event: ConsoleEvent): void {
    if (event.kind === 'marker') {
      if (event.marker.early) startEarly(event.marker, event.startNs);
      else if (event.marker.kind === 'starts') start(event.marker.name, event.startNs);
      if (event.marker.kind === 'ends') leave(event.marker.name, event.endNs);
    } else if (event.kind === 'service-began') {
      leaveOver(event.service.markers);
      for (const marker of event.service.markers) {
        if (marker.kind === 'starts') start(marker.name, event.service.startNs);
      }
    } else if (event.kind === 'service-ended') {
      for (const marker of event.service.markers) {
        if (marker.kind === 'ends') leave(marker.name, event.service.endNs);
        else if (marker.ofService && nested.includes(marker.name)) over.set(marker.name, event.service.endNs);
      }
    }
  }

  /** Before the kernel nothing has an order: U-Boot runs GRUB, GRUB runs an EFI stub, and each may say so twice. */
  function startEarly({ name }: Marker, atNs: number): void {
    if (stageOrder > -1 || !earlyPhases.has(name)) return;
    guestStarted(atNs);
    // Who speaks before the kernel was started by the firmware, which ran until then.
    const last = changes.at(-1);
    if (!anyEarly && name !== first && last?.phase === first) last.phase = 'firmware';
    anyEarly = true;
    enterStage(name, -1, atNs);
  }

  function leaveOver(markers: readonly Marker[]): void {
    for (const [name, atNs] of over) if (!markers.some((marker) => marker.name === name)) leave(name, atNs);
    over.clear();
  }

  function start(name: string, atNs: number): void {
    if (inner.has(name)) {
      if (nested.includes(name)) return;
      nested.push(name);
      change(atNs);
    } else {
      const order = stages.indexOf(name);
      if (order > stageOrder) enterStage(name, order, atNs);
    }
  }

  function enterStage(name: string, order: number, atNs: number): void {
    stage = name;
    stageOrder = order;
    nested.length = 0;
    change(atNs);
  }

  function leave(name: string, atNs: number): void {
    const position = nested.lastIndexOf(name);
    if (position < 0) return;
    nested.splice(position, 1);
    change(atNs);
  }

  function change(atNs: number): void {
    const phase = nested.at(-1) ?? stage;
    const last = changes.at(-1);
    if (last?.phase === phase) return;
    changes.push({ atNs: Math.max(Math.round(atNs), last?.atNs ?? 0), phase });
  }

  function finish(endNs: number): Phase[] {
    leaveOver([]);
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

  return {
    get current() {
      return nested.at(-1) ?? stage;
    },
    guestStarted,
    resume,
    take,
    finish,
  };
}

/** Two interfaces that come up one right after the other are one span of networking. */
function extended(spans: readonly Span[], span: Span): Span[] {
  const last = spans.at(-1);
  if (last?.endNs !== span.startNs) return [...spans, span];
  return [...spans.slice(0, -1), { startNs: last.startNs, endNs: span.endNs }];
}
