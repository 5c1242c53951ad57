// The rows of a waterfall: a phase with head above base and their difference, or a service.
import type { ScaleLinear } from 'd3-scale';
import type { TypicalBoot } from '../model/report.ts';
import type { Phase, ServiceSpan, Span } from '../model/timeline.ts';
import { formatValue, nsToMs } from './format.ts';
import { type Html, html, lines } from './html-writer.ts';
import { label, short } from './picture.ts';

export interface Frame {
  readonly width: number;
  /** Where time begins and ends, in pixels. */
  readonly left: number;
  readonly right: number;
  readonly seconds: ScaleLinear<number, number>;
  readonly x: (atNs: number) => number;
}

type Bars = PhaseBars | ServiceBar;

interface PhaseBars {
  readonly kind: 'phase';
  readonly name: string;
  readonly height: number;
  readonly head: Phase | undefined;
  readonly base: Phase | undefined;
  /** What stands beside the bars: the same numbers as in the tables. */
  readonly figures: Figures;
}

export interface Figures {
  readonly value: string;
  /** Of two sides. */
  readonly difference?: string;
  readonly look: 'plain' | 'slower' | 'faster';
}

interface ServiceBar {
  readonly kind: 'service';
  readonly height: number;
  readonly service: ServiceSpan;
}

const mostServices = 16;

/** The phases of either boot, then the longest services in the order of the boot. */
export function rowsOf(
  shown: TypicalBoot,
  base: TypicalBoot | undefined,
  figures: (phase: string) => Figures,
): readonly Bars[] {
  const headPhases = shown.timeline.phases;
  const basePhases = base?.timeline.phases ?? [];
  const onlyBase = basePhases.filter(({ name }) => !headPhases.some((known) => known.name === name));
  const phases = [...headPhases, ...onlyBase].map(({ name }) => ({
    kind: 'phase' as const,
    name,
    height: base === undefined ? 24 : 32,
    head: headPhases.find((known) => known.name === name),
    base: basePhases.find((known) => known.name === name),
    figures: figures(name),
  }));
  const services = shown.timeline.services
    .toSorted((one, other) => other.endNs - other.startNs - (one.endNs - one.startNs))
    .slice(0, mostServices)
    .sort((one, other) => one.startNs - other.startNs)
    .map((service) => ({ kind: 'service' as const, height: 17, service }));
  return [...phases, ...services];
}

export const drawRow = (row: Bars, y: number, frame: Frame): Html =>
  row.kind === 'service' ? drawService(row, y, frame) : drawPhase(row, y, frame);

function drawService({ service }: ServiceBar, y: number, frame: Frame): Html {
  const ok = service.outcome === 'ok';
  const length = formatValue(nsToMs(service.endNs - service.startNs), 'ms');
  const value = ok ? length : `${length} (${service.outcome})`;
  const x = frame.right + 8;
  return lines([
    label(service.name, 'small', { x: 8, y: y + 12, room: frame.left - 14 }),
    bar(service, { kind: ok ? 'service' : 'failed', y: y + 4, height: 8, tip: `${service.name}: ${value}` }, frame),
    label(value, 'small', { x, y: y + 12, room: frame.width - x }),
  ]);
}

function drawPhase({ name, head, base, figures }: PhaseBars, y: number, frame: Frame): Html {
  const bars = (phase: Phase | undefined, kind: 'head' | 'base', at: number, height: number): readonly Html[] =>
    (phase?.spans ?? []).map((span) => {
      const tip = `${name}, this boot of ${kind}: ${formatValue(nsToMs(phase?.durationNs ?? 0), 'ms')}`;
      return bar(span, { kind, y: at, height, tip }, frame);
    });
  const x = frame.right + 8;
  return lines([
    label(name, 'plain', { x: 0, y: y + 15, room: frame.left - 8 }),
    ...bars(head, 'head', y + 4, 14),
    ...bars(base, 'base', y + 20, 7),
    label(figures.value, 'plain', { x, y: y + 15, room: frame.width - x }),
    differenceLabel(figures, y, frame),
  ]);
}

/** Beside the value where there is room, else below it. */
function differenceLabel({ difference = '', look }: Figures, y: number, frame: Frame): Html {
  const beside = frame.width - frame.right >= 132;
  const x = frame.right + (beside ? 74 : 8);
  return label(difference, look, { x, y: y + (beside ? 15 : 28), room: frame.width - x });
}

interface Look {
  readonly kind: 'head' | 'base' | 'service' | 'failed';
  readonly y: number;
  readonly height: number;
  readonly tip: string;
}

function bar(span: Span, { kind, y, height, tip }: Look, frame: Frame): Html {
  const x = frame.x(span.startNs);
  const width = Math.max(1, frame.x(span.endNs) - x);
  return html`<rect class="${kind}" x="${short(x)}" y="${y}" width="${short(width)}" height="${height}" rx="1.5"><title>${tip}</title></rect>`;
}
