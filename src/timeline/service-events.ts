// What init systems say on a console -> services begun and ended, each told once though it may be announced by two voices.
import type { ServiceSpan } from '../model/timeline.ts';
import { stampAt } from './lines.ts';
import type { Marker } from './marker.ts';
import type { MendedLine } from './mend.ts';
import { announcedStep, kernelLogTokens, type ServiceToken } from './service-tokens.ts';
import { type EndedService, type OpenService, ServiceTracker } from './services.ts';

export type ServiceEvent =
  /** Its markers come with it, not as events of their own. */
  | { readonly kind: 'service-began'; readonly service: OpenService }
  | { readonly kind: 'service-ended'; readonly service: ServiceSpan & { readonly markers: readonly Marker[] } };

type Tell = (event: ServiceEvent) => void;
type Token<Kind extends ServiceToken['kind']> = Extract<ServiceToken, { readonly kind: Kind }>;

const mostSteps = 100;

export function createServiceEvents() {
  const tracker = new ServiceTracker();
  const steps = createSteps();

  /** A token of a line, with the markers that its announcement holds. */
  function take(token: ServiceToken, line: MendedLine, markers: readonly Marker[], tell: Tell): void {
    const { voice } = token;
    const startNs = stampAt(line, token.index);
    const endNs = stampAt(line, token.end - 1);
    const over = (service: EndedService | null): void => void (service && tell(ended(service)));
    if (token.kind === 'began') {
      const { name, label, indent } = token;
      const service = { name, label, voice, indent, startNs, markers };
      const before = tracker.begin(service);
      before?.forEach(over);
      if (before !== null) tell({ kind: 'service-began', service });
    } else if (token.kind === 'whole') steps.take(token, line, markers, tell);
    else if (token.kind === 'failed') tracker.fail(token.name, startNs).forEach(over);
    else if (token.label === '') over(tracker.endInnermost(voice, token.outcome, endNs));
    else over(tracker.endLabelled(voice, token.label, token.outcome, endNs));
  }

  /** systemd and the scripts of an initramfs may speak through the kernel's log alone. */
  function takeKernelLine(line: MendedLine, tell: Tell): void {
    steps.announce(line);
    for (const token of kernelLogTokens(line.text)) take(token, line, [], tell);
  }

  function finish(atNs: number, tell: Tell): void {
    steps.finish(tell);
    for (const service of tracker.finish(atNs)) tell(ended(service));
  }

  return { take, takeKernelLine, finish };
}

/** Steps that are told of in one piece. The kernel's log may tell of those of user space too, which knows better when they were. */
function createSteps() {
  /** Announced by the kernel's log, with the stamp of the begin. */
  const begun = new Map<string, number>();
  const logged = new Map<string, EndedService>();
  const shown = new Set<string>();

  function announce(line: MendedLine): void {
    const step = announcedStep(line.text);
    if (step !== null && begun.size < mostSteps && !begun.has(step)) begun.set(step, line.firstNs);
  }

  function take(token: Token<'whole'>, line: MendedLine, markers: readonly Marker[], tell: Tell): void {
    const { name, outcome, voice } = token;
    const isLogged = line.kernelSeconds !== null;
    const firstNs = stampAt(line, token.index);
    const startNs = isLogged ? (begun.get(name) ?? firstNs) : firstNs;
    const endNs = stampAt(line, token.end - 1);
    const service = { name, label: name, voice, indent: 1, startNs, markers, outcome, endNs };
    if (isLogged) {
      if (logged.size < mostSteps) logged.set(name, service);
      return;
    }
    shown.add(name);
    tell({ kind: 'service-began', service });
    tell(ended(service));
  }

  function finish(tell: Tell): void {
    for (const [name, service] of logged) if (!shown.has(name)) tell(ended(service));
  }

  return { announce, take, finish };
}

function ended({ name, startNs, endNs, outcome, markers }: EndedService): ServiceEvent {
  return { kind: 'service-ended', service: { name, startNs, endNs, outcome, markers } };
}
