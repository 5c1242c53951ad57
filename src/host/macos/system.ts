// macOS, as its own programs tell of it.
import type { System } from '../system.ts';
import { activity } from './activity.ts';
import { stayAwake } from './awake.ts';
import { macChecks } from './checks.ts';
import { facts, performanceCores } from './facts.ts';
import { power } from './power.ts';
import { oneProcess, processes } from './processes.ts';
import { state } from './state.ts';
import { stacks, threads } from './threads.ts';

export const macos: System = {
  facts,
  performanceCores,
  state,
  power,
  activity,
  processes,
  process: oneProcess,
  threads,
  stacks,
  usage: { periodMs: 1000, readsPerSearch: 1, asksProgram: true },
  checks: macChecks,
  quietWaitMs: 120_000,
  stayAwake,
};
