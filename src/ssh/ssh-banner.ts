// Finds out when a guest's server first answers (SSH by its banner), through a forwarded port that accepts long before it does.
// One connection at a time; banner-pace.ts decides to which port, when and for how long.
import { connect } from 'node:net';
import type { ProbeEvent } from '../model/boot.ts';
import { printable } from '../model/plain-text.ts';
import { type Attempt, type AttemptOutcome, firstStep, nextStep, resolutionNs, type Step } from './banner-pace.ts';
import { type BannerReading, readBanner } from './banner-text.ts';

/** A server that is waited for, where it is not the SSH server. */
export interface OtherServer {
  /** Of its events. */
  readonly probe: string;
  /** A Unix socket that leads to it, in place of the port. */
  readonly path?: string;
  /** What it is told first. */
  readonly hello?: string;
  /** What its bytes so far say, as Latin-1; null: a connection is enough. */
  readonly read: ((bytes: string, isEnd: boolean) => BannerReading) | null;
}

export interface BannerWatch {
  /** Forwarded on 127.0.0.1 to the server's port in the guest. */
  readonly port: number;
  readonly other?: OtherServer;
  /**
   * Forwarded on 127.0.0.1 to a port of the guest on which nobody listens. It tells when the guest's network
   * answers without a connection ever reaching the SSH server; without it the watch must be slower to be as gentle.
   */
  readonly closedPort?: number | null;
  /** Nanoseconds since the spawn. */
  nowNs(): number;
  onEvent(event: ProbeEvent): void;
  readonly signal: AbortSignal;
}

export interface BannerHit {
  /** Arrival of the read that completed the banner's line. */
  readonly atNs: number;
  /** Start of the connection that got it. */
  readonly startedNs: number;
  /** What the server said. */
  readonly banner: string;
  /** How late `atNs` may be, see `resolutionNs` in banner-pace.ts. */
  readonly resolutionNs: number;
}

/**
 * Connects until a banner comes or the signal is aborted (then null).
 * Events: the first and the last attempt of each run of equal outcomes, the last with the run's length; probe
 * `guest-network` for the closed port, `ssh-banner` for the SSH port. The banner's own event starts one resolution before
 * the stamp: the earliest moment at which a probe without gaps could have had it.
 */
export async function watchBanner(options: BannerWatch): Promise<BannerHit | null> {
  // One listener for all attempts: adding and removing one for each is a measurable part of what measuring costs.
  const watch: Watch = { ...options, interrupt: () => {} };
  const onAbort = (): void => watch.interrupt();
  watch.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await attempts(watch);
  } finally {
    watch.signal.removeEventListener('abort', onAbort);
  }
}

interface Watch extends BannerWatch {
  /** Ends what is waited for just now. */
  interrupt: () => void;
}

async function attempts(watch: Watch): Promise<BannerHit | null> {
  const watchStartedNs = watch.nowNs();
  const runs = collapseRuns(watch.onEvent, watch.other?.probe ?? 'ssh-banner');
  const earlier: Attempt[] = [];
  let step = firstStep(watchStartedNs, typeof watch.closedPort === 'number');
  while (!watch.signal.aborted) {
    await sleepUntil(step.notBeforeNs, watch);
    const result = await tryOnce(watch, step);
    if (result === null) break;
    if (result.outcome === 'banner') {
      const { startedNs, endedNs: atNs, detail: banner } = result;
      const lateNs = resolutionNs(result, earlier, watchStartedNs);
      runs.add({ ...result, startedNs: Math.max(0, atNs - lateNs) });
      runs.end();
      return { atNs, startedNs, banner, resolutionNs: lateNs };
    }
    runs.add(result);
    earlier.push(result);
    if (earlier.length > 256) earlier.splice(0, 128);
    step = nextStep(result, step.state);
  }
  runs.end();
  return null;
}

/** Of one read; what a server says beyond it is no answer. */
const longestAnswer = 65_536;

interface AttemptResult extends Attempt {
  readonly detail: string;
}

/** One connection; null when the signal was aborted. */
function tryOnce(watch: Watch, step: Step): Promise<AttemptResult | null> {
  const { target } = step;
  const port = target === 'closed' ? (watch.closedPort ?? watch.port) : watch.port;
  const { promise, resolve } = Promise.withResolvers<AttemptResult | null>();
  if (watch.signal.aborted) return Promise.resolve(null);
  const startedNs = watch.nowNs();
  const other = target === 'closed' ? undefined : watch.other;
  const socket =
    other?.path === undefined ? connect({ host: '127.0.0.1', port, noDelay: true }) : connect({ path: other.path });
  const read = other?.read ?? readBanner;
  let text = '';
  const settle = (result: AttemptResult | null): void => {
    clearTimeout(life);
    socket.removeAllListeners();
    socket.on('error', () => {});
    socket.destroy();
    resolve(result);
  };
  const end = (endedNs: number, outcome: AttemptOutcome, detail: string): void =>
    settle({ target, startedNs, endedNs, outcome, detail });
  watch.interrupt = () => settle(null);
  const life = setTimeout(() => end(watch.nowNs(), 'timeout', ''), step.lifeNs / 1e6);
  socket.on('connect', () => {
    if (other?.read === null) end(watch.nowNs(), 'banner', 'connected');
    else if (other?.hello !== undefined) socket.write(other.hello);
  });
  socket.on('data', (chunk) => {
    const atNs = watch.nowNs();
    text += chunk.toString('latin1', 0, longestAnswer);
    const reading = read(text, false);
    if (reading.kind !== 'incomplete') end(atNs, reading.kind, reading.text);
  });
  socket.on('end', () => {
    const atNs = watch.nowNs();
    if (text === '') return end(atNs, 'eof', '');
    const reading = read(text, true);
    if (reading.kind === 'incomplete') end(atNs, 'not-ssh', printable(text));
    else end(atNs, reading.kind, reading.text);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const atNs = watch.nowNs();
    end(atNs, error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'refused', error.code ?? '');
  });
  return promise;
}

async function sleepUntil(atNs: number, watch: Watch): Promise<void> {
  const leftMs = (atNs - watch.nowNs()) / 1e6;
  if (leftMs <= 0 || watch.signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, leftMs);
  watch.interrupt = () => resolve();
  await promise;
  clearTimeout(timer);
}

function collapseRuns(
  onEvent: (event: ProbeEvent) => void,
  probe: string,
): { add(result: AttemptResult): void; end(): void } {
  let last: AttemptResult | null = null;
  let count = 0;
  const event = (result: AttemptResult, detail: string): ProbeEvent => ({
    atNs: result.endedNs,
    probe: result.target === 'ssh' ? probe : 'guest-network',
    outcome: result.outcome,
    detail,
    startedNs: result.startedNs,
  });
  const end = (): void => {
    if (last !== null && count > 1) onEvent(event(last, `${count} in a row`));
  };
  return {
    add(result) {
      if (last?.outcome === result.outcome && last.target === result.target) count += 1;
      else {
        end();
        count = 1;
        onEvent(event(result, result.detail));
      }
      last = result;
    },
    end,
  };
}
