// One measurement at a time on one machine, whoever asks for it.
import { lockMachine } from '../store/machine-lock.ts';
import type { CommandContext } from './context.ts';
import type { ScenarioOptions } from './scenario-options.ts';

/** Waits until nobody else measures here and keeps others waiting until disposal; nothing with `--no-lock`. */
export async function lockFor(
  { lock }: Pick<ScenarioOptions, 'lock'>,
  context: CommandContext,
): Promise<AsyncDisposable> {
  return lock ? lockMachine(context) : new AsyncDisposableStack();
}
