// Boots that tell of more than times: that the emulator died by a fault of its own, that all of a side hung, or that one got ready where
// no times are judged.
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

/** Of each side, boots that got ready in rounds that are set aside. */
export function readyAside(all: readonly { readonly boot: Boot; readonly setAside: boolean }[]): Record<Side, number> {
  const ready = all.filter(({ boot, setAside }) => setAside && boot.outcome.kind === 'ready');
  const of = (side: Side): number => ready.filter(({ boot }) => boot.side === side).length;
  return { head: of('head'), base: of('base') };
}
