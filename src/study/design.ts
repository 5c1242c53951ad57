// Factors and levels -> arms: every combination, or each level alone against the default.
import { defined } from '../model/defined.ts';
import { usageError } from '../model/errors.ts';
import { kernelInImage } from '../model/guests/disk.ts';
import { bootedGuest, type GuestSpec } from '../model/guests/guests.ts';
import type { LauncherGuest } from '../model/guests/launcher.ts';
import type { SideSpec } from '../model/scenario.ts';
import {
  type ArmSetting,
  type FactorWithChanges,
  type LevelChange,
  type StudyArm,
  type StudyDesign,
  type StudyFactor,
  unreadVariable,
} from '../model/study.ts';

/** More arms than this are no study but a month. */
const mostArms = 64;

/** The arms, the default first. Throws a usageError for too many of them and for two that are the same. */
export function designArms(
  base: ArmSetting,
  factors: readonly FactorWithChanges[],
  design: StudyDesign,
): { readonly factors: readonly StudyFactor[]; readonly arms: readonly StudyArm[] } {
  const count = armCount(factors, design);
  if (count > mostArms) {
    const alone = armCount(factors, 'one-at-a-time');
    const hint =
      design === 'full' && alone <= mostArms
        ? `design: one-at-a-time has ${alone} arms`
        : 'take fewer factors or levels, or make several studies';
    throw usageError(`the study has ${count.toLocaleString('en')} arms; at most ${mostArms} are taken`, hint);
  }
  const arms = combinations(factors, design).map((chosen) => armOf(base, factors, chosen));
  refuseTwins(arms);
  return { factors: factors.map(({ name, levels }) => ({ name, levels: levels.map((level) => level.name) })), arms };
}

/** What holds for all arms. Throws a usageError when it cannot; but what a launcher decides itself is left aside, and named. */
export function commonSetting(base: ArmSetting, common: LevelChange): { setting: ArmSetting; left: readonly string[] } {
  const { qemu } = base.side;
  const guest = bootedGuest(base.side.guest);
  if (guest.kind !== 'launcher' || canRewrite(guest)) {
    const { guest: ownGuest, ...reachable } = common;
    const setting = changed(base, guest.kind === 'launcher' ? reachable : common);
    if (guest.kind === 'launcher' && ownGuest !== undefined) return { setting, left: Object.keys(ownGuest) };
    const reason = unreachable([common], setting);
    if (reason !== '') throw usageError(`common: ${reason}`);
    return { setting, left: [] };
  }
  const { environment, qemu: ownQemu, build, machine = {}, ...rest } = common;
  const takesQemu = guest.binary !== null;
  const kept: LevelChange = {
    ...(environment === undefined ? {} : { environment }),
    ...(takesQemu && ownQemu !== undefined ? { qemu: ownQemu } : {}),
    ...(qemu.from === 'build' && build !== undefined ? { build } : {}),
  };
  const asked = [
    ...Object.keys(machine).map((key) => (key === 'memoryMiB' ? 'memory' : key)),
    ...Object.keys(rest),
    ...(ownQemu !== undefined && !takesQemu ? ['qemu'] : []),
    ...(build !== undefined && qemu.from !== 'build' ? Object.keys(build) : []),
  ];
  return { setting: changed(base, kept), left: asked };
}

function armCount(factors: readonly FactorWithChanges[], design: StudyDesign): number {
  if (design === 'full') return factors.reduce((product, { levels }) => product * levels.length, 1);
  return factors.reduce((sum, { levels }) => sum + levels.length - 1, 1);
}

/** For each arm the index of the level of each factor. */
function combinations(factors: readonly FactorWithChanges[], design: StudyDesign): number[][] {
  if (design === 'full') {
    return factors.reduce<number[][]>(
      (before, { levels }) => before.flatMap((chosen) => levels.map((_, index) => [...chosen, index])),
      [[]],
    );
  }
  const defaults = factors.map(() => 0);
  const single = factors.flatMap(({ levels }, factor) =>
    levels.slice(1).map((_, index) => defaults.map((value, at) => (at === factor ? index + 1 : value))),
  );
  return [defaults, ...single];
}

function armOf(base: ArmSetting, factors: readonly FactorWithChanges[], chosen: readonly number[]): StudyArm {
  const levels = factors.map((factor, index) => ({ factor: factor.name, level: factor.levels[chosen[index] ?? 0] }));
  const differing = levels.filter((_, index) => chosen[index] !== 0);
  const changes = levels.map(({ level }) => level?.change ?? {});
  const setting = changes.reduce(changed, base);
  return {
    id: differing.map(({ factor, level }) => `${factor}=${level?.name}`).join(',') || 'default',
    levels: Object.fromEntries(levels.map(({ factor, level }) => [factor, level?.name ?? ''])),
    setting,
    // What the default levels ask for is how things are anyway.
    unreachable: unreachable(
      differing.map(({ level }) => level?.change ?? {}),
      setting,
    ),
  };
}

function changed(setting: ArmSetting, change: LevelChange): ArmSetting {
  const { side } = setting;
  const guest = bootedGuest(side.guest);
  if (guest.kind === 'launcher' && canRewrite(guest)) return rewritten(setting, guest, change);
  const { machine } = side;
  const append = [machine.append, change.append ?? ''].filter((part) => part !== '').join(' ');
  return {
    side: {
      guest: withFiles(side.guest.kind === 'reference' ? { ...side.guest, ...change.guest } : side.guest, change),
      machine: {
        ...machine,
        ...change.machine,
        append,
        qemuArguments: [...machine.qemuArguments, ...(change.qemuArguments ?? [])],
      },
      qemu: built(change.qemu ?? side.qemu, change),
    },
    environment: { ...setting.environment, ...change.environment },
    initramfs: change.initramfs ?? setting.initramfs,
  };
}

/** Whether what this launcher gives to its QEMU can be changed on the way. */
const canRewrite = ({ binary, rewrite }: LauncherGuest): boolean => binary !== null && rewrite !== 'none';

/** The same, said as changes of what the launcher gives to its QEMU. */
function rewritten(setting: ArmSetting, guest: LauncherGuest, change: LevelChange): ArmSetting {
  const { side } = setting;
  const before = guest.rewrite === 'none' ? {} : (guest.rewrite ?? {});
  const { accel, ...machine } = change.machine ?? {};
  const append = [before.append ?? '', change.append ?? ''].filter((part) => part !== '').join(' ');
  const qemuArguments = [...(before.qemuArguments ?? []), ...(change.qemuArguments ?? [])];
  const rewrite = {
    ...before,
    ...defined({ cpus: machine.cpus, memoryMiB: machine.memoryMiB, gpu: machine.gpu, ...change.files }),
    // auto: the launcher chooses, as it does anyway.
    ...(accel === undefined || accel === 'auto' ? {} : { accel }),
    ...(append === '' ? {} : { append }),
    ...(qemuArguments.length === 0 ? {} : { qemuArguments }),
  };
  return {
    side: {
      guest: Object.keys(rewrite).length === 0 ? guest : { ...guest, rewrite },
      machine: { ...side.machine, ...machine, accel: rewrite.accel ?? side.machine.accel },
      qemu: built(change.qemu ?? side.qemu, change),
    },
    environment: { ...setting.environment, ...change.environment },
    initramfs: change.initramfs ?? setting.initramfs,
  };
}

/** The same guest but for these files. A launcher has files of its own. */
function withFiles(guest: GuestSpec, { files }: LevelChange): GuestSpec {
  const booted = bootedGuest(guest);
  if (files === undefined || booted.kind === 'launcher' || booted.kind === 'disk') return guest;
  if (booted.kind === 'custom') return { ...booted, ...files };
  const { architecture } = booted;
  const own = { kernel: null, initrd: null, disk: null, append: null, access: null, ...files };
  return { kind: 'custom', architecture, rest: booted, ...own };
}

function built(qemu: SideSpec['qemu'], { build }: LevelChange): SideSpec['qemu'] {
  if (qemu.from !== 'build' || build === undefined) return qemu;
  const patches = [...qemu.build.patches, ...(build.patches ?? [])];
  return { from: 'build', build: { ...qemu.build, ref: build.ref ?? qemu.build.ref, patches } };
}

/** What can be said against an arm before anything is started. */
function unreachable(changes: readonly LevelChange[], { side }: ArmSetting): string {
  const guest = bootedGuest(side.guest);
  const asks = (key: keyof LevelChange): boolean => changes.some((change) => change[key] !== undefined);
  if (guest.kind === 'launcher') {
    const own = (['machine', 'append', 'qemuArguments', 'files', 'initramfs'] as const).filter(asks);
    if (own.length > 0 && !canRewrite(guest)) {
      return 'the launcher decides that itself: name the place where it expects its QEMU with guest.binary, or give it an environment variable for it, and use environment: in the study';
    }
    if (asks('qemu') && guest.binary === null)
      return 'the launcher brings its own QEMU: name the place where it expects one with guest.binary';
  }
  if (guest.kind === 'disk' && (['append', 'files', 'initramfs'] as const).some(asks)) return kernelInImage;
  if (asks('build') && side.qemu.from !== 'build')
    return 'its QEMU is not built from source: say what it is built from with qemu: { source: ... } in bootgauge.yml';
  if (asks('guest') && guest.kind !== 'reference')
    return `a ${side.guest.kind} guest has no other kernel or SSH server to choose`;
  if (guest.kind === 'reference' && guest.pages === '16k' && guest.architecture !== 'arm64')
    return 'a kernel with 16k pages exists for arm64 only';
  const names = changes.flatMap(({ environment }) => Object.keys(environment ?? {}));
  return unreadVariable(names, side.machine.accel);
}

function refuseTwins(arms: readonly StudyArm[]): void {
  const seen = new Map<string, StudyArm>();
  for (const arm of arms) {
    const key = JSON.stringify(arm.setting);
    const twin = seen.get(key);
    if (arm.unreachable !== '') continue;
    if (twin !== undefined) {
      throw usageError(`the arms ${twin.id} and ${arm.id} are the same`, 'each level must change something');
    }
    seen.set(key, arm);
  }
}
