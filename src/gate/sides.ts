// Which sides a scenario has, and what the inputs of a step change in them.
import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { qemuChoice, withQemu } from '../config/qemu.ts';
import { type Overrides, scenariosOf } from '../config/scenarios.ts';
import { soaked } from '../config/soak.ts';
import { usageError } from '../model/errors.ts';
import type { MeasurementInputs } from '../model/gate.ts';
import type { Scenario } from '../model/scenario.ts';

export interface SidesRequest {
  readonly inputs: MeasurementInputs;
  /** Absolute path of the folder of the project. */
  readonly folder: string;
  /** Commit that head is compared with where both are built; empty: none. */
  readonly compared: string;
}

/** The scenarios to measure, each with the sides that the mode asks for. */
export function sidesToMeasure(config: Config, request: SidesRequest): readonly Scenario[] {
  return scenariosOf(config, request.inputs.scenarios, overridesOf(config, request)).map((scenario) =>
    lengthened(withSides(scenario, request), request.inputs),
  );
}

function lengthened(scenario: Scenario, { mode, boots, timeBudgetMs, load }: MeasurementInputs): Scenario {
  if (mode !== 'soak') return scenario;
  if (boots === null && timeBudgetMs === null)
    throw usageError('mode soak needs an end', 'give the input `time-budget`, such as 2h, or `boots`');
  return soaked(scenario, { boots, timeMs: timeBudgetMs }, load);
}

function withSides(scenario: Scenario, { inputs: { mode, baseQemu }, folder }: SidesRequest): Scenario {
  if (mode === 'baseline' || mode === 'record') return { ...scenario, base: null };
  if (baseQemu !== '') {
    const base = scenario.base ?? scenario.head;
    return { ...scenario, base: { ...base, qemu: qemuChoice(baseQemu, folder) } };
  }
  if (mode !== 'paired' || scenario.base !== null) return scenario;
  throw usageError(
    `${scenario.id} has nothing to be compared with in mode paired`,
    'give the input `qemu-source` and a base, or `base-qemu`, or the scenario a `base:`; or use mode baseline',
  );
}

function overridesOf(config: Config, { inputs, folder, compared }: SidesRequest): Overrides {
  const { boots, maxBoots, timeBudgetMs, qemu, qemuSource, patches } = inputs;
  const built =
    qemuSource === '' ? {} : { qemu: withQemu(config.qemu, { source: resolve(folder, qemuSource) }, folder) };
  const head = patches.length === 0 ? {} : { head: { patches: patches.map((path) => resolve(folder, path)) } };
  return {
    ...(boots === null ? {} : { boots }),
    ...(maxBoots === null ? {} : { maxBoots }),
    ...(timeBudgetMs === null ? {} : { timeBudgetMs }),
    ...(qemu === '' ? built : { qemu: qemuChoice(qemu, folder) }),
    ...head,
    ...(qemuSource === '' || compared === '' ? {} : { base: { ref: compared } }),
  };
}
