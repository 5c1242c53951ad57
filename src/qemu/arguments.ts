// LaunchPlan -> QEMU's argument vector. Pure: everything that depends on the machine or the moment is in the wiring.

import type { Architecture } from '../model/guests/guest-kind.ts';
import type { Disk, QemuLaunchPlan } from '../model/launch-plan.ts';
import type { Accelerator, Gpu } from '../model/scenario.ts';

/** Inherited sockets: no path, so no length limit, and nothing to wait for. */
export const qmpDescriptor = 3;
export const consoleDescriptor = 4;
export const agentDescriptor = 5;

export interface Wiring {
  readonly sshPort: number;
  /** Forwarded to a port of the guest where nobody listens: it answers as soon as the guest has a network. */
  readonly closedPort: number;
  /** Further ports of the guest, each forwarded from one of the host. */
  readonly forwards?: readonly { readonly host: number; readonly guest: number }[];
  /** Whether the guest gets a virtio-serial port for QEMU's guest agent. */
  readonly agent?: boolean;
  /** restricted: the guest reaches nothing but is reached through the forwarded port. open: it may use the host's network. */
  readonly network: 'restricted' | 'open';
  /** How a GL context is made for venus. */
  readonly glDisplay: 'egl-headless' | 'cocoa';
  /** Render node for egl-headless; null lets QEMU choose. /dev/null makes Mesa fall back to software. */
  readonly renderNode: string | null;
}

/** QEMU's arguments, without the program. The plan's extra arguments come last. */
export function qemuArguments(plan: QemuLaunchPlan, wiring: Wiring): string[] {
  return [
    ...['-nodefaults', '-no-user-config'],
    ...machineArguments(plan.architecture, plan.accelerator, granuleOf(plan)),
    ...['-smp', String(plan.cpus), '-m', `${plan.memoryMiB}M`],
    // Stopped until QMP says cont: QEMU's own start is a phase of its own.
    ...['-S', '-no-reboot', '-action', 'panic=shutdown'],
    ...['-chardev', `socket,id=qmp,fd=${qmpDescriptor}`, '-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', `socket,id=console,fd=${consoleDescriptor}`, '-serial', 'chardev:console'],
    ...(plan.kernel === null ? [] : ['-kernel', plan.kernel]),
    ...(plan.initrd === null ? [] : ['-initrd', plan.initrd]),
    ...(plan.kernel === null ? [] : ['-append', plan.append]),
    ...plan.disks.flatMap((disk, index) => diskArguments(disk, index, plan.kernel === null && index === 0)),
    ...['-netdev', networkBackend(wiring), '-device', 'virtio-net-pci,netdev=net0,romfile='],
    ...(plan.entropy === 'none' ? [] : ['-device', 'virtio-rng-pci']),
    ...(wiring.agent === true ? agentArguments : []),
    ...graphicsArguments(plan.gpu, wiring),
    ...plan.extraArguments,
  ];
}

function diskArguments(disk: Disk, index: number, boots: boolean): string[] {
  const { path, format, cdrom = false, writable = false } = disk;
  // The overlay is a temporary file below TMPDIR that goes away with the process.
  const written = cdrom ? ',media=cdrom,readonly=on' : writable ? '' : ',snapshot=on';
  // Firmware looks no further, as at the network.
  const device = `${cdrom ? 'scsi-cd' : 'virtio-blk-pci'},drive=disk${index}${boots ? ',bootindex=0' : ''}`;
  return [
    ...['-drive', `if=none,id=disk${index},file=${optionValue(path)},format=${format}${written}`],
    ...(cdrom ? ['-device', 'virtio-scsi-pci'] : []),
    ...['-device', device],
  ];
}

/** The port at which the agent looks by its name. */
const agentArguments = [
  ...['-chardev', `socket,id=agent,fd=${agentDescriptor}`, '-device', 'virtio-serial-pci'],
  ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
];

/** Machine, accelerator and CPU; a trial boot uses the same. */
export function machineArguments(architecture: Architecture, accelerator: Accelerator, property = ''): string[] {
  return [
    ...['-M', architecture === 'arm64' ? 'virt' : 'q35', '-accel', `${accelerator}${property}`],
    ...['-cpu', cpuFor(architecture, accelerator)],
  ];
}

/** A CPU model that the accelerator can run. */
export function cpuFor(architecture: Architecture, accelerator: Accelerator): string {
  if (accelerator !== 'tcg') return 'host';
  // Pointer authentication by the architected algorithm costs TCG half of its speed.
  return architecture === 'arm64' ? 'max,pauth-impdef=on' : 'max';
}

/** A property of HVF that only some QEMUs have, and only newer versions of macOS allow. */
export const smallGranule = ',ipa-granule-size=0x1000';

/**
 * Under HVF a page of the guest's physical memory is 16 KiB, which blobs of a guest with 4 KiB pages do not keep to: Venus needs the
 * smaller granule where this QEMU can be told. Others must not be slowed down by it.
 */
function granuleOf({ accelerator, gpu, emulator }: QemuLaunchPlan): string {
  return accelerator === 'hvf' && gpu === 'venus' && emulator.hasIpaGranule ? smallGranule : '';
}

/** A value inside a comma-separated QEMU option. */
export const optionValue = (text: string): string => text.replaceAll(',', ',,');

/** TCP port service multiplexer (RFC 1078), which nothing offers any more. */
const closedGuestPort = 1;

function networkBackend(wiring: Wiring): string {
  const restrict = wiring.network === 'restricted' ? 'restrict=on,' : '';
  const forward = (port: number, guestPort: number): string => `hostfwd=tcp:127.0.0.1:${port}-:${guestPort}`;
  const more = (wiring.forwards ?? []).map(({ host, guest }) => `,${forward(host, guest)}`).join('');
  return `user,id=net0,${restrict}${forward(wiring.sshPort, 22)},${forward(wiring.closedPort, closedGuestPort)}${more}`;
}

export function graphicsArguments(gpu: Gpu, wiring: Pick<Wiring, 'glDisplay' | 'renderNode'>): string[] {
  if (gpu === 'none') return ['-display', 'none'];
  if (gpu === 'plain') return ['-display', 'none', '-device', 'virtio-gpu-pci'];
  return ['-display', glDisplayOption(wiring), '-device', 'virtio-gpu-gl-pci,blob=on,venus=on,hostmem=256M'];
}

export function glDisplayOption({ glDisplay, renderNode }: Pick<Wiring, 'glDisplay' | 'renderNode'>): string {
  return glDisplay === 'cocoa' || renderNode === null
    ? glDisplay
    : `${glDisplay},rendernode=${optionValue(renderNode)}`;
}
