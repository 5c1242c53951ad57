// When Vulkan is ready in the guest, and that it is the driver that was asked for: vulkaninfo exits 0 with a software driver too.
import type { ProbeEvent } from '../model/boot.ts';
import { printable } from '../model/plain-text.ts';
import { requiredDriver, type VulkanDevice, type VulkanOutcome } from '../model/vulkan.ts';
import { pinnedFiles, pinVenus } from './guest-shell.ts';
import {
  type CommandResult,
  connectionLost,
  duration,
  endOfWork,
  type GuestWithShell,
  gating,
  informing,
  type Probe,
  passed,
} from './probe.ts';
import { readVulkanSummary, type VulkanSummary } from './vulkan-summary.ts';

const metric = 'time-to-vulkan';
const program = 'vulkaninfo';
/** For one attempt: a fence that never comes hangs its process for ever. */
const attemptMs = 30_000;

export const vulkan: Probe = {
  name: 'vulkan',
  metrics: [
    {
      name: metric,
      unit: 'ms',
      meaning: 'spawn to the end of the first vulkaninfo that shows the required driver',
      rule: gating,
      mark: 'vulkan-ready',
      isAwaited: true,
    },
    { name: program, unit: 'ms', meaning: 'how long that vulkaninfo ran', rule: informing },
  ],
  asked: ({ machine }) => requiredDriver(machine.gpu) !== null,
  async run(guest) {
    const required = requiredDriver(guest.gpu);
    const answer = await watchVulkan({ ...guest, requiredDriver: required, timeoutMs: attemptMs });
    if (answer === null) return null;
    const { outcome, detail, icd, summary, stderr } = answer;
    const { devices, instanceVersion } = summary;
    guest.facts.vulkan = {
      ...{ required, outcome, detail, icd, instanceVersion, devices: [...devices], stderr },
      ...{ dispatch: null, profile: null },
    };
    return outcome === 'ok' ? null : { probe: 'vulkan', detail: `${outcome}: ${detail}` };
  },
  measure(boot, name) {
    const work = passed(boot, program);
    return name === program ? duration(work) : endOfWork(passed(boot, metric), work);
  },
};

export interface VulkanRequest extends GuestWithShell {
  /** The driverID that the first device must have, for example `DRIVER_ID_MESA_VENUS`; null: any device will do. */
  readonly requiredDriver: string | null;
  /** For one attempt. */
  readonly timeoutMs: number;
  /** How long other answers than the right one are taken for "not yet"; 5 s if not given. */
  readonly patienceMs?: number;
}

export interface VulkanAnswer {
  readonly outcome: VulkanOutcome;
  readonly detail: string;
  readonly icd: string;
  readonly summary: VulkanSummary;
  /** What vulkaninfo printed last, for the diagnosis. */
  readonly stderr: string;
}

/**
 * Asks until the required driver answers, patience is at its end (then the last answer counts) or the signal is aborted (null).
 * The loader is held to the required driver; when that gives nothing it is asked once more without, to learn what an
 * application would get. Events: `time-to-vulkan` with the outcome, the first of each run of equal ones; and `vulkaninfo`,
 * how long the successful run took.
 */
export async function watchVulkan(request: VulkanRequest): Promise<VulkanAnswer | null> {
  const { requiredDriver: required } = request;
  const patientUntilNs = request.nowNs() + (request.patienceMs ?? usualPatienceMs) * 1e6;
  let previous = null as { readonly outcome: VulkanOutcome; readonly startedNs: number } | null;
  while (!request.signal.aborted) {
    const result = await ask(request, required === venus ? `${pinVenus}\n${summaryCommand}` : unpinned);
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- it may be aborted while the guest is asked
    if (request.signal.aborted) return null;
    const answer = judgeVulkan(result, required);
    const event = eventOf(answer, result);
    if (answer.outcome !== previous?.outcome) {
      const startedNs = answer.outcome === 'ok' ? (previous?.startedNs ?? result.startedNs) : result.startedNs;
      request.onEvent({ ...event, probe: metric, startedNs });
    }
    if (answer.outcome === 'ok') {
      request.onEvent({ ...event, probe: program, detail: '' });
      return answer;
    }
    if (isFinal(answer.outcome)) return answer;
    if (request.nowNs() + periodMs * 1e6 >= patientUntilNs)
      return answer.icd === '' ? answer : fallback(request, answer);
    previous = { outcome: answer.outcome, startedNs: result.startedNs };
    await request.pause(periodMs);
  }
  return null;
}

const venus = 'DRIVER_ID_MESA_VENUS';
const summaryCommand = 'exec vulkaninfo --summary';
const unpinned = `export LC_ALL=C\n${summaryCommand}`;
/** vulkaninfo costs the guest half a second of processor time: no use in asking more often. */
const periodMs = 500;
const usualPatienceMs = 5000;

const ask = ({ session, timeoutMs }: VulkanRequest, command: string): Promise<CommandResult> =>
  session.run(command, { timeoutMs });

/** Neither a missing program nor one that hangs is worth another try. */
const isFinal = (outcome: VulkanOutcome): boolean => outcome === 'missing' || outcome === 'timeout';

function eventOf(answer: VulkanAnswer, result: CommandResult): Omit<ProbeEvent, 'probe'> {
  return { atNs: result.endedNs, outcome: answer.outcome, detail: answer.detail, startedNs: result.startedNs };
}

/** What the guest's applications get when the required driver finds no device. */
async function fallback(request: VulkanRequest, pinned: VulkanAnswer): Promise<VulkanAnswer | null> {
  const result = await ask(request, unpinned);
  if (request.signal.aborted) return null;
  const free = judgeVulkan(result, request.requiredDriver);
  if (free.outcome !== 'wrong-driver') return pinned;
  request.onEvent({ ...eventOf(free, result), probe: metric });
  return { ...free, icd: pinned.icd, stderr: pinned.stderr };
}

/** What one run of vulkaninfo says. Pure. */
export function judgeVulkan(result: CommandResult, required: string | null): VulkanAnswer {
  const summary = readVulkanSummary(result.stdout);
  const { stdout, stderr } = result;
  const answer = (outcome: VulkanOutcome, detail: string): VulkanAnswer => ({
    outcome,
    detail,
    icd: pinnedFiles(stdout),
    summary,
    stderr: stderr.slice(-longestComplaint),
  });
  const first = summary.devices[0];
  const complaint = complaintIn(`${stderr}\n${stdout}`);
  if (result.timedOut) return answer('timeout', `no end within the time limit ${complaint}`.trim());
  if (result.exitCode === connectionLost)
    return answer('timeout', 'the guest no longer answers: the connection was lost');
  if (result.exitCode === 127 || result.exitCode === 126) return answer('missing', complaint);
  if (first !== undefined && summary.complete && result.exitCode === 0) {
    const isRight = required === null || first.driverID === required;
    return answer(isRight ? 'ok' : 'wrong-driver', describeDevice(first));
  }
  if (noDevice.test(stdout) || noDevice.test(stderr)) return answer('no-device', complaint);
  return answer('failed', complaint || `exit status ${result.exitCode}`);
}

const noDevice = /Failed to detect any valid GPUs|INCOMPATIBLE_DRIVER|ERROR_INITIALIZATION_FAILED/;
const longestComplaint = 4096;

/** Said by vulkaninfo on every machine without a desktop, all being well. */
const grumbles = /libVkLayer_|XDG_RUNTIME_DIR|'DISPLAY' environment variable/;

/** The line that says most: an error's name before a general complaint. */
function complaintIn(text: string): string {
  const lines = text
    .slice(0, 64 * 1024)
    .split(/[\r\n]+/)
    .filter((line) => !grumbles.test(line));
  const found = [/failed with (?:VK_)?ERROR_/, noDevice, /stuck in [\w ]+ wait/, /error|failed|cannot|not found/i]
    .map((pattern) => lines.find((line) => pattern.test(line)))
    .find((line) => line !== undefined);
  return printable(found?.trim() ?? '');
}

/** One line that names the driver on which a boot's Vulkan ran. */
function describeDevice(device: VulkanDevice): string {
  const { driverID, deviceName, apiVersion, driverInfo } = device;
  return printable([driverID, deviceName, `Vulkan ${apiVersion}`, driverInfo].filter(Boolean).join('; '));
}
