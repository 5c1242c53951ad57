// The arms of a study -> what is booted. An arm that this machine cannot boot, or that boots what another one boots, is ended with the reason.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TemporaryFolder } from '../host/processes.ts';
import { BootgaugeError, measurementError } from '../model/errors.ts';
import { bootedGuest } from '../model/guests/guests.ts';
import type { LauncherLaunchPlan, LaunchPlan } from '../model/launch-plan.ts';
import type { ProgressSink } from '../model/progress.ts';
import { awaitsSsh } from '../model/readiness.ts';
import type { Scenario } from '../model/scenario.ts';
import {
  type EndedArm,
  type InitramfsCompression,
  type StudyArm,
  type StudyPlan,
  unreadVariable,
} from '../model/study.ts';
import { type Machine, nativeAccelerator, thisMachine } from '../qemu/accelerator.ts';
import { recompressInitramfs } from './initramfs.ts';
import { withUnmentioned } from './launcher-notes.ts';
import { type PrepareOptions, prepareSide } from './prepare.ts';
import { initrdOf } from './rehearsal.ts';

interface ArmsRequest {
  readonly plan: StudyPlan;
  /** What the arms are variants of. */
  readonly scenario: Scenario;
  readonly prepare: PrepareOptions;
  readonly progress: ProgressSink;
}

export interface PreparedArm {
  readonly scenario: Scenario;
  readonly plan: LaunchPlan;
}

/** Files that arms need are written to `files`. Throws when the default arm cannot be booted. */
export async function prepareArms(
  request: ArmsRequest,
  files: TemporaryFolder,
): Promise<{ readonly prepared: readonly PreparedArm[]; readonly ended: readonly EndedArm[] }> {
  const prepared: PreparedArm[] = [];
  const ended: EndedArm[] = [];
  const seen = new Map<string, string>();
  for (const arm of request.plan.arms) {
    const plan = await planOrReason(arm, request, files);
    if (typeof plan === 'string') {
      if (arm === request.plan.arms[0]) throw measurementError(`the default arm cannot be booted: ${plan}`);
      request.progress({ kind: 'note', text: `${arm.id} is not booted: ${plan}` });
      ended.push({ arm: arm.id, block: 0, why: 'unreachable', because: plan });
      continue;
    }
    const key = JSON.stringify(plan);
    const equal = seen.get(key);
    if (equal !== undefined) {
      const because = sameAs(equal);
      request.progress({ kind: 'note', text: `${arm.id} is not booted: ${because}` });
      ended.push({ arm: arm.id, block: 0, why: 'same plan', because });
      continue;
    }
    seen.set(key, arm.id);
    prepared.push({ scenario: scenarioOf(arm, request.scenario), plan });
  }
  return { prepared, ended };
}

const scenarioOf = ({ id, setting }: StudyArm, scenario: Scenario): Scenario => ({
  ...scenario,
  id,
  head: setting.side,
  base: null,
});

async function planOrReason(arm: StudyArm, request: ArmsRequest, files: TemporaryFolder): Promise<LaunchPlan | string> {
  if (arm.unreachable !== '') return arm.unreachable;
  try {
    const { scenario, prepare } = request;
    const plan = await prepareSide(arm.setting.side, scenario.profile, { ...prepare, awaitsSsh: awaitsSsh(scenario) });
    // Only now `auto` is known.
    const names = differing(arm, request.plan.arms[0]);
    const unread = unreadVariable(names, plan.accelerator);
    if (unread !== '') return unread;
    const set = await withInitramfs(withEnvironment(plan, arm), arm, { files, signal: request.prepare.kit.signal });
    return set.kind === 'launcher' ? await withUnmentioned(set, names) : set;
  } catch (error) {
    // What the machine or the configuration cannot do is a fact about the arm; anything else is a fault.
    if (error instanceof BootgaugeError && [2, 3].includes(error.exitCode)) return error.message;
    throw error;
  }
}

/** Why this machine does not boot each arm, as far as that can be told before anything is made; or empty. */
export function endedHere(arms: readonly StudyArm[], host: Machine = thisMachine()): string[] {
  const seen = new Map<string, string>();
  return arms.map((arm) => {
    const { side, ...setting } = arm.setting;
    const guest = bootedGuest(side.guest);
    // A launcher chooses its accelerator itself.
    if (arm.unreachable !== '' || guest.kind === 'launcher') return arm.unreachable;
    const native = nativeAccelerator(host, guest.architecture);
    const accel = side.machine.accel === 'auto' ? (native ?? 'tcg') : side.machine.accel;
    if (accel !== 'tcg' && accel !== native) return `${accel} cannot run ${guest.architecture} guests on this machine`;
    const unread = unreadVariable(differing(arm, arms[0]), accel);
    if (unread !== '') return unread;
    const key = JSON.stringify({ ...setting, side: { ...side, machine: { ...side.machine, accel } } });
    const equal = seen.get(key);
    if (equal === undefined) seen.set(key, arm.id);
    return equal === undefined ? '' : sameAs(equal);
  });
}

const sameAs = (other: string): string => `on this machine it boots exactly what ${other} boots`;

/** Variables that an arm has otherwise than the default: what all have is how things are anyway. */
function differing(arm: StudyArm, standard: StudyArm | undefined): string[] {
  const [own, usual] = [arm.setting.environment, standard?.setting.environment ?? {}];
  return Object.keys({ ...own, ...usual }).filter((name) => own[name] !== usual[name]);
}

const withEnvironment = (plan: LaunchPlan, { setting: { environment } }: StudyArm): LaunchPlan =>
  plan.kind === 'launcher'
    ? { ...plan, environment: { ...plan.environment, ...environment } }
    : { ...plan, emulator: { ...plan.emulator, environment: { ...plan.emulator.environment, ...environment } } };

/** gzip is what a launcher's own ramdisk is taken for, so that one of another kind, or none, ends the other levels alone. */
const keepsInitramfs = ({ binary, rewrite }: LauncherLaunchPlan, initramfs: InitramfsCompression): boolean =>
  initramfs === 'gzip' || binary === null || rewrite === 'none';

async function withInitramfs(
  plan: LaunchPlan,
  { setting: { initramfs } }: StudyArm,
  { files, signal }: { readonly files: TemporaryFolder; readonly signal: AbortSignal },
): Promise<LaunchPlan> {
  if (initramfs === null || (plan.kind === 'qemu' ? plan.initrd === null : keepsInitramfs(plan, initramfs)))
    return plan;
  const initrd = plan.kind === 'qemu' ? await readFile(plan.initrd ?? '') : await initrdOf(plan, signal);
  const packed = recompressInitramfs(initrd, initramfs);
  if (initramfs === 'gzip') return plan;
  const path = join(files.path, `initrd-${plan.guest.digest.slice(0, 16)}-${initramfs}`);
  await writeFile(path, packed, { mode: 0o600 });
  if (plan.kind === 'qemu') {
    const { initrdDigest: _other, ...rest } = plan;
    return { ...rest, initrd: path };
  }
  return { ...plan, rewrite: { ...(plan.rewrite === 'none' ? {} : plan.rewrite), initrd: path } };
}
