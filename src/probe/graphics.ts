// Graphics readiness after the login, in the order in which it comes: render node, the right Vulkan driver, a dispatch that computes.
import type { ProbeEvent } from '../model/boot.ts';
import type { Architecture, Gpu } from '../model/scenario.ts';
import { requiredDriver, type VulkanFacts } from '../model/vulkan.ts';
import type { FailedProbe } from './command.ts';
import { runDispatch } from './dispatch.ts';
import { watchDrm } from './drm.ts';
import type { Session } from './ssh-session.ts';
import { watchVulkan } from './vulkan.ts';

export interface GraphicsRequest {
  readonly gpu: Gpu;
  readonly architecture: Architecture;
  readonly session: Pick<Session, 'run'>;
  /** Nanoseconds since the spawn. */
  nowNs(): number;
  onEvent(event: ProbeEvent): void;
  readonly signal: AbortSignal;
}

export interface GraphicsAnswer {
  /** The first thing that is not as it must be; null: all is well. */
  readonly failed: FailedProbe | null;
  /** null where nothing was asked about Vulkan. */
  readonly vulkan: VulkanFacts | null;
}

/** After the login the device has had its time: what is not there by then rarely comes. */
const drmTimeoutMs = 10_000;
/** Hard limits: a fence that never comes hangs its process for ever. */
const attemptMs = 30_000;

/** null when the signal was aborted. Nothing is asked of a guest without a GPU. */
export async function checkGraphics(request: GraphicsRequest): Promise<GraphicsAnswer | null> {
  const { gpu, signal } = request;
  if (gpu === 'none') return { failed: null, vulkan: null };
  const noNode = await watchDrm(request, drmTimeoutMs);
  if (signal.aborted) return null;
  const required = requiredDriver(gpu);
  if (required === null) return { failed: noNode, vulkan: null };
  if (noNode !== null) return { failed: noNode, vulkan: withoutNode(required, noNode.detail) };

  const answer = await watchVulkan({ ...request, requiredDriver: required, timeoutMs: attemptMs });
  if (answer === null) return null;
  const { outcome, detail, icd, summary, stderr } = answer;
  const { devices, instanceVersion } = summary;
  const facts = { required, outcome, detail, icd, instanceVersion, devices, stderr, dispatch: null, profile: null };
  if (outcome !== 'ok') return { failed: failure('vulkan', outcome, detail), vulkan: facts };

  const dispatch = await runDispatch({ ...request, requiredDriver: required, timeoutMs: attemptMs });
  if (dispatch === null) return null;
  const failed = dispatch.outcome === 'ok' ? null : failure('dispatch', dispatch.outcome, dispatch.detail);
  return { failed, vulkan: { ...facts, dispatch } };
}

/** Without a render node there is nothing that vulkaninfo could be asked, and Vulkan is lost all the same. */
const withoutNode = (required: string, why: string): VulkanFacts => ({
  ...{ required, outcome: 'no-device', detail: `no render node: ${why}`, icd: '', instanceVersion: '', devices: [] },
  ...{ stderr: '', dispatch: null, profile: null },
});

const failure = (probe: string, outcome: string, detail: string): FailedProbe => ({
  probe,
  detail: `${outcome}: ${detail}`,
});
