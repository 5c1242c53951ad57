// The facts of this machine that stay the same while it is up: system, processor, memory.
import type { HostFacts } from '../model/conditions.ts';
import type { Accelerator } from '../model/scenario.ts';
import { systemOf } from './systems.ts';
import { type HostView, thisHost } from './view.ts';

/** Facts of the machine, allow-listed: no host name, user name, serial number or identifier is read. */
export async function hostFacts(host: HostView = thisHost()): Promise<HostFacts> {
  return (await systemOf(host)).facts(host);
}

/**
 * Name of the folder that holds this machine's baselines, for example `apple-m2-pro-macos-15-hvf`: chip, major version
 * of the system, accelerator. Stable over reboots, safe as a file name.
 */
export function machineKey(facts: Pick<HostFacts, 'chip' | 'osMajor'>, accelerator: Accelerator): string {
  const chip = slug(facts.chip.replace(/\b(\d+-Core|Processor)\b/gi, ' ')) || slug(facts.chip);
  const system = slug(facts.osMajor.replace(/GNU\/Linux/i, ' '));
  return [chip.slice(0, 80).replace(/-+$/, ''), system.slice(0, 40), accelerator]
    .filter((part) => part !== '')
    .join('-');
}

function slug(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/\.(?!\d)|(?<!\d)\./g, '-')
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '');
}
