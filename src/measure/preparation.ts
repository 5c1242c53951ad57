// What preparing guests and emulators takes: the kit, the accelerators that were tried before, the builds of sides. The same for runs and
// studies.
import { join } from 'node:path';
import type { CommandContext } from '../cli/context.ts';
import { kitOptionsOf } from '../cli/kit-options.ts';
import type { Config } from '../config/config.ts';
import type { SharedBuilds } from '../model/build.ts';
import type { SideSpec } from '../model/scenario.ts';
import type { RunRequest } from '../recording/record.ts';
import { rememberIn } from '../store/memory.ts';
import { sideBuilder } from './side-builder.ts';

export interface PreparationRequest {
  readonly config: Config;
  readonly context: CommandContext;
  /** Nothing may be loaded for the kit, for a guest or for a side that is built. */
  readonly offline?: boolean;
  /** Builds of other machines, and where new ones are given to them. */
  readonly shared?: SharedBuilds | null;
  readonly sides: readonly SideSpec[];
}

/** Proves first that every side can be built, so that none is built when another one cannot be. */
export async function preparationFor(request: PreparationRequest): Promise<RunRequest['prepare']> {
  const { config, context, offline = false, shared = null, sides } = request;
  const kit = { ...kitOptionsOf(context, config.kit), offline };
  const builder = sideBuilder({ cache: kit.cache, context, mostBytes: config.buildCacheBytes, offline, shared });
  await builder.check(sides);
  return { kit, remembered: rememberIn(join(kit.cache, 'trials.json')), build: builder.build };
}
