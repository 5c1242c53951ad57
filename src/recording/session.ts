// What a run and a study do alike: hold ports, own a run folder, watch the machine, and take a boot from its spawn to the disk.
import { homedir } from 'node:os';
import { holdPorts } from '../guest/hold-ports.ts';
import { assetDigests, changedAssets, originalsOf } from '../guest/launcher.ts';
import { launcherWarnings } from '../guest/launcher-notes.ts';
import { tellTrees } from '../guest/tell-trees.ts';
import { hostState, hostWarnings } from '../host/conditions.ts';
import { watchPower } from '../host/power-watch.ts';
import { watchSleep } from '../host/sleep-watch.ts';
import type { Boot } from '../model/boot.ts';
import { distinctWarnings, type Warning } from '../model/comparison.ts';
import type { HostFacts, HostState } from '../model/conditions.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { RecordedRun, RecordedScenario } from '../model/run.ts';
import type { Scenario } from '../model/scenario.ts';
import { publishable } from '../store/publishable.ts';
import { createRunFolder, newRunId, writeBoot, writeRun } from '../store/run-folder.ts';
import { markerProfileOf } from '../timeline/custom-markers.ts';
import { readyNs } from '../timeline/read-timeline.ts';
import { bootOnce } from './boot-once.ts';
import type { Slot } from './schedule.ts';

/** What every recording is asked with. */
export interface SessionRequest {
  /** Receives `.bootgauge`. */
  readonly root: string;
  /** Commit of the repository, or empty. */
  readonly commit: string;
  readonly tool: string;
  /** The words of the command line that asks for it, to be told in the report. */
  readonly command?: readonly string[] | undefined;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

interface Opening {
  /** All that will be booted. */
  readonly plans: readonly (LaunchPlan | null)[];
  /** When the command began: it names the run. */
  readonly begun: Date;
  readonly onUndecided: RecordedRun['onUndecided'];
  /** A run to go on with, instead of a new one. */
  readonly resumed?: { readonly folder: string; readonly run: Pick<RecordedRun, 'id' | 'startedAt'> } | null;
}

/** Holds the plans' ports until its disposal. */
export interface Session extends AsyncDisposable {
  /** Of the run. */
  readonly folder: string;
  /** Waits for a quiet machine and watches it from then on; for the boots of one scenario, or of all arms. */
  watch(watched: Watched): Promise<WatchedBoots>;
  /** Writes run.json, in which boots are not. */
  keep(scenarios: readonly RecordedScenario[], finished: boolean): Promise<RecordedRun>;
}

interface Watched {
  readonly plans: readonly (LaunchPlan | null)[];
  readonly host: Pick<HostFacts, 'cpus'>;
  readonly quietWaitMs: number | undefined;
}

export interface WatchedBoots {
  /** The machine before the first boot, and after the last one: null until `end`. */
  readonly hostState: { readonly before: HostState; readonly after: HostState | null };
  /** Resolves when the boot is on disk. Rejects only for what is no fault of the guest. */
  boot(asked: AskedBoot): Promise<Boot>;
  /** What a reader must know of these boots, as far as it is known now; each once. */
  warnings(plans: readonly (LaunchPlan | null)[], boots: readonly Boot[]): Warning[];
  /** Looks at the machine, and at what launchers were given, for the last time. */
  end(): Promise<void>;
}

export interface AskedBoot {
  readonly plan: LaunchPlan;
  readonly scenario: Scenario;
  readonly slot: Slot;
  /** Its guest is asked what its software is. */
  readonly takesStock?: boolean;
  /** 1-based position in the run, and the most boots that there can be. */
  readonly number: number;
  readonly of: number;
}

export async function openSession(request: SessionRequest, opening: Opening): Promise<Session> {
  await using held = new AsyncDisposableStack();
  held.use(await holdPorts(opening.plans, request));
  await tellTrees(opening.plans, request.progress);
  const id = opening.resumed?.run.id ?? newRunId(opening.begun);
  const folder = opening.resumed?.folder ?? (await createRunFolder(request.root, id));
  const { tool, commit, command } = request;
  const facts: Omit<RecordedRun, 'finished' | 'scenarios'> = {
    schema: 1,
    id,
    startedAt: opening.resumed?.run.startedAt ?? opening.begun.toISOString(),
    tool,
    onUndecided: opening.onUndecided,
    commit,
    ...(command === undefined ? {} : { command: publishable(command, homedir()) }),
  };
  const ports = held.move();
  return {
    folder,
    watch: (watched) => watchBoots(request, folder, watched),
    async keep(scenarios, finished) {
      const run = { ...facts, finished, scenarios };
      await writeRun(folder, run);
      return run;
    },
    [Symbol.asyncDispose]: () => ports.disposeAsync(),
  };
}

async function watchBoots(request: SessionRequest, folder: string, watched: Watched): Promise<WatchedBoots> {
  const { quietWaitMs, plans, host } = watched;
  const power = watchPower({ quietWaitMs, progress: request.progress, signal: request.signal });
  await power.settle();
  const before = await hostState(folder);
  const assets = plans.flatMap((plan) => (plan?.kind === 'launcher' ? originalsOf(plan) : []));
  const originals = await assetDigests(assets);
  let after: HostState | null = null;
  let changed: readonly Warning[] = [];
  return {
    get hostState() {
      return { before, after };
    },
    async boot(asked) {
      await power.look(asked.number);
      const boot = await bootToDisk(request, folder, asked);
      await power.look(asked.number);
      power.hear(asked.number, boot.usage);
      return boot;
    },
    warnings: (of, boots) =>
      distinctWarnings([
        ...hostWarnings(host, before, after),
        ...power.warnings(),
        ...of.flatMap((plan) => (plan === null ? [] : launcherWarnings(plan, boots))),
        ...changed,
      ]),
    async end() {
      after = await hostState(folder);
      changed = await changedAssets(assets, originals);
    },
  };
}

async function bootToDisk(request: SessionRequest, folder: string, asked: AskedBoot): Promise<Boot> {
  const { progress, signal } = request;
  const { plan, scenario, slot, number, of, takesStock = false } = asked;
  progress({ kind: 'boot-started', number, of, scenario: scenario.id, side: slot.side, warmup: slot.warmup });
  using sleep = watchSleep();
  const booted = await bootOnce({
    plan,
    scenario,
    markers: markerProfileOf(scenario),
    slot,
    number,
    takesStock,
    onPhase: (phase, atNs) => progress({ kind: 'phase-entered', number, phase, atNs }),
    signal,
  });
  const sleptMs = sleep.sleptMs();
  const boot = publishable(sleptMs === 0 ? booted : { ...booted, sleptMs }, homedir());
  await writeBoot(folder, boot);
  const ns = readyNs(boot);
  // Only what is on disk is called ended.
  progress({
    kind: 'boot-ended',
    number,
    outcome: boot.outcome,
    readyMs: ns === null ? null : ns / 1e6,
    by: boot.ready ?? 'time-to-ssh',
  });
  return boot;
}
