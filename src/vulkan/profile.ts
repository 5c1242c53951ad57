// What a Vulkan driver offers, read from `vulkaninfo --json`, and what a change took away. Pure; the text comes from the guest.
import type { VulkanChange, VulkanOffers } from '../model/vulkan.ts';

/** null when the text is no profile of vulkaninfo's. */
export function readOffers(profile: string): VulkanOffers | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(profile);
  } catch {
    return null;
  }
  const device = field(field(parsed, 'capabilities'), 'device');
  const extensions = Object.keys(objectOf(field(device, 'extensions')))
    .filter(isName)
    .sort();
  if (extensions.length === 0) return null;
  const leaves = [...leavesOf(field(device, 'features'))];
  const features = [...new Set(leaves.flatMap(([name, value]) => (value === true ? [name] : [])))].sort();
  const limits = field(field(field(device, 'properties'), 'VkPhysicalDeviceProperties'), 'limits');
  return {
    extensions: extensions.slice(0, mostNames),
    features: features.slice(0, mostNames),
    limits: limitsOf(limits),
  };
}

/** Lost things first, each kind in alphabetical order. */
export function compareOffers(base: VulkanOffers, head: VulkanOffers): VulkanChange[] {
  const changes = [
    ...setChanges('extension', base.extensions, head.extensions),
    ...setChanges('feature', base.features, head.features),
    ...limitChanges(base.limits, head.limits),
  ];
  return changes.toSorted((one, other) => Number(other.lost) - Number(one.lost));
}

const mostNames = 1000;

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const field = (value: unknown, name: string): unknown =>
  Object.hasOwn(objectOf(value), name) ? objectOf(value)[name] : undefined;

/** Vulkan's own names; anything else in there is not shown to anybody. */
const isName = (text: string): boolean => /^[A-Za-z]\w{0,79}$/.test(text);

/** `VkPhysicalDeviceFeatures: { geometryShader: true }` -> `geometryShader`, true. */
function* leavesOf(features: unknown): Generator<readonly [string, unknown]> {
  for (const [structure, members] of Object.entries(objectOf(features))) {
    if (!isName(structure)) continue;
    for (const [name, value] of Object.entries(objectOf(members))) if (isName(name)) yield [name, value];
  }
}

function limitsOf(limits: unknown): Record<string, number | string> {
  const read = Object.entries(objectOf(limits)).flatMap(([name, value]): [string, number | string][] => {
    if (!isName(name)) return [];
    if (typeof value === 'number') return [[name, value]];
    if (Array.isArray(value)) return [[name, value.slice(0, 8).map(String).join(' ').slice(0, 80)]];
    return [];
  });
  return Object.fromEntries(read.slice(0, mostNames));
}

function setChanges(kind: 'extension' | 'feature', base: readonly string[], head: readonly string[]): VulkanChange[] {
  const [before, after] = [new Set(base), new Set(head)];
  return [
    ...base.filter((name) => !after.has(name)).map((name) => ({ kind, name, base: 'yes', head: 'no', lost: true })),
    ...head.filter((name) => !before.has(name)).map((name) => ({ kind, name, base: 'no', head: 'yes', lost: false })),
  ];
}

/** A limit that shrank or grew: which of both is a loss depends on the limit, so none is called one. */
function limitChanges(base: VulkanOffers['limits'], head: VulkanOffers['limits']): VulkanChange[] {
  return Object.keys(base)
    .filter((name) => Object.hasOwn(head, name) && base[name] !== head[name])
    .map((name) => ({ kind: 'limit', name, base: String(base[name]), head: String(head[name]), lost: false }));
}
