// Boots that ended because the emulator died by a signal of its own fault, and sides of which every boot hung.
import type { Boot } from '../model/boot.ts';
import type { Side } from '../model/scenario.ts';
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

/** Boots of a side, warm-ups too, where every one of them hung; else 0. */
export function hangsOf(all: readonly Boot[], side: Side): number {
  const boots = all.filter((boot) => boot.side === side);
  return boots.every(({ outcome }) => outcome.kind === 'hung') ? boots.length : 0;
}
