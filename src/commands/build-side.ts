// One side from source, for every command that boots: the build room with this command's cache, environment and signal.
import type { BuildRequest } from '../build/build.ts';
import type { Emulator } from '../model/launch-plan.ts';
import type { CommandContext } from './context.ts';

export async function buildSide(
  request: BuildRequest,
  { cache, context }: { readonly cache: string; readonly context: CommandContext },
): Promise<Emulator> {
  const { buildEmulator } = await import('../build/build.ts');
  const { progress, signal, environment } = context;
  const { emulator, made } = await buildEmulator(request, { cache, environment, progress, signal });
  return made === null ? emulator : { ...emulator, fresh: true };
}
