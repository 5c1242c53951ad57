// One step of the self-test: what it tries, and how that ended.
import type { CommandContext } from '../cli/context.ts';
import type { HostView } from '../host/view.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { QemuLaunchPlan } from '../model/launch-plan.ts';
import type { QemuChoice } from '../model/scenario.ts';

export interface Outcome {
  readonly result: 'passes' | 'fails' | 'not applicable';
  readonly found: string;
  /** The one thing to do about it; empty when there is nothing to do. */
  readonly todo: string;
  /** The step's own, if not given. */
  readonly title?: string;
}

export interface SelfTestLine extends Outcome {
  readonly id: string;
  readonly title: string;
}

export interface SelfTestPlace {
  readonly context: CommandContext;
  readonly host: HostView;
  /** QEMU to try; null: what is there. */
  readonly qemu: QemuChoice | null;
  readonly architecture: Architecture;
  /** A folder that goes away afterwards. */
  readonly scratch: string;
  /** What earlier steps leave for later ones. */
  readonly made: { program?: string; plan?: QemuLaunchPlan };
}

export interface SelfTestStep {
  readonly id: string;
  readonly title: string;
  /** What it throws is a failure. */
  run(place: SelfTestPlace, signal: AbortSignal): Promise<Outcome | readonly Outcome[]>;
}

export const passes = (found: string): Outcome => ({ result: 'passes', found, todo: '' });
export const fails = (found: string, todo: string): Outcome => ({ result: 'fails', found, todo });
export const notApplicable = (found: string): Outcome => ({ result: 'not applicable', found, todo: '' });
