// Phases from moments: transitions in, spans out that tile [0, end] exactly because each span begins where the one before it ends.

import type { Profile } from '../model/scenario.ts';
import type { Phase, Span } from '../model/timeline.ts';
import { type MarkerProfile, qemuStart, shapesPhases } from './marker.ts';
import type { ConsoleEvent } from './scanner.ts';

export interface PhaseMachine {
  readonly current: string;
  /** The emulator was told to let the guest run; at 0 there is no phase before that. */
  guestStarted(atNs: number): void;
  /** Follows what the console said. */
  take(event: ConsoleEvent): void;
  /** Phases in order of first arrival; nothing after `endNs` counts. */
  finish(endNs: number): Phase[];
}

export function createPhaseMachine(profile: MarkerProfile, boot: Profile): PhaseMachine {
  const shaping = profile.markers.filter((marker) => shapesPhases(marker, boot));
  const inner = new Set(shaping.filter((marker) => marker.kind === 'ends').map((marker) => marker.name));
  const stages = [...new Set(shaping.map((marker) => marker.name))].filter((name) => !inner.has(name));
  const changes: { atNs: number; phase: string }[] = [{ atNs: 0, phase: qemuStart }];
  let stage = qemuStart;
  let stageOrder = -2;
  const nested: string[] = [];

  function guestStarted(atNs: number): void {
    if (stageOrder >= -1) return;
    if (atNs <= 0) changes.length = 0;
    enterStage(profile.first[boot], -1, atNs);
  }

  function take(event: ConsoleEvent): void {
    if (event.kind === 'marker') {
      if (event.marker.kind === 'starts') start(event.marker.name, event.startNs);
      if (event.marker.kind === 'ends') leave(event.marker.name, event.endNs);
    } else if (event.kind === 'service-began') {
      for (const marker of event.service.markers) {
        if (marker.kind === 'starts') start(marker.name, event.service.startNs);
      }
    } else if (event.kind === 'service-ended') {
      for (const marker of event.service.markers) {
        if (marker.kind === 'ends') leave(marker.name, event.service.endNs);
      }
    }
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
