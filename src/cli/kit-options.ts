// Where a command's cache lies, and what the kit is told by every command that assembles or boots.
import { homedir } from 'node:os';
import type { Config } from '../config/config.ts';
import type { KitOptions } from '../kit/options.ts';
import { cacheFolder } from '../store/cache-folder.ts';
import type { CommandContext } from './context.ts';

/** Absolute path of the cache folder; a context's own HOME comes before the user's. */
export const cacheOf = ({ environment }: Pick<CommandContext, 'environment'>): string =>
  cacheFolder(environment, environment.HOME ?? homedir());

/** Archive and keys are the configuration's, where there is one that names them; else those of this machine's apt. */
export function kitOptionsOf(
  context: Pick<CommandContext, 'environment' | 'progress' | 'signal'>,
  kit: Config['kit'] = { mirror: null, keyring: null },
): KitOptions {
  const { progress, signal } = context;
  return {
    cache: cacheOf(context),
    mirror: kit.mirror ?? undefined,
    keyring: kit.keyring ?? undefined,
    progress,
    signal,
  };
}
