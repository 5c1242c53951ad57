// Which texts on a console mean what, as data: one profile per kind of guest. Patterns are not anchored, since the kernel may cut any line.
import type { MarkerProfileName, Profile } from '../model/scenario.ts';
import type { Pattern } from '../model/user-pattern.ts';

/**
 * starts: the phase of this name begins at the first byte of the text.
 * ends: the phase of this name ends at the last byte of the text, or of the `[ ok ]` of the service that the text announces.
 * mark: only the moment is kept.
 */
export type MarkerKind = 'starts' | 'ends' | 'mark';

export interface Marker {
  readonly name: string;
  readonly kind: MarkerKind;
  readonly pattern: Pattern;
  /** Comes on a verbose console only: its phase exists in the attribution profile, and in the timing profile it is a mark that is not missed. */
  readonly verbose?: true;
  /** Not every guest prints it: its absence is not reported. */
  readonly optional?: true;
}

/**
 * Phases that only ever start follow each other in the order of the list and never go back. A phase that also has an `ends` marker lies
 * inside another: when it ends, time falls back to the phase around it.
 */
export interface MarkerProfile {
  readonly name: string;
  /** none: what init systems say is not read. Else each is read by its own words, whichever it is. */
  readonly services: 'openrc' | 'systemd' | 'none';
  /** The phase between the guest's start and the first marker that starts one. */
  readonly first: Readonly<Record<Profile, string>>;
  readonly markers: readonly Marker[];
}

/** The phase from the spawn until the guest was let go. */
export const qemuStart = 'qemu-start';

const starts = (name: string, pattern: RegExp): Marker => ({ name, kind: 'starts', pattern });
const ends = (name: string, pattern: RegExp): Marker => ({ name, kind: 'ends', pattern });
const around = (name: string, pattern: RegExp): Marker[] => [starts(name, pattern), ends(name, pattern)];
const mark = (name: string, pattern: RegExp): Marker => ({ name, kind: 'mark', pattern });
const verbose = (marker: Marker): Marker => ({ ...marker, verbose: true });
const optional = (marker: Marker): Marker => ({ ...marker, optional: true });

const kernelMarkers: readonly Marker[] = [
  verbose(starts('kernel', /\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? |Booting Linux on |Linux version \d/)),
  verbose(starts('initramfs', /Run \/\S+ as init process/)),
];

/** OpenWrt's init goes through its stages without a word on single services. */
const procdMarker = optional(starts('procd', /\bprocd: - (?:early|watchdog|ubus|init) -/));

const notableMarkers: readonly Marker[] = [
  optional(mark('drm-initialized', /\[drm\] Initialized virtio_gpu/)),
  optional(mark('gpu-features', /\[drm\] features: [+-]virgl/)),
  optional(mark('gpu-capsets', /\[drm\] number of cap sets/)),
  optional(mark('crng', /random: (?:crng init done|fast init done)/)),
  optional(mark('root-mounted', /(?:EXT4|BTRFS|XFS)\S* \(\S+\): (?:mounted|Mounting|first mount)/)),
];

const openrcMarkers: readonly Marker[] = [
  ...kernelMarkers,
  procdMarker,
  starts('openrc', /OpenRC \S{1,40} is starting up/),
  starts('mdev', /Starting busybox mdev/),
  ends('mdev', /Scanning hardware for mdev/),
  ...around('hwdrivers', /Loading hardware drivers/),
  ...around('networking', /Starting networking|Starting (?:lo|eth\d)\b|Bringing up (?:network )?interface/),
  starts('sshd', /Starting (?:sshd|dropbear)|(?:Generating|generating new) .{0,40}host ?key/),
  ...notableMarkers,
];

/** Alpine 3.18 to edge, live and installed, and the reference guest, which prints as Alpine does. */
const alpine: MarkerProfile = {
  name: 'alpine',
  services: 'openrc',
  first: { timing: 'before-openrc', attribution: 'firmware' },
  markers: [
    ...openrcMarkers,
    optional(mark('alpine-init', /Alpine Init \d/)),
    mark('login-prompt', /(?:^|\s)[\w.-]{1,64} login: ?$/),
  ],
};

/** Any guest with OpenRC (Gentoo, Artix, ...): mdev and hwdrivers may be udev's. */
const openrc: MarkerProfile = {
  name: 'openrc',
  services: 'openrc',
  first: { timing: 'before-openrc', attribution: 'firmware' },
  markers: [
    ...openrcMarkers.map((marker) => (/^(?:mdev|hwdrivers)$/.test(marker.name) ? optional(marker) : marker)),
    ...[starts('udev', /Starting udev/), ends('udev', /Waiting for uevents to be processed/)].map(optional),
    mark('login-prompt', /(?:^|\s)[\w.-]{1,64} login: ?$/),
  ],
};

const systemd: MarkerProfile = {
  name: 'systemd',
  services: 'systemd',
  first: { timing: 'before-userspace', attribution: 'firmware' },
  markers: [
    kernelMarkers[0] as Marker,
    verbose(starts('initrd', /Run \/\S+ as init process/)),
    starts('userspace', /Welcome to (?!.{0,200}initramfs)\S.{0,200}!|Queued start job for default target/i),
    optional(
      starts(
        'network',
        /Starting .{0,60}(?:Network Manager\b|NetworkManager\.service|networkd\.service|Network Configuration|Raise network|networking\.service)/,
      ),
    ),
    optional(ends('network', /Reached target .{0,40}(?:network-online\.target|Network is Online)/)),
    optional(
      starts(
        'ssh',
        /Starting .{0,40}(?:sshd?\.service|dropbear\.service|OpenSSH server|OpenBSD Secure Shell|Dropbear)/,
      ),
    ),
    ...notableMarkers,
    optional(mark('multi-user', /Reached target .{0,40}(?:multi-user\.target|Multi-User System)/)),
    mark('login-prompt', /(?:^|\s)[\w.-]{1,64} login: ?$/),
  ],
};

/** The profiles that a configuration can name. */
export const markerProfiles: Readonly<Record<MarkerProfileName, MarkerProfile>> = { alpine, openrc, systemd };

/** Whether a marker of this profile starts or ends a phase in boots recorded this way. */
export function shapesPhases(marker: Marker, profile: Profile): boolean {
  return marker.kind !== 'mark' && (marker.verbose !== true || profile === 'attribution');
}

/** Whether a console without a known profile was recorded verbosely: the kernel told its start, which quiet hides. */
export function looksVerbose(bytes: Uint8Array): boolean {
  const begin = new TextDecoder().decode(bytes.subarray(0, 256 * 1024));
  return /Booting Linux on |Linux version \d|Run \/\S+ as init process/.test(begin);
}
