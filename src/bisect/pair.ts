// One run of a bisection: two commits booted in turn. Nothing but the commit differs between them; patches, guest and machine are the
// scenario's head's on both sides, or a step would be what the scenario itself compares.

import { analyzeInFull, stopRule as usualRule } from '../analyze.ts';
import type { CommandContext } from '../cli/context.ts';
import type { Config } from '../config/config.ts';
import { runScenarios } from '../measure/measure.ts';
import type { BuildSpec } from '../model/build.ts';
import { usageError } from '../model/errors.ts';
import type { ScenarioReport } from '../model/report.ts';
import type { RecordedScenario } from '../model/run.ts';
import type { Scenario, SideSpec } from '../model/scenario.ts';
import type { ReadBoot } from '../model/timeline.ts';
import type { StopRule } from '../recording/when-to-stop.ts';
import type { Look } from './answer.ts';

export interface PairedRun {
  readonly report: ScenarioReport;
  /** Of the recorded run. */
  readonly folder: string;
}

interface Place {
  readonly scenario: Scenario;
  readonly of: Bisected;
  readonly config: Config;
  readonly context: CommandContext;
  readonly offline: boolean;
}

export interface Pair {
  /** Commits. */
  readonly base: string;
  readonly head: string;
  /** So many times as many boots as the scenario says; 1 if not given. */
  readonly more?: number;
  /** When there are boots enough; the report's own rule if not given. */
  readonly look?: (report: ScenarioReport) => Look;
}

/** Throws as the build of either side does. */
export async function runPair({ scenario, of, config, context, offline }: Place, pair: Pair): Promise<PairedRun> {
  const reportOf = (recorded: RecordedScenario, read: readonly ReadBoot[]): ScenarioReport =>
    analyzeInFull({ ...unnamedRun, scenarios: [recorded] }, [read]).report.scenarios[0] as ScenarioReport;
  const { look } = pair;
  const stopRule: StopRule | undefined =
    look &&
    ((recorded, read) => {
      const { decision, because } = look(reportOf(recorded, read));
      return decision === 'as-usual' ? usualRule(recorded, read) : { decision, because };
    });
  const asked = { config, scenarios: [scenarioOf(scenario, pair, of)], onUndecided: 'pass' as const, context, offline };
  const { report, folder } = await runScenarios(stopRule === undefined ? asked : { ...asked, stopRule });
  return { report: report.scenarios[0] as ScenarioReport, folder };
}

const unnamedRun = {
  schema: 1,
  id: '',
  startedAt: '',
  tool: '',
  finished: false,
  onUndecided: 'pass',
  commit: '',
} as const;

export function scenarioOf(
  scenario: Scenario,
  { base, head, more = 1 }: Omit<Pair, 'look'>,
  of: Bisected = null,
): Scenario {
  const { sampling } = scenario;
  return {
    ...scenario,
    base: sideAt(scenario, base, of),
    head: sideAt(scenario, head, of),
    sampling: {
      ...sampling,
      // Each commit is a new binary.
      warmup: Math.max(1, sampling.warmup),
      maxBoots: sampling.maxBoots * more,
      timeBudgetMs: sampling.timeBudgetMs * more,
    },
  };
}

/** A side that is built from source. */
export type BuiltSide = SideSpec & { readonly qemu: { readonly from: 'build'; readonly build: BuildSpec } };

/** Whose commits are tried: those of the dependency of this name; null: QEMU's. */
export type Bisected = string | null;

/** The side that is bisected, at a commit. Throws a usage error when it is not built, or has no such dependency. */
export function sideAt({ head }: Scenario, ref: string | null, of: Bisected = null): BuiltSide {
  if (head.qemu.from !== 'build')
    throw usageError('bisect builds QEMU from source', 'give qemu.source in bootgauge.yml');
  const { build } = head.qemu;
  if (of !== null && !build.dependencies.some(({ name }) => name === of)) {
    const names = build.dependencies.map(({ name }) => name).join(', ');
    const hint = `name one that stands under qemu.dependencies in bootgauge.yml${names && `: ${names}`}`;
    throw usageError(`QEMU has no dependency '${of}'`, hint);
  }
  return { ...head, qemu: { from: 'build', build: withRef(build, ref, of) } };
}

function withRef(build: BuildSpec, ref: string | null, of: Bisected): BuildSpec {
  if (of === null) return { ...build, ref };
  return { ...build, dependencies: build.dependencies.map((one) => (one.name === of ? { ...one, ref } : one)) };
}

/** What of the scenario's base side, besides the commit that is bisected, differs from head: a bisection has no use for it. */
export function ignoredOfBase({ base, head }: Scenario, of: Bisected = null): string[] {
  if (base === null) return [];
  const parts = ({ guest, machine, qemu }: SideSpec): Record<string, unknown> => ({
    'its guest': guest,
    'its machine': machine,
    'its patches': qemu.from === 'build' ? qemu.build.patches : [],
    'its QEMU': qemu.from === 'build' ? { ...withRef(qemu.build, null, of), patches: [] } : qemu,
  });
  const others = parts(head);
  return Object.entries(parts(base)).flatMap(([name, part]) =>
    JSON.stringify(part) === JSON.stringify(others[name]) ? [] : [name],
  );
}
