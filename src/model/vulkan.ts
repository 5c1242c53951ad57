// Vulkan in the guest: what one boot found out about it. Facts only; whether that is good enough is judged elsewhere.
import type { Gpu } from './scenario.ts';

/** One GPU as the Vulkan loader lists it. Empty: vulkaninfo did not say. */
export interface VulkanDevice {
  readonly index: number;
  /** For example `1.4.305`, without the packed number that older versions add. */
  readonly apiVersion: string;
  readonly driverVersion: string;
  /** For example `PHYSICAL_DEVICE_TYPE_CPU`. */
  readonly deviceType: string;
  /** With Venus it names the host's driver in brackets: `Virtio-GPU Venus (Apple M2 Pro)`. */
  readonly deviceName: string;
  /** For example `DRIVER_ID_MESA_VENUS`. */
  readonly driverID: string;
  readonly driverName: string;
  /** For Mesa its version. */
  readonly driverInfo: string;
  readonly conformanceVersion: string;
}

/** wrong-driver: devices, but the first has another driver. no-device: the loader found none. missing: no vulkaninfo. */
export type VulkanOutcome = 'ok' | 'wrong-driver' | 'no-device' | 'missing' | 'timeout' | 'failed';

export interface VulkanFacts {
  /** The driverID that was asked for; null: any would have done. */
  readonly required: string | null;
  readonly outcome: VulkanOutcome;
  readonly detail: string;
  /** Driver descriptions (ICD files) that the loader was held to, joined by colons; empty: it chose among all. */
  readonly icd: string;
  readonly instanceVersion: string;
  /** In the loader's order. Of a boot without the required driver: what an application would get. */
  readonly devices: readonly VulkanDevice[];
  /** vulkaninfo's complaints, the end of them. */
  readonly stderr: string;
  readonly dispatch: DispatchFacts | null;
  /** `vulkaninfo --json`, as it was printed; taken in few boots, null in the others. */
  readonly profile: string | null;
}

/** missing: the guest has no Vulkan loader that could run the program. */
export type DispatchOutcome = 'ok' | 'wrong-driver' | 'wrong-result' | 'missing' | 'timeout' | 'failed';

/** What became of a compute pipeline over a buffer. */
export interface DispatchFacts {
  readonly outcome: DispatchOutcome;
  readonly detail: string;
  /** The steps as the program announced them, `<us since its start> <what came next>`. */
  readonly output: string;
  readonly stderr: string;
}

/** The driver that a graphics device promises. */
export function requiredDriver(gpu: Gpu): string | null {
  return gpu === 'venus' ? 'DRIVER_ID_MESA_VENUS' : null;
}

/** Metrics that boots with a graphics device have, in the order in which they pass. */
export function graphicsMetrics(gpu: Gpu): readonly string[] {
  if (gpu === 'none') return [];
  return gpu === 'plain' ? ['time-to-drm'] : ['time-to-drm', 'time-to-vulkan', 'vulkaninfo', 'time-to-first-dispatch'];
}

/** What a driver offers to applications. */
export interface VulkanOffers {
  readonly extensions: readonly string[];
  /** Names of the features that are there. */
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number | string>>;
}

export interface VulkanChange {
  readonly kind: 'extension' | 'feature' | 'limit';
  readonly name: string;
  readonly base: string;
  readonly head: string;
  /** Something that base had is gone. */
  readonly lost: boolean;
}

/** The driver as a baseline keeps it. */
export interface VulkanIdentity {
  readonly driverID: string;
  readonly driverName: string;
  readonly deviceName: string;
  readonly apiVersion: string;
  readonly driverInfo: string;
  /** null where no profile was taken, or a newer session of the file has the same. */
  readonly offers: VulkanOffers | null;
}

/** One side of a report. */
export interface VulkanSide {
  /** Measured boots that were asked, and those of them in which Vulkan was as required and computed. */
  readonly boots: number;
  readonly ready: number;
  /** Of the first boot that was not ready, else of the first; empty fields where the loader found no device. */
  readonly identity: VulkanIdentity;
  readonly icd: string;
  /** What went wrong in the first boot that was not ready; empty when all were. */
  readonly trouble: string;
}

export interface VulkanReport {
  readonly head: VulkanSide;
  /** The other side, or what the newest baseline session says; null when neither knows. */
  readonly base: { readonly from: 'side'; readonly side: VulkanSide } | BaselineVulkan | null;
  /** What head lost, in a few words for a headline; empty when nothing. */
  readonly lost: string;
  readonly changes: readonly VulkanChange[];
}

export interface BaselineVulkan {
  readonly from: 'baseline';
  readonly identity: VulkanIdentity;
}
