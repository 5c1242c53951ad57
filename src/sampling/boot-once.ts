// One boot from the spawn to the disposal of the VM. Whatever happens to the guest becomes an Outcome, never a throw.
import type { Boot, Outcome, ProbeEvent } from '../model/boot.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import type { Scenario } from '../model/scenario.ts';
import { runUserProbes } from '../probe/command.ts';
import { watchBanner } from '../probe/ssh-banner.ts';
import { openSession } from '../probe/ssh-session.ts';
import { launch, type RunningVm } from '../qemu/launch.ts';
import { createLiveMatcher, type LiveEvent } from '../timeline/live.ts';
import type { MarkerProfile } from '../timeline/marker-profiles.ts';
import type { Slot } from './schedule.ts';

export interface BootRequest {
  readonly plan: LaunchPlan;
  readonly scenario: Scenario;
  readonly markers: MarkerProfile;
  readonly slot: Slot;
  /** 1-based position in the run. */
  readonly number: number;
  readonly onPhase: (phase: string, atNs: number) => void;
  /** Aborting it ends the boot with an error: an interrupted boot is no measurement. */
  readonly signal: AbortSignal;
}

export async function bootOnce(request: BootRequest): Promise<Boot> {
  request.signal.throwIfAborted();
  // An emulator that does not answer must not get more time than the boot has.
  const startTimeoutMs = Math.min(longestStartMs, request.scenario.deadlines.totalMs);
  await using vm = await launch(request.plan, { startTimeoutMs, signal: request.signal });
  const probes: ProbeEvent[] = [];
  const outcome = await watchBoot(request, vm, probes);
  request.signal.throwIfAborted();
  return {
    schema: 1,
    number: request.number,
    scenario: request.scenario.id,
    side: request.slot.side,
    profile: request.scenario.profile,
    round: request.slot.round,
    warmup: request.slot.warmup,
    startedAt: vm.startedAt,
    command: vm.command,
    console: vm.console.snapshot(),
    stderr: vm.stderr(),
    events: [...vm.events()],
    probes,
    usage: [...vm.usage()],
    outcome,
  };
}

/** How long QEMU may take to answer on QMP, where the boot's own deadline is not shorter. */
const longestStartMs = 30_000;

/** The first of these decides: readiness, a panic, the emulator's end, a deadline. */
async function watchBoot(
  { scenario, markers, plan, onPhase, signal }: BootRequest,
  vm: RunningVm,
  probes: ProbeEvent[],
): Promise<Outcome> {
  const matcher = createLiveMatcher(markers, scenario.profile);
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const { promise: decided, resolve: decide } = Promise.withResolvers<Outcome>();
  let deadline: NodeJS.Timeout | undefined;
  const hung = (deadlineMs: number): void => decide({ kind: 'hung', phase: matcher.phase(), deadlineMs });
  const enter = (phase: string, atNs: number): void => {
    onPhase(phase, atNs);
    clearTimeout(deadline);
    const limitMs = scenario.deadlines.phasesMs[phase];
    if (limitMs !== undefined) deadline = setTimeout(() => hung(limitMs), limitMs);
  };
  const total = setTimeout(() => hung(scenario.deadlines.totalMs), scenario.deadlines.totalMs - vm.nowNs() / 1e6);
  const take = (events: readonly LiveEvent[]): void => {
    for (const event of events) {
      if (event.kind === 'phase') enter(event.name, event.atNs);
      if (event.kind === 'failed') decide({ kind: 'panicked', line: event.line });
    }
  };
  vm.onEvent((event) => {
    if (event.name === 'guest-started') take(matcher.guestStarted(event.atNs));
  });
  vm.console.onRead((bytes, atNs) => take(matcher.feed(bytes, atNs)));
  void vm.exited.then(({ atNs, code, signal: killed }) => {
    // The last words of a guest may lack their newline.
    matcher.feed(newline, atNs);
    const panic = matcher.panic();
    decide(panic === null ? { kind: 'exited', code, signal: killed } : { kind: 'panicked', line: panic });
  });
  signal.addEventListener('abort', () => decide({ kind: 'exited', code: null, signal: null }), { once: true });
  void askGuest({ vm, plan, scenario, probes, signal: ended }).then(
    (answer) => answer !== null && decide(answer),
    (error) => decide({ kind: 'failed', probe: 'ssh', detail: (error as Error).message }),
  );
  const outcome = await decided;
  clearTimeout(total);
  clearTimeout(deadline);
  over.abort();
  return outcome;
}

const newline = new TextEncoder().encode('\n');

interface Asking {
  readonly vm: RunningVm;
  readonly plan: LaunchPlan;
  readonly scenario: Scenario;
  readonly probes: ProbeEvent[];
  readonly signal: AbortSignal;
}

/** Banner, login, the user's probes, in this order. null when the boot was over before the answer. */
async function askGuest({ vm, plan, scenario, probes, signal }: Asking): Promise<Outcome | null> {
  const onEvent = (event: ProbeEvent): void => void probes.push(event);
  const nowNs = (): number => vm.nowNs();
  const banner = await watchBanner({ port: vm.sshPort, nowNs, onEvent, signal });
  if (banner === null) return null;
  // The exact moment for cpu-time.
  await vm.usageNow();
  if (plan.ssh.privateKeyPath === '') return { kind: 'ready' };
  await using session = await openSession({ access: plan.ssh, port: vm.sshPort, nowNs, onEvent, signal });
  const login = await session.waitForLogin();
  if (login === null) return null;
  if (login.outcome !== 'ok') return { kind: 'failed', probe: 'login', detail: login.detail };
  const failed = await runUserProbes({ probes: scenario.probes, session, nowNs, onEvent, signal });
  if (signal.aborted) return null;
  return failed === null ? { kind: 'ready' } : { kind: 'failed', probe: failed.probe, detail: failed.detail };
}
