// Whether Vulkan really computes: brings a small program into the guest, which runs a compute pipeline over a buffer, waits for the
// fence and checks the result. vulkaninfo compiles nothing, and so does not see a driver that cannot.
import { gunzipSync } from 'node:zlib';
import type { ProbeEvent } from '../model/boot.ts';
import type { Architecture } from '../model/scenario.ts';
import type { DispatchFacts, DispatchOutcome } from '../model/vulkan.ts';
import { printable } from './banner-text.ts';
import { programs } from './dispatch/programs.ts';
import { pinVenus } from './guest-shell.ts';
import { type CommandResult, connectionLost, type Session } from './ssh-session.ts';

export interface DispatchRequest {
  readonly session: Pick<Session, 'run'>;
  readonly architecture: Architecture;
  /** The driverID that the device must have; null: any. */
  readonly requiredDriver: string | null;
  /** For all of it, the compilation of the pipeline included. */
  readonly timeoutMs: number;
  onEvent(event: ProbeEvent): void;
  readonly signal: AbortSignal;
}

/** Runs it once. Event: `time-to-first-dispatch`. null when the signal was aborted. */
export async function runDispatch(request: DispatchRequest): Promise<DispatchFacts | null> {
  const { session, architecture, requiredDriver, timeoutMs } = request;
  const result = await session.run(dispatchCommand(architecture, requiredDriver, timeoutMs), {
    timeoutMs,
    stdin: gunzipSync(Buffer.from(programs[architecture], 'base64')).toString('base64'),
  });
  if (request.signal.aborted) return null;
  const facts = judgeDispatch(result, requiredDriver);
  const { outcome, detail } = facts;
  request.onEvent({
    atNs: result.endedNs,
    probe: 'time-to-first-dispatch',
    outcome,
    detail,
    startedNs: result.startedNs,
  });
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

/** Dynamic loaders of glibc and musl; the program runs under either. */
const loaders: Record<Architecture, readonly string[]> = {
  arm64: ['/lib/ld-linux-aarch64.so.1', '/lib/ld-musl-aarch64.so.1'],
  x86_64: ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-musl-x86_64.so.1'],
};

/** A loader that does not find libvulkan ends with 127, then the other C library's may; the fence gives up before we do. */
function dispatchCommand(architecture: Architecture, requiredDriver: string | null, timeoutMs: number): string {
  const fenceNs = Math.max(1e9, (timeoutMs - 5000) * 1e6);
  return [
    ...(requiredDriver === 'DRIVER_ID_MESA_VENUS' ? [pinVenus] : []),
    'program=$(mktemp /tmp/bg-vk-XXXXXX) && base64 -d > "$program" || exit 125',
    'status=127',
    `for loader in ${loaders[architecture].join(' ')}; do`,
    `  if [ -e "$loader" ]; then "$loader" "$program" ${fenceNs}; status=$?; fi`,
    '  [ $status -eq 127 ] || break',
    'done',
    'rm -f "$program"',
    'exit $status',
  ].join('\n');
}

function lastLine(text: string): string {
  return (
    text
      .trimEnd()
      .split(/[\r\n]+/)
      .at(-1) ?? ''
  );
}
