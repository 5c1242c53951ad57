// What a guest is asked when its boot is on record: nothing of it is part of the boot, and it fails none.
import { setTimeout as delay } from 'node:timers/promises';
import type { Boot, Outcome, ProbeEvent } from '../model/boot.ts';
import type { Inventory } from '../model/inventory.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import { printable } from '../model/plain-text.ts';
import type { Scenario } from '../model/scenario.ts';
import { takeInventory } from '../probe/inventory.ts';
import type { LaterFacts, Probe } from '../probe/probe.ts';
import { askLater } from '../probe/probes.ts';
import type { RunningVm } from '../qemu/running-vm.ts';
import { openSession, type Session } from '../ssh/ssh-session.ts';

export interface LaterRequest {
  readonly plan: LaunchPlan;
  readonly scenario: Scenario;
  readonly vm: RunningVm;
  readonly probes: readonly Probe[];
  readonly warmup: boolean;
  /** What its software is, is asked too. */
  readonly takesStock: boolean;
  /** The GPU that the guest has speaks Venus. */
  readonly venus: boolean;
  readonly outcome: Outcome;
  /** What the boot's probes saw. */
  readonly seen: readonly ProbeEvent[];
  readonly signal: AbortSignal;
}

/** What of it is kept with the boot. */
export async function laterFacts(request: LaterRequest): Promise<Pick<Boot, 'responsiveness' | 'inventory'>> {
  const response = await responsivenessOf(request);
  const inventory = await inventoryOf(request);
  return {
    ...(response === null ? {} : { responsiveness: response }),
    ...(inventory === null ? {} : { inventory }),
  };
}

/** Nobody can log in to a guest without a key. */
async function responsivenessOf(request: LaterRequest): Promise<LaterFacts['responsiveness']> {
  const { plan, scenario, vm, probes } = request;
  const facts: LaterFacts = { responsiveness: null };
  if (request.outcome.kind !== 'ready' || request.warmup || plan.ssh.privateKeyPath === '') return null;
  if (scenario.responsiveness === undefined) return null;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(scenario.responsiveness.withinMs)]);
  await using resources = new AsyncDisposableStack();
  let session: Promise<Session> | null = null;
  await askLater(probes, {
    ...{ architecture: plan.architecture, facts, signal, nowNs: () => vm.nowNs() },
    pause: (ms) => delay(ms, undefined, { signal }).catch(() => {}),
    session: () => (session ??= logIn(request, signal, resources)),
  });
  return facts.responsiveness;
}

/** Of a guest that has failed a probe, too: what it is made of may be why. */
async function inventoryOf(request: LaterRequest): Promise<Inventory | null> {
  const { outcome, seen } = request;
  const letIn = seen.some((event) => event.probe === 'login' && event.outcome === 'ok');
  if (!request.takesStock || !letIn || (outcome.kind !== 'ready' && outcome.kind !== 'failed')) return null;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(inventoryMs)]);
  await using resources = new AsyncDisposableStack();
  try {
    return await takeInventory(await logIn(request, signal, resources), request.venus);
  } catch (error) {
    return { kernel: '', packages: null, missing: printable((error as Error).message).slice(0, 300) };
  }
}

const inventoryMs = 30_000;

async function logIn(
  { plan, vm }: LaterRequest,
  signal: AbortSignal,
  resources: AsyncDisposableStack,
): Promise<Session> {
  const access = { access: plan.ssh, port: vm.sshPort, nowNs: () => vm.nowNs(), signal, onEvent: () => {} };
  // No question whether the guest is there may wake it in the seconds in which it is left alone.
  const session = resources.use(await openSession({ ...access, aliveSeconds: 15 }));
  const login = await session.waitForLogin();
  if (login?.outcome !== 'ok') throw new Error(`nobody could log in again: ${login?.detail ?? 'no answer'}`);
  return session;
}
