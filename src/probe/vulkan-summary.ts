// Reads what `vulkaninfo --summary` prints, of any version since the option exists (1.2.162), whole or cut off. Pure.
import { printable } from '../model/plain-text.ts';
import type { VulkanDevice } from '../model/vulkan.ts';

export interface VulkanSummary {
  /** The loader's version; empty when the line is missing. */
  readonly instanceVersion: string;
  /** In the loader's order: an application that takes the first one takes this one. */
  readonly devices: readonly VulkanDevice[];
  /** False when the first device lacks its driver's ID or name: cut off, or not vulkaninfo's. Old drivers behind it may lack them. */
  readonly complete: boolean;
}

const fields = [
  'apiVersion',
  'driverVersion',
  'deviceType',
  'deviceName',
  'driverID',
  'driverName',
  'driverInfo',
  'conformanceVersion',
] as const;
type Field = (typeof fields)[number];

/** Longer lines are none of vulkaninfo's, and more devices than this are nobody's. */
const longestLine = 1000;
const mostDevices = 16;

export function readVulkanSummary(text: string): VulkanSummary {
  const devices = new Map<number, Map<Field, string>>();
  let instanceVersion = '';
  let current: Map<Field, string> | null = null;
  for (const line of linesOf(text)) {
    const gpu = /^GPU(\d{1,3}):$/.exec(line);
    if (gpu) {
      const index = Number(gpu[1]);
      if (!devices.has(index) && devices.size < mostDevices) devices.set(index, new Map());
      current = devices.get(index) ?? null;
      continue;
    }
    const instance = /^Vulkan Instance Version: *(\d+\.\d+\.\d+)/.exec(line);
    if (instance) instanceVersion ||= instance[1] ?? '';
    const assignment = /^(\w{1,40}) *= *(.*)$/.exec(line);
    const field = fields.find((name) => name === assignment?.[1]);
    // The first of two equal lines counts: what a driver's name smuggles in comes later.
    if (current !== null && field !== undefined && !current.has(field))
      current.set(field, printable(assignment?.[2] ?? ''));
  }
  const read = [...devices].map(([index, values]) => asDevice(index, values));
  // The driver's name stands behind its ID: where it is, the ID was not cut off.
  const complete = read[0] !== undefined && read[0].driverName !== '' && read[0].driverID !== '';
  return { instanceVersion, devices: read, complete };
}

function asDevice(index: number, values: ReadonlyMap<Field, string>): VulkanDevice {
  const value = (field: Field): string => values.get(field) ?? '';
  return {
    index,
    apiVersion: dotted(value('apiVersion')),
    driverVersion: dotted(value('driverVersion')),
    deviceType: value('deviceType'),
    deviceName: value('deviceName'),
    driverID: value('driverID'),
    driverName: value('driverName'),
    driverInfo: value('driverInfo'),
    conformanceVersion: value('conformanceVersion'),
  };
}

/** `4206797 (1.2.205)`, `1.3.204 (4206796)` and `1.4.305` alike; values without a dotted version stay as they are. */
function dotted(value: string): string {
  return /\d+(?:\.\d+)+/.exec(value)?.[0] ?? value;
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    if (end - start <= longestLine) yield text.slice(start, end).trim();
    start = end + 1;
  }
}
