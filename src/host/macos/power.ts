// Power source, energy mode and throttling of a Mac (pmset).
import { ask, askText } from '../ask.ts';
import { slowPhrases } from '../power.ts';
import type { PowerState } from '../system.ts';
import type { HostView } from '../view.ts';

export async function power(host: HostView): Promise<PowerState> {
  const [batt, settings, therm, pressure] = await Promise.all([
    askText(host, 'pmset', '-g', 'batt'),
    askText(host, 'pmset', '-g'),
    // Old systems answer this one with an error status beside the text.
    ask(host, 'pmset', ['-g', 'therm']),
    // The only one that Apple silicon answers, and without root.
    askText(host, 'notifyutil', '-g', 'com.apple.system.thermalpressurelevel'),
  ]);
  const battery = macOnBattery(batt);
  const mode = macEnergyMode(settings);
  const throttling = [macThermalPressure(pressure), macThrottling(therm.stdout)]
    .filter((part) => part !== '')
    .join(', ');
  return {
    phrases: [
      battery === null ? '' : battery ? slowPhrases.battery : 'on mains',
      mode === 'low' ? slowPhrases.lowPower : mode === 'high' ? 'high power mode' : '',
      throttling === '' ? '' : `${slowPhrases.throttled} (${throttling.replaceAll(', ', '; ')})`,
    ].filter((phrase) => phrase !== ''),
    throttleCount: null,
  };
}

/** True on battery (or on a UPS's), false on mains, null when pmset does not say; from `pmset -g batt`. */
export function macOnBattery(batt: string): boolean | null {
  const source = /drawing from '([^']+)'/.exec(batt)?.[1];
  return source === undefined ? null : source !== 'AC Power';
}

/** The energy mode in use; from `pmset -g`. Macs that know a high power mode write `powermode`, others `lowpowermode`. */
export function macEnergyMode(settings: string): 'automatic' | 'low' | 'high' | 'unknown' {
  const value = (name: string): string | undefined => new RegExp(`^\\s*${name}\\s+(\\d+)`, 'm').exec(settings)?.[1];
  const mode = value('powermode') ?? value('lowpowermode');
  return mode === undefined ? 'unknown' : mode === '1' ? 'low' : mode === '2' ? 'high' : 'automatic';
}

/** `thermal pressure heavy`; empty when it is nominal, or nobody says: a key that a system does not know is 0, too. */
function macThermalPressure(notifyutil: string): string {
  const level = /thermalpressurelevel\s+(\d+)/.exec(notifyutil)?.[1];
  const name = ['', 'moderate', 'heavy', 'trapping', 'sleeping'][Number(level ?? 0)] ?? `level ${level}`;
  return name === '' ? '' : `thermal pressure ${name}`;
}

/** What `pmset -g therm` complains of, such as `speed limit 70 %`; empty when it complains of nothing. */
export function macThrottling(therm: string): string {
  const limits = [...therm.matchAll(/CPU_(Speed|Scheduler)_Limit\s*=\s*(\d+)/g)]
    .filter((match) => Number(match[2]) < 100)
    .map((match) => `${match[1]?.toLowerCase()} limit ${match[2]} %`);
  const levels = [...therm.matchAll(/(thermal|performance) warning level\s*[=:]?\s*(\d+)/gi)]
    .filter((match) => Number(match[2]) > 0)
    .map((match) => `${match[1]?.toLowerCase()} warning level ${match[2]}`);
  return [...levels, ...limits].join(', ');
}
