// What a boot is taken under: machine, accelerator and guest, and the emulator with what it was built from and what it runs on.
import type { Conditions, HostFacts } from '../model/conditions.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import { type RuntimeOptions, runtimeFacts } from './runtime.ts';

/** The same for every kind of recording: what one of them left out could not be compared with. */
export async function conditionsOf(
  { accelerator, emulator, guest }: LaunchPlan,
  host: HostFacts,
  options: Omit<RuntimeOptions, 'host'>,
): Promise<Conditions> {
  const { origin, version, digest, build } = emulator;
  const runtime = await runtimeFacts(emulator, options);
  const facts = {
    ...{ origin, version, digest },
    ...(build === undefined ? {} : { build }),
    ...(Object.keys(runtime).length === 0 ? {} : { runtime }),
  };
  return { host, accelerator, emulator: facts, guest };
}
