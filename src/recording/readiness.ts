// What readiness asks of a boot besides waiting: what the VM must offer, and what it is called when not all of it came.
import type { Outcome, ProbeEvent } from '../model/boot.ts';
import { lastAnswer, type Readiness, readinessesOf, readinessText, readyMetric } from '../model/readiness.ts';
import type { Scenario } from '../model/scenario.ts';
import type { GuestFacts, UnderWay } from '../probe/probe.ts';
import type { LaunchOptions } from '../qemu/running-vm.ts';

/** What a QEMU that is started here is given for the sake of readiness. */
export function reachOf(scenario: Scenario): NonNullable<LaunchOptions['reach']> {
  const all = readinessesOf(scenario);
  const ports = all.flatMap((one) => (one.kind === 'tcp' || one.kind === 'http' ? (one.port ?? []) : []));
  return { ports: [...new Set(ports)], agent: all.some((one) => one.kind === 'agent' && one.socket === null) };
}

/**
 * A guest that did not come as far as it must in time. One whose main readiness came is no guest that hung: then the first of the
 * others that did not come has failed, or what it is asked at the moment.
 */
export function notReady(
  scenario: Scenario,
  {
    probes,
    deadlineMs,
    phase,
    underWay,
    isAnswered,
  }: {
    readonly probes: readonly ProbeEvent[];
    readonly deadlineMs: number;
    readonly phase: string;
    readonly underWay?: UnderWay | undefined;
    readonly isAnswered?: true;
  },
): Outcome {
  const came = ({ name, kind }: Readiness): boolean =>
    probes.some(({ probe, outcome }) =>
      kind === 'ssh' ? outcome === 'banner' : probe === readyMetric({ name }) && outcome === 'ok',
    );
  const [main, ...others] = readinessesOf(scenario);
  if (main === undefined || !came(main)) return { kind: 'hung', phase, deadlineMs };
  const missing = others.find((one) => !came(one));
  const of = deadlineMs === scenario.deadlines.totalMs ? 'the whole boot' : `the phase ${phase}`;
  const late = `no end within the ${deadlineMs / 1000} s of ${of}`;
  if (missing === undefined && isAnswered === true) return { kind: 'ready' };
  if (missing === undefined)
    return underWay === undefined ? { kind: 'hung', phase, deadlineMs } : cutOff(underWay, probes, late);
  const last = lastAnswer(probes, readyMetric(missing));
  return {
    kind: 'failed',
    probe: readyMetric(missing),
    detail: `timeout: ${readinessText(missing)} did not come within ${deadlineMs / 1000} s${lastSeen(last)}`,
  };
}

/** The emulator ended before the guest was ready, perhaps in the middle of what the guest was asked. */
export function emulatorEnded({ underWay }: GuestFacts, code: number | null, signal: string | null): Outcome {
  underWay?.cutOff?.('QEMU ended in the middle of it', 'failed');
  return { kind: 'exited', code, signal, ...(underWay?.part === undefined ? {} : { during: underWay.part }) };
}

const lastSeen = (last: ProbeEvent | undefined): string =>
  last === undefined ? '' : `; last ${last.outcome}${last.detail === '' ? '' : `: ${last.detail}`}`;

/** It may be the guest that hangs: then it is examined. What it answered last is told, too. */
function cutOff({ probe, events, cutOff: record }: UnderWay, probes: readonly ProbeEvent[], late: string): Outcome {
  if (record !== undefined) return { kind: 'failed', ...record(late, 'timeout') };
  const last = probes.findLast((event) => events.includes(event.probe));
  return { kind: 'failed', probe, detail: `timeout: ${late}${lastSeen(last)}` };
}
