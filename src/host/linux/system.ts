// Linux, as it tells of itself in /proc and /sys.
import type { System } from '../system.ts';
import { activity } from './activity.ts';
import { performanceCores } from './cores.ts';
import { facts } from './facts.ts';
import { power } from './power.ts';
import { oneProcess, processes } from './processes.ts';
import { state } from './state.ts';
import { stacks, threads } from './threads.ts';

export const linux: System = {
  facts,
  performanceCores,
  state,
  power,
  activity,
  processes,
  process: oneProcess,
  threads,
  stacks,
  // Every 100 ms took a fifth of all the CPU time that measuring a boot takes; a search costs milliseconds of it.
  usage: { periodMs: 250, readsPerSearch: 5, asksProgram: false },
  checks: () => Promise.resolve([]),
  quietWaitMs: 0,
  // Linux runners do not sleep.
  stayAwake: () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() }),
};
