// When Vulkan is ready in the guest, and that it is the driver that was asked for: vulkaninfo exits 0 with a software driver too.
import { setTimeout as delay } from 'node:timers/promises';
import type { ProbeEvent } from '../model/boot.ts';
import { printable } from './banner-text.ts';
import type { CommandResult, Session } from './ssh-session.ts';
import { readVulkanSummary, type VulkanDevice, type VulkanSummary } from './vulkan-summary.ts';

export interface VulkanRequest {
  readonly session: Pick<Session, 'run'>;
  /** The driverID that the first device must have, for example `DRIVER_ID_MESA_VENUS`; null: any device will do. */
  readonly requiredDriver: string | null;
  /** Run in the guest; `vulkaninfo --summary` if not given. Pins the ICD where the guest has several. */
  readonly command?: string;
  /** For all attempts together; a stuck fence hangs vulkaninfo for ever. */
  readonly timeoutMs: number;
  /** Nanoseconds since the spawn. */
  nowNs(): number;
  onEvent(event: ProbeEvent): void;
  readonly signal: AbortSignal;
}

/** wrong-driver: devices, but the first has another driver. no-device: the loader found none. missing: no vulkaninfo. */
export type VulkanOutcome = 'ok' | 'wrong-driver' | 'no-device' | 'missing' | 'timeout' | 'failed';

export interface VulkanAnswer {
  readonly outcome: VulkanOutcome;
  readonly detail: string;
  readonly summary: VulkanSummary;
  /** What vulkaninfo printed last, for the record and for the diagnosis. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Asks until the required driver answers, the time is up (then the last answer counts) or the signal is aborted (null).
 * Events: `time-to-vulkan` with the outcome, the first of each run of equal ones; and `vulkaninfo`, the success's duration.
 */
export async function watchVulkan(request: VulkanRequest): Promise<VulkanAnswer | null> {
  const deadlineNs = request.nowNs() + request.timeoutMs * 1e6;
  let previous = null as { readonly outcome: VulkanOutcome; readonly startedNs: number } | null;
  while (!request.signal.aborted) {
    const leftMs = Math.max(1, (deadlineNs - request.nowNs()) / 1e6);
    const result = await request.session.run(request.command ?? 'vulkaninfo --summary', { timeoutMs: leftMs });
    if (request.signal.aborted) return null;
    const answer = judgeVulkan(result, request.requiredDriver);
    const { outcome, detail } = answer;
    const event = { atNs: result.endedNs, outcome, detail, startedNs: result.startedNs };
    if (outcome !== previous?.outcome) {
      const startedNs = outcome === 'ok' ? (previous?.startedNs ?? result.startedNs) : result.startedNs;
      request.onEvent({ ...event, probe: 'time-to-vulkan', startedNs });
    }
    if (outcome === 'ok') request.onEvent({ ...event, probe: 'vulkaninfo', detail: '' });
    if (outcome === 'ok' || request.nowNs() + periodMs * 1e6 >= deadlineNs) return answer;
    previous = { outcome, startedNs: result.startedNs };
    await delay(periodMs, undefined, { signal: request.signal }).catch(() => {});
  }
  return null;
}

/** What one run of vulkaninfo says. Pure. */
export function judgeVulkan(result: CommandResult, requiredDriver: string | null): VulkanAnswer {
  const summary = readVulkanSummary(result.stdout);
  const { stdout, stderr } = result;
  const answer = (outcome: VulkanOutcome, detail: string): VulkanAnswer => ({
    outcome,
    detail,
    summary,
    stdout,
    stderr,
  });
  const first = summary.devices[0];
  const complaint = printable(
    `${stderr}\n${stdout}`
      .split(/[\r\n]+/)
      .find((line) => /error|failed|cannot|not found|Failed to detect/i.test(line)) ?? '',
  );
  if (result.timedOut) return answer('timeout', `no end within the time limit ${complaint}`.trim());
  if (result.exitCode === 127 || result.exitCode === 126) return answer('missing', complaint);
  if (first !== undefined && summary.complete && result.exitCode === 0) {
    const isRight = requiredDriver === null || first.driverID === requiredDriver;
    return answer(isRight ? 'ok' : 'wrong-driver', describeDevice(first));
  }
  if (/Failed to detect any valid GPUs|INCOMPATIBLE_DRIVER|ERROR_INITIALIZATION_FAILED/.test(`${stdout}\n${stderr}`))
    return answer('no-device', complaint);
  return answer('failed', complaint || `exit status ${result.exitCode}`);
}

/** One line that names the driver on which a boot's Vulkan ran. */
export function describeDevice(device: VulkanDevice): string {
  const { driverID, deviceName, apiVersion, driverInfo } = device;
  return printable([driverID, deviceName, `Vulkan ${apiVersion}`, driverInfo].filter(Boolean).join('; '));
}

/** vulkaninfo costs the guest half a second of processor time: no use in asking more often. */
const periodMs = 500;
