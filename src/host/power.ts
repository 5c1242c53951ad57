// Whether this machine may run as fast as it can: power source, power mode, governor, throttling.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ask, askText } from './ask.ts';
import { runsOnBattery } from './linux.ts';
import { macEnergyMode, macOnBattery, macThrottling } from './macos.ts';
import { type HostView, readHostFile } from './view.ts';

export interface PowerState {
  /** Phrases for people, each of which may be one of `slowPhrases`; empty when nothing is known. */
  readonly phrases: readonly string[];
  /** How often the processors were throttled since the machine started; null where nobody counts. */
  readonly throttleCount: number | null;
}

/** The phrases by which a recorded power state is known to slow a machine down. */
export const slowPhrases = {
  battery: 'on battery',
  lowPower: 'low power mode',
  governor: 'governor powersave',
  throttled: 'throttled',
} as const;

export function powerState(host: HostView): Promise<PowerState> {
  return host.os === 'macos' ? macPower(host) : Promise.resolve(linuxPower(host));
}

function linuxPower(host: HostView): PowerState {
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

async function macPower(host: HostView): Promise<PowerState> {
  const [batt, settings, therm] = await Promise.all([
    askText(host, 'pmset', '-g', 'batt'),
    askText(host, 'pmset', '-g'),
    // Old systems answer this one with an error status beside the text.
    ask(host, 'pmset', ['-g', 'therm']),
  ]);
  const battery = macOnBattery(batt);
  const mode = macEnergyMode(settings);
  const throttling = macThrottling(therm.stdout);
  return {
    phrases: [
      battery === null ? '' : battery ? slowPhrases.battery : 'on mains',
      mode === 'low' ? slowPhrases.lowPower : mode === 'high' ? 'high power mode' : '',
      throttling === '' ? '' : `${slowPhrases.throttled} (${throttling.replaceAll(', ', '; ')})`,
    ].filter((phrase) => phrase !== ''),
    throttleCount: null,
  };
}

function folderNames(host: HostView, path: string): readonly string[] {
  try {
    return readdirSync(join(host.root, path)).sort();
  } catch {
    return [];
  }
}
