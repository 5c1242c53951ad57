// Whether Vulkan really computes: brings a small program into the guest, which runs a compute pipeline over a buffer, waits for the
// fence and checks the result. vulkaninfo compiles nothing, and so does not see a driver that cannot.

import { lastLine, printable } from '../model/plain-text.ts';
import { type DispatchFacts, type DispatchOutcome, requiredDriver } from '../model/vulkan.ts';
import { programs } from './dispatch/programs.ts';
import { programText, runVulkanProgram } from './guest-shell.ts';
import { type AskedGuest, type CommandResult, connectionLost, endOfWork, gating, type Probe, passed } from './probe.ts';

const metric = 'time-to-first-dispatch';
/** For all of it, the compilation of the pipeline included. */
const attemptMs = 30_000;

export const dispatch: Probe = {
  name: 'dispatch',
  metrics: [
    {
      name: metric,
      unit: 'ms',
      meaning: 'spawn to the end of a compute pipeline over a buffer whose result was checked',
      rule: gating,
      mark: 'first-dispatch',
    },
  ],
  asked: ({ machine }) => requiredDriver(machine.gpu) !== null,
  async run(guest) {
    const required = requiredDriver(guest.gpu);
    const facts = await runDispatch({ ...guest, requiredDriver: required, timeoutMs: attemptMs });
    if (facts === null) return null;
    if (guest.facts.vulkan !== null) guest.facts.vulkan = { ...guest.facts.vulkan, dispatch: facts };
    return facts.outcome === 'ok' ? null : { probe: 'dispatch', detail: `${facts.outcome}: ${facts.detail}` };
  },
  measure: (boot) => endOfWork(passed(boot, metric), passed(boot, metric)),
};

export interface DispatchRequest extends Pick<AskedGuest, 'session' | 'architecture' | 'onEvent' | 'signal'> {
  /** The driverID that the device must have; null: any. */
  readonly requiredDriver: string | null;
  readonly timeoutMs: number;
}

/** Runs it once. Event: `time-to-first-dispatch`. null when the signal was aborted. */
export async function runDispatch(request: DispatchRequest): Promise<DispatchFacts | null> {
  const { session, architecture, requiredDriver: required, timeoutMs, signal } = request;
  // The fence gives up before we do.
  const fenceNs = Math.max(1e9, (timeoutMs - 5000) * 1e6);
  const command = runVulkanProgram(architecture, required, `${fenceNs}`);
  const result = await session.run(command, { timeoutMs, stdin: await programText(programs[architecture]) });
  if (signal.aborted) return null;
  const facts = judgeDispatch(result, required);
  const { outcome, detail } = facts;
  const { startedNs, endedNs } = result;
  request.onEvent({ atNs: endedNs, probe: metric, outcome, detail, startedNs });
  return facts;
}

/** What one run of the program says. Pure. */
export function judgeDispatch(result: CommandResult, requiredDriver: string | null): DispatchFacts {
  const { stdout, stderr, exitCode } = result;
  const output = stdout.slice(0, 4096);
  const facts = (outcome: DispatchOutcome, detail: string): DispatchFacts => ({
    outcome,
    detail: printable(detail),
    output,
    stderr: stderr.slice(-4096),
  });
  const lines = output.split('\n').map((line) => line.trim());
  const last = (pattern: RegExp): string => pattern.exec(lines.findLast((line) => pattern.test(line)) ?? '')?.[1] ?? '';
  const device = last(/^device (.+)$/);
  const step = last(/^\d+ (\S+)$/);
  if (result.timedOut) return facts('timeout', `no end of ${step || 'the program'} within the time limit`);
  if (exitCode === connectionLost) return facts('timeout', `the guest no longer answers, after ${step || 'the start'}`);
  if (exitCode === 127) return facts('missing', lastLine(stderr));
  if (exitCode === 2 && step === 'check') return facts('wrong-result', last(/^(wrong word .*)$/));
  const failure = last(/^failed (.*)$/);
  if (failure !== '') return facts('failed', `${failure}${device === '' ? '' : ` on ${device}`}`);
  if (exitCode !== 0 || step !== 'verified') {
    return facts('failed', `${step || 'it'} ended with exit status ${exitCode}; ${lastLine(stderr)}`);
  }
  const driver = driverIds[Number(last(/^driver (\d+)$/))] ?? '';
  return facts(requiredDriver === null || driver === requiredDriver ? 'ok' : 'wrong-driver', `computed on ${device}`);
}

/** VkDriverId of the drivers that can be asked for. */
const driverIds: Readonly<Record<number, string>> = { 13: 'DRIVER_ID_MESA_LLVMPIPE', 22: 'DRIVER_ID_MESA_VENUS' };
