// The part of doctor that looks at emulators: which there are, and which accelerators really run a guest with them.
import { ask } from '../host/ask.ts';
import { type Check, ok, problem, warning } from '../host/check.ts';
import { findProgram } from '../host/files.ts';
import { howToInstall, isContainer } from '../host/linux/install.ts';
import { hypervisorEntitlement } from '../host/macos/checks.ts';
import type { HostView } from '../host/view.ts';
import { BootgaugeError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { type Emulator, emulatorName } from '../model/launch-plan.ts';
import type { Accelerator } from '../model/scenario.ts';
import { type Trial, type TrialOptions, trialAccelerator } from '../qemu/accelerator.ts';
import { describeEmulator } from '../qemu/emulator.ts';

/** The QEMU that was asked for by name. */
export async function givenEmulator(
  path: string,
  options: Pick<TrialOptions, 'signal'> = {},
): Promise<{ readonly emulator: Emulator | null; readonly check: Check }> {
  try {
    const emulator = await describeEmulator(path, 'file', options);
    return { emulator, check: ok('qemu', 'QEMU', `${emulator.version}, ${emulator.program}`) };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof BootgaugeError)) throw error;
    return { emulator: null, check: problem('qemu', 'QEMU', error.message, error.hint) };
  }
}

/** The QEMU that PATH finds: for information, unless it is the one to use. */
export async function pathEmulator(
  host: HostView,
  architecture: Architecture,
  use: 'wanted' | 'spare',
): Promise<{ readonly emulator: Emulator | null; readonly check: Check }> {
  const name = emulatorName(architecture);
  const path = findProgram(host, name);
  if (path === null) {
    const check =
      use === 'wanted'
        ? problem('qemu', 'QEMU', `no ${name} on PATH`, withoutQemu(host))
        : ok('path-qemu', 'QEMU on PATH', 'none');
    return { emulator: null, check };
  }
  const given = await givenEmulator(path);
  if (use === 'wanted') return given;
  const { emulator, check } = given;
  if (emulator !== null) return { emulator, check: ok('path-qemu', 'QEMU on PATH', check.found) };
  const todo = 'it does not matter as long as the kit is used';
  return { emulator, check: warning('path-qemu', 'QEMU on PATH', check.found, todo) };
}

/** The kit is there where apt is. */
const withoutQemu = (host: HostView): string =>
  `${howToInstall('qemu', host)}${findProgram(host, 'apt-get') === null ? '' : ', or use the kit: qemu: {binary: kit}'}`;

/** A line for each accelerator that this machine could have; without an emulator nothing can be tried. */
export async function acceleratorChecks(
  host: HostView,
  emulator: Emulator,
  architecture: Architecture,
  hostArchitecture: Architecture,
  options: TrialOptions = {},
): Promise<readonly Check[]> {
  const hardware: Accelerator = host.os === 'macos' ? 'hvf' : 'kvm';
  const software = await trial(emulator, 'tcg', architecture, options);
  const checks = [
    software.works
      ? ok('tcg', 'TCG', software.detail)
      : problem(
          'tcg',
          'TCG',
          software.detail,
          'try another QEMU with --qemu, or remove the kit from the cache to assemble it again',
        ),
  ];
  if (architecture !== hostArchitecture) {
    const found = `not for ${architecture} guests on an ${hostArchitecture} machine; they run under TCG`;
    return [...checks, ok(hardware, hardware.toUpperCase(), found)];
  }
  const fast = await trial(emulator, hardware, architecture, options);
  const check = fast.works
    ? ok(hardware, hardware.toUpperCase(), fast.detail)
    : warning(hardware, hardware.toUpperCase(), fast.detail, await remedy(host, hardware, fast));
  const entitlement = hardware === 'hvf' ? [await hypervisorEntitlement(host, emulator.program)] : [];
  return [...checks, check, ...entitlement];
}

async function trial(
  emulator: Emulator,
  accelerator: Accelerator,
  architecture: Architecture,
  options: TrialOptions,
): Promise<Trial> {
  try {
    return await trialAccelerator(emulator, accelerator, architecture, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof BootgaugeError)) throw error;
    return { works: false, detail: error.message };
  }
}

/** Of a Mac: whether a guest with a GL device starts with a window, which Venus needs there. No problem for guests without a GPU. */
export async function displayChecks(
  host: HostView,
  emulator: Emulator,
  architecture: Architecture,
  options: TrialOptions = {},
): Promise<readonly Check[]> {
  if (host.os !== 'macos') return [];
  const window = await trial(emulator, 'tcg', architecture, { timeoutMs: 10_000, ...options, display: 'cocoa' });
  if (window.works) return [ok('display-cocoa', 'display cocoa', window.detail)];
  const todo = /does not have OpenGL|is not a valid device|gl is not/i.test(window.detail)
    ? 'this QEMU has no GL on macOS: build one with virglrenderer, or leave gpu: venus out'
    : 'run in a graphical session (see below), or leave gpu: venus out';
  return [warning('display-cocoa', 'display cocoa', window.detail, todo)];
}

async function remedy(host: HostView, accelerator: Accelerator, failed: Trial): Promise<string> {
  if (accelerator === 'hvf') {
    const virtual = await ask(host, 'sysctl', ['-n', 'kern.hv_vmm_present']);
    if (virtual.stdout.trim() === '1') return 'this Mac is a virtual machine: use a real one, or accept the slower TCG';
    return /denied/i.test(failed.detail) ? 'see the entitlement below' : 'use accel: tcg until it works';
  }
  if (/permission denied/i.test(failed.detail)) return 'sudo usermod -aG kvm "$USER", then log in again';
  if (/no such file|no such device|not found/i.test(failed.detail)) {
    if (isContainer(host)) return 'start the container with --device /dev/kvm, or accept the slower TCG';
    return 'switch on virtualization in the firmware (in a virtual machine: nested virtualization), or accept the slower TCG';
  }
  return '/dev/kvm does not work reliably here; accel: auto falls back to TCG by itself';
}
