// Power source, profile, governor and throttling of a Linux machine.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { slowPhrases } from '../power.ts';
import type { PowerState } from '../system.ts';
import { type HostView, readHostFile } from '../view.ts';

export async function power(host: HostView): Promise<PowerState> {
  const frequency = 'sys/devices/system/cpu/cpu0/cpufreq';
  const governor = readHostFile(host, join(frequency, 'scaling_governor'));
  const driver = readHostFile(host, join(frequency, 'scaling_driver'));
  // With a driver that chooses frequencies by itself, powersave is the normal governor and does not mean slow.
  const selfGoverned = /^(intel_pstate|amd-pstate(-epp)?)$/.test(driver) && governor === 'powersave';
  const supplies = folderNames(host, 'sys/class/power_supply').map((name) => {
    const read = (file: string): string => readHostFile(host, join('sys/class/power_supply', name, file));
    return { type: read('type'), online: read('online'), status: read('status'), scope: read('scope') };
  });
  const profile = readHostFile(host, 'sys/firmware/acpi/platform_profile');
  const counts = folderNames(host, 'sys/devices/system/cpu')
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => readHostFile(host, join('sys/devices/system/cpu', name, 'thermal_throttle/core_throttle_count')))
    .filter((count) => /^\d+$/.test(count));
  return {
    phrases: [
      runsOnBattery(supplies)
        ? slowPhrases.battery
        : supplies.some((supply) => supply.online === '1')
          ? 'on mains'
          : '',
      profile === 'low-power' ? slowPhrases.lowPower : '',
      governor === '' ? '' : selfGoverned ? `governor of ${driver}` : `governor ${governor}`,
    ].filter((phrase) => phrase !== ''),
    throttleCount: counts.length === 0 ? null : counts.reduce((sum, count) => sum + Number(count), 0),
  };
}

export interface PowerSupply {
  readonly type: string;
  readonly online: string;
  readonly status: string;
  readonly scope: string;
}

/** True when the machine itself (not a mouse) runs on its battery. */
export function runsOnBattery(supplies: readonly PowerSupply[]): boolean {
  const mains = supplies.some((supply) => supply.type !== 'Battery' && supply.online === '1');
  const draining = supplies.some(
    (supply) => supply.type === 'Battery' && supply.scope !== 'Device' && supply.status === 'Discharging',
  );
  return draining && !mains;
}

function folderNames(host: HostView, path: string): readonly string[] {
  try {
    return readdirSync(join(host.root, path)).sort();
  } catch {
    return [];
  }
}
