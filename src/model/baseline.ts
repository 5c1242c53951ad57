// One line of baselines/<machine>/<scenario>.jsonl: a session that was accepted as a reference.
import type { ComparableKey } from './conditions.ts';
import type { Unit } from './metric.ts';
import type { VulkanIdentity } from './vulkan.ts';

export interface BaselineMetric {
  readonly unit: Unit;
  readonly resolution: number;
  /** In the order taken; null is a failed boot. */
  readonly samples: readonly (number | null)[];
}

export interface BaselineSession {
  readonly schema: 1;
  readonly run: string;
  readonly recordedAt: string;
  readonly key: ComparableKey;
  /** May differ between comparable sessions; a difference is a warning. */
  readonly facts: { readonly osVersion: string; readonly emulator: string; readonly runner: string };
  readonly commit: string;
  /** Why it was accepted though slower; empty when it was not. */
  readonly intended: string;
  /** The driver that was there; absent where nothing was asked about Vulkan. */
  readonly vulkan?: VulkanIdentity;
  readonly metrics: Readonly<Record<string, BaselineMetric>>;
}
