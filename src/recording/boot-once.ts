// One boot from the spawn to the disposal of the VM. Whatever happens to the guest becomes an Outcome, never a throw.
import { setTimeout as delay } from 'node:timers/promises';
import { examine } from '../autopsy/autopsy.ts';
import { onAbort } from '../host/on-abort.ts';
import type { Autopsy } from '../model/autopsy.ts';
import type { Boot, Outcome, ProbeEvent } from '../model/boot.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import { mainMetricOf, readinessesOf, readyMetric } from '../model/readiness.ts';
import type { Deadlines, Scenario, SideSpec } from '../model/scenario.ts';
import type { GuestFacts, Probe, WatchedGuest } from '../probe/probe.ts';
import { askAfterwards, askedProbes, askProbes } from '../probe/probes.ts';
import { readVulkanProfile } from '../probe/vulkan-profile.ts';
import { launch } from '../qemu/launch.ts';
import type { RunningVm } from '../qemu/running-vm.ts';
import { awaitReadiness, type NotSsh } from '../ready/ready.ts';
import { watchBanner } from '../ssh/ssh-banner.ts';
import { openSession } from '../ssh/ssh-session.ts';
import { createLiveMatcher, type LiveEvent } from '../timeline/live.ts';
import type { MarkerProfile } from '../timeline/marker.ts';
import { countWork, type WorkCounter } from './count-work.ts';
import { laterFacts } from './later.ts';
import { launcherFailed, notMeasured } from './launcher-outcome.ts';
import { emulatorEnded, notReady, reachOf } from './readiness.ts';
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
  /** Once all is on record the guest is asked what its software is. */
  readonly takesStock?: boolean;
  /** Told of the VM when it was started. */
  readonly onLaunch?: (vm: RunningVm) => void;
}

export async function bootOnce(request: BootRequest): Promise<Boot> {
  request.signal.throwIfAborted();
  // An emulator that does not answer must not get more time than the boot has.
  const startTimeoutMs = Math.min(longestStartMs, request.scenario.deadlines.totalMs);
  const { plan, scenario, signal } = request;
  await using vm = await launch(plan, { startTimeoutMs, signal, reach: reachOf(scenario) });
  request.onLaunch?.(vm);
  const counter = scenario.count ? countWork(vm) : null;
  const answers: Answers = { probes: [], vulkan: null, counter };
  const watchedOutcome = await watchBoot(request, vm, answers);
  await vm.usageSettled();
  // A QEMU that answers nothing would hold an interruption up until it has been asked in vain.
  request.signal.throwIfAborted();
  const { work, failed } = (await counter?.settled()) ?? {};
  const outcome = watchedOutcome.kind === 'ready' ? (failed ?? watchedOutcome) : watchedOutcome;
  request.signal.throwIfAborted();
  // Before the examination: what it makes the guest say is no part of the boot.
  const facts = {
    console: vm.console.snapshot(),
    stderr: vm.stderr(),
    events: [...vm.events()],
    usage: [...vm.usage()],
  };
  const autopsy = hasStopped(outcome, answers.probes) ? await autopsyOf(request, vm) : null;
  const later = await laterFacts({
    ...{ plan, scenario, vm, signal, outcome, probes: probesOf(request), seen: answers.probes },
    ...{ warmup: request.slot.warmup, takesStock: request.takesStock === true },
    venus: sideOf(request).machine.gpu === 'venus',
  });
  request.signal.throwIfAborted();
  return {
    schema: 1,
    number: request.number,
    scenario: request.scenario.id,
    side: request.slot.side,
    profile: request.scenario.profile,
    round: request.slot.round,
    warmup: request.slot.warmup,
    ...(request.slot.joint === true ? { joint: true } : {}),
    startedAt: vm.startedAt,
    command: vm.command,
    ...facts,
    probes: answers.probes,
    ...(mainMetricOf(scenario) === sshMetric ? {} : { ready: mainMetricOf(scenario) }),
    ...(answers.vulkan === null ? {} : { vulkan: answers.vulkan }),
    ...(autopsy === null ? {} : { autopsy }),
    ...(work === undefined ? {} : { work }),
    ...later,
    outcome,
  };
}

const sshMetric = 'time-to-ssh';

/** It hung; or what it was asked last never came to an end. */
function hasStopped(outcome: Outcome, probes: readonly ProbeEvent[]): boolean {
  if (outcome.kind !== 'failed') return outcome.kind === 'hung';
  const last = probes.findLast(({ probe }) => probe === outcome.probe)?.outcome;
  return last === 'timeout' || outcome.detail.startsWith('timeout');
}

async function autopsyOf(request: BootRequest, vm: RunningVm): Promise<Autopsy | null> {
  if (request.scenario.autopsy === false) return null;
  const { gpu } = sideOf(request).machine;
  const kernel = request.plan.kind === 'qemu' ? request.plan.kernel : null;
  using over = new DisposableStack();
  const interrupted = new Promise<null>((resolve) => over.use(onAbort(request.signal, () => resolve(null))));
  return await Promise.race([examine(vm, { screen: gpu !== 'none', renders: gpu === 'venus', kernel }), interrupted]);
}

/** What the guest has answered so far. */
interface Answers extends GuestFacts {
  readonly probes: ProbeEvent[];
  /** Where the guest's work is counted. */
  readonly counter?: WorkCounter | null;
}

/** How long QEMU may take to answer on QMP, where the boot's own deadline is not shorter. */
const longestStartMs = 30_000;

async function watchBoot(request: BootRequest, vm: RunningVm, answers: Answers): Promise<Outcome> {
  const outcome = await outcomeOf(request, vm, answers);
  if (outcome.kind !== 'ready') return outcome;
  await vm.inspect();
  const unused = vm.events().find(({ name }) => name === 'binary-unused');
  if (unused !== undefined) return notMeasured(unused.detail);
  if (request.slot.warmup) return outcome;
  const hasEnded = (): boolean => vm.events().some(({ name }) => name === 'exited');
  const guest = { ...watched(vm, answers, request.signal), usageNow: () => vm.usageNow(), hasEnded };
  await askAfterwards(probesOf(request), guest);
  return outcome;
}

/** The first of these decides: readiness, a panic, the emulator's end, a deadline. */
async function outcomeOf(request: BootRequest, vm: RunningVm, answers: Answers): Promise<Outcome> {
  const { scenario, markers, onPhase, signal } = request;
  const matcher = createLiveMatcher(markers, scenario.profile);
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const { promise: decided, resolve: decide } = Promise.withResolvers<Outcome>();
  const facts: GuestFacts = { vulkan: null };
  using deadlines = startDeadlines(scenario.deadlines, vm, (deadlineMs) => {
    decide(notReady(scenario, { probes: answers.probes, deadlineMs, phase: matcher.phase(), ...facts }));
  });
  /** The guest said something that the profile knows: from then on it is a guest that ended, not a launcher that failed. */
  let marked = false;
  const take = (events: readonly LiveEvent[]): void => {
    for (const event of events) {
      marked ||= event.kind === 'mark';
      if (event.kind === 'phase') {
        onPhase(event.name, event.atNs);
        deadlines.enter(event.name);
      }
      if (event.kind === 'failed') {
        decide({ kind: event.reason === 'rebooted' ? 'rebooted' : 'panicked', line: event.line });
      }
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
    if (panic !== null) decide({ kind: 'panicked', line: panic });
    // Its end is what was waited for; the guest may live on.
    else if (readinessesOf(scenario).some((one) => one.kind === 'exit' && one.status === code)) return;
    else if (request.plan.kind === 'launcher' && !marked) decide(launcherFailed(code, killed, vm));
    else decide(emulatorEnded(facts, code, killed));
  });
  using _interruption = onAbort(signal, () => decide({ kind: 'exited', code: null, signal: null }));
  const asking = { ...request, vm, answers, facts, signal: ended };
  const awaited = readinessesOf(scenario).map((one) =>
    (one.kind === 'ssh' ? askGuest(asking) : awaitOther(one, asking)).catch(
      (error): Outcome => ({ kind: 'failed', probe: one.name, detail: (error as Error).message }),
    ),
  );
  for (const one of awaited) void one.then((answer) => answer?.kind === 'failed' && decide(answer));
  void Promise.all(awaited).then((all) => all.every((answer) => answer?.kind === 'ready') && decide({ kind: 'ready' }));
  const outcome = await decided;
  over.abort();
  // Those that were drawn before it.
  if (facts.vulkan?.drawings !== undefined) answers.vulkan ??= facts.vulkan;
  return outcome;
}

/** Calls `hung` when the whole boot, or the phase that it is in, takes longer than it may. */
function startDeadlines({ totalMs, phasesMs }: Deadlines, vm: RunningVm, hung: (deadlineMs: number) => void) {
  const total = setTimeout(() => hung(totalMs), totalMs - vm.nowNs() / 1e6);
  let phase: NodeJS.Timeout | undefined;
  return {
    enter(name: string): void {
      clearTimeout(phase);
      const limitMs = phasesMs[name];
      if (limitMs !== undefined) phase = setTimeout(() => hung(limitMs), limitMs);
    },
    [Symbol.dispose](): void {
      clearTimeout(total);
      clearTimeout(phase);
    },
  };
}

const sideOf = ({ scenario, slot }: BootRequest): SideSpec =>
  (slot.side === 'base' ? scenario.base : scenario.head) ?? scenario.head;

const probesOf = (request: BootRequest): readonly Probe[] => askedProbes(sideOf(request), request.scenario);

const watched = (vm: RunningVm, { probes, counter }: Answers, signal: AbortSignal): WatchedGuest => ({
  nowNs: () => vm.nowNs(),
  pause: (ms) => delay(ms, undefined, { signal }).catch(() => {}),
  onEvent: (event) => {
    probes.push(event);
    counter?.take(vm.nowNs());
  },
  signal,
});

const newline = new TextEncoder().encode('\n');

interface Asking extends BootRequest {
  readonly vm: RunningVm;
  readonly answers: Answers;
  /** What the probes find out; it is the boot's when they are through. */
  readonly facts: GuestFacts;
}

/** A readiness that is not SSH. null when the boot was over before it came. */
async function awaitOther(readiness: NotSsh, asking: Asking): Promise<Outcome | null> {
  const { vm, answers, signal, scenario } = asking;
  const came = await awaitReadiness(readiness, { ...watched(vm, answers, signal), vm });
  if (!came) return null;
  // The exact moment for cpu-time. Nothing waits for the answer.
  if (readyMetric(readiness) === mainMetricOf(scenario)) void vm.usageNow();
  return { kind: 'ready' };
}

/** Banner, login, then all that the scenario asks besides, in the order of the probes. null when the boot was over before the answer. */
async function askGuest(asking: Asking): Promise<Outcome | null> {
  const { vm, plan, answers, facts, signal } = asking;
  const guest = watched(vm, answers, signal);
  const { sshPort: port, closedPort } = vm;
  const banner = await watchBanner({ ...guest, port, closedPort });
  if (banner === null) return null;
  // The exact moment for cpu-time. Nothing waits for the answer, which may take seconds on a Mac.
  if (mainMetricOf(asking.scenario) === sshMetric) void vm.usageNow();
  if (plan.ssh.privateKeyPath === '') return { kind: 'ready' };
  await using session = await openSession({ ...guest, access: plan.ssh, port, latenessNs: banner.resolutionNs });
  const login = await session.waitForLogin();
  if (login === null) return null;
  if (login.outcome !== 'ok') return { kind: 'failed', probe: 'login', detail: login.detail };
  const { gpu } = sideOf(asking).machine;
  const failed = await askProbes(probesOf(asking), { ...guest, session, gpu, architecture: plan.architecture, facts });
  if (signal.aborted) return null;
  answers.vulkan = facts.vulkan;
  if (failed !== null) return { kind: 'failed', probe: failed.probe, detail: failed.detail };
  facts.isAnswered = true;
  if (answers.vulkan !== null && showsProfile(asking)) {
    answers.vulkan = { ...answers.vulkan, profile: await readVulkanProfile(session, profileMs) };
  }
  return { kind: 'ready' };
}

const profileMs = 30_000;

/** The driver's profile is taken where it disturbs no measurement; without warm-ups in the first round, after all that is timed. */
function showsProfile({ slot, scenario }: BootRequest): boolean {
  return slot.warmup || (scenario.sampling.warmup === 0 && slot.round === 1);
}
