// Boots that ended because the emulator died by a signal of its own fault.
import type { Boot } from '../model/boot.ts';
import type { JudgeInput } from './judge-input.ts';

/** The other signals come from outside. */
const faultSignals = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS']);

export function crashesOf(head: readonly Boot[], base: readonly Boot[]): NonNullable<JudgeInput['crashes']> {
  const signalOf = ({ outcome }: Boot): string =>
    outcome.kind === 'exited' && outcome.signal !== null && faultSignals.has(outcome.signal) ? outcome.signal : '';
  const signals = head.map(signalOf).filter((signal) => signal !== '');
  return {
    ...{ head: signals.length, ofHead: head.length, signal: signals[0] ?? '' },
    ...{ base: base.filter((boot) => signalOf(boot) !== '').length, ofBase: base.length },
  };
}
