// Phases from moments: transitions in, spans out that tile [0, end] exactly because each span begins where the one before it ends.
import type { Profile } from '../model/scenario.ts';
import type { Phase, Span } from '../model/timeline.ts';
import { type Marker, type MarkerProfile, qemuStart, shapesPhases } from './marker.ts';
import type { ConsoleEvent } from './scanner.ts';

/** Follows what a console says from phase to phase. */
export class PhaseMachine {
  readonly #shape: Shape;
  readonly #first: string;
  readonly #path = new Path();
  /** Phases inside others whose service has ended: they go on only if the next service is theirs, too. */
  readonly #over = new Map<string, number>();
  #anyEarly = false;

  constructor(profile: MarkerProfile, boot: Profile) {
    this.#shape = shapeOf(profile, boot);
    this.#first = profile.first[boot];
  }

  get current(): string {
    return this.#path.current;
  }

  /** The emulator was told to let the guest run; at 0 there is no phase before that. */
  guestStarted(atNs: number): void {
    if (this.#path.order >= beforeKernel) return;
    if (atNs <= 0) this.#path.changes.length = 0;
    this.#path.enterStage(this.#first, beforeKernel, atNs);
  }

  /** Goes on in a phase that another profile's machine was in, where this one has it and it comes before the first stage of user space. */
  resume(phase: string): void {
    const { earlyPhases, stages } = this.#shape;
    if (earlyPhases.has(phase) || phase === 'firmware') this.#path.enterStage(phase, beforeKernel, 0);
    else if (stages.includes(phase)) this.#start(phase, 0);
  }

  /** Follows what the console said. */
  take(event: ConsoleEvent): void {
    if (event.kind === 'marker') this.#takeMarker(event.marker, event.startNs, event.endNs);
    else if (event.kind === 'service-began') {
      const { markers, startNs } = event.service;
      this.#leaveOver(markers);
      for (const { kind, name } of markers) if (kind === 'starts') this.#start(name, startNs);
    } else if (event.kind === 'service-ended') {
      const { markers, endNs } = event.service;
      for (const { kind, name, ofService } of markers) {
        if (kind === 'ends') this.#path.leave(name, endNs);
        else if (ofService && this.#path.isInside(name)) this.#over.set(name, endNs);
      }
    }
  }

  /** Phases in order of first arrival; nothing after `endNs` counts. */
  finish(endNs: number): Phase[] {
    this.#leaveOver([]);
    return phasesBetween(this.#path.changes, endNs);
  }

  #takeMarker({ name, kind, early }: Marker, startNs: number, endNs: number): void {
    if (early) this.#startEarly(name, startNs);
    else if (kind === 'starts') this.#start(name, startNs);
    if (kind === 'ends') this.#path.leave(name, endNs);
  }

  /** Before the kernel nothing has an order: U-Boot runs GRUB, GRUB runs an EFI stub, and each may say so twice. */
  #startEarly(name: string, atNs: number): void {
    if (this.#path.order > beforeKernel || !this.#shape.earlyPhases.has(name)) return;
    this.guestStarted(atNs);
    // Who speaks before the kernel was started by the firmware, which ran until then.
    const last = this.#path.changes.at(-1);
    if (!this.#anyEarly && name !== this.#first && last?.phase === this.#first) last.phase = 'firmware';
    this.#anyEarly = true;
    this.#path.enterStage(name, beforeKernel, atNs);
  }

  #leaveOver(markers: readonly Marker[]): void {
    for (const [name, atNs] of this.#over) {
      if (!markers.some((marker) => marker.name === name)) this.#path.leave(name, atNs);
    }
    this.#over.clear();
  }

  #start(name: string, atNs: number): void {
    const order = this.#shape.stages.indexOf(name);
    if (this.#shape.inner.has(name)) this.#path.enterInside(name, atNs);
    else if (order > this.#path.order) this.#path.enterStage(name, order, atNs);
  }
}

/** Order of every stage before the kernel. Stages of the profile count from 0. */
const beforeKernel = -1;

/** From this moment on it is this phase. */
interface Change {
  readonly atNs: number;
  phase: string;
}

/** The way through the phases: stages follow each other, and phases inside one fall back to what is around them. */
class Path {
  readonly changes: Change[] = [{ atNs: 0, phase: qemuStart }];
  #stage = qemuStart;
  #order = beforeKernel - 1;
  readonly #inside: string[] = [];

  get order(): number {
    return this.#order;
  }

  get current(): string {
    return this.#inside.at(-1) ?? this.#stage;
  }

  isInside(name: string): boolean {
    return this.#inside.includes(name);
  }

  enterStage(name: string, order: number, atNs: number): void {
    this.#stage = name;
    this.#order = order;
    this.#inside.length = 0;
    this.#change(atNs);
  }

  enterInside(name: string, atNs: number): void {
    if (this.isInside(name)) return;
    this.#inside.push(name);
    this.#change(atNs);
  }

  leave(name: string, atNs: number): void {
    const position = this.#inside.lastIndexOf(name);
    if (position < 0) return;
    this.#inside.splice(position, 1);
    this.#change(atNs);
  }

  #change(atNs: number): void {
    const last = this.changes.at(-1);
    if (last?.phase === this.current) return;
    this.changes.push({ atNs: Math.max(Math.round(atNs), last?.atNs ?? 0), phase: this.current });
  }
}

interface Shape {
  /** Phases inside others. */
  readonly inner: ReadonlySet<string>;
  /** Phases before the kernel. */
  readonly earlyPhases: ReadonlySet<string>;
  /** The others, which follow each other. */
  readonly stages: readonly string[];
}

function shapeOf(profile: MarkerProfile, boot: Profile): Shape {
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
