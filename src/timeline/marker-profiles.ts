// Which texts on a console mean what, as data: one profile per kind of guest. Patterns are not anchored, since the kernel may cut any line.
import {
  around,
  beforeKernel,
  ends,
  initramfsMarkers,
  kernelMarkers,
  type Marker,
  type MarkerProfile,
  mark,
  notableMarkers,
  optional,
  starts,
} from './marker.ts';

const loginPrompt = mark('login-prompt', /(?:^|\s)[\w.-]{1,64} login: ?$/);

/** OpenWrt's init goes through its stages without a word on single services. */
const procdMarker = optional(starts('procd', /\bprocd: - (?:early|watchdog|ubus|init) -/));

const openrcMarkers: readonly Marker[] = [
  ...beforeKernel('before-openrc'),
  ...kernelMarkers,
  ...initramfsMarkers('initramfs'),
  procdMarker,
  starts('openrc', /OpenRC \S{1,40} is starting up/),
  // Older releases do not say that they scan.
  { ...starts('mdev', /Starting busybox mdev/), ofService: true },
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
  markers: [...openrcMarkers, optional(mark('alpine-init', /Alpine Init \d/)), loginPrompt],
};

/** Any guest with OpenRC (Gentoo, Artix, ...): mdev and hwdrivers may be udev's. */
const openrc: MarkerProfile = {
  name: 'openrc',
  services: 'openrc',
  first: { timing: 'before-openrc', attribution: 'firmware' },
  markers: [
    ...openrcMarkers.map((marker) => (/^(?:mdev|hwdrivers)$/.test(marker.name) ? optional(marker) : marker)),
    ...[starts('udev', /Starting udev/), ends('udev', /Waiting for uevents to be processed/)].map(optional),
    loginPrompt,
  ],
};

const systemd: MarkerProfile = {
  name: 'systemd',
  services: 'systemd',
  first: { timing: 'before-userspace', attribution: 'firmware' },
  markers: [
    ...beforeKernel('before-userspace'),
    ...kernelMarkers,
    ...initramfsMarkers('initrd'),
    starts(
      'userspace',
      /Welcome to (?!GRUB\b|.{0,200}initramfs)\S.{0,200}!|<<< NixOS Stage 2 >>>|Queued start job for default target/i,
    ),
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
    loginPrompt,
  ],
};

/** Guests with another init: busybox, SysV, procd, runit, s6. Their services are read; their phases are few. */
const generic: MarkerProfile = {
  name: 'generic',
  services: 'openrc',
  first: { timing: 'before-userspace', attribution: 'firmware' },
  markers: [
    ...beforeKernel('before-userspace'),
    ...kernelMarkers,
    ...initramfsMarkers('initramfs'),
    procdMarker,
    optional(
      starts(
        'userspace',
        /INIT: version \S+ booting|init started: BusyBox|- runit: enter stage|\bs6-rc: info: |^Starting \S[^:]{0,60}:/,
      ),
    ),
    ...around('networking', /^Starting network(?:ing)?\b/).map(optional),
    optional(starts('sshd', /Starting (?:.{0,40} )?(?:sshd|dropbear|OpenBSD Secure Shell)/)),
    ...notableMarkers,
    optional(loginPrompt),
  ],
};

const auto: MarkerProfile = { ...alpine, name: 'auto', isChosen: true };

/** The profiles that a configuration can name. A new one is a file of its own and a line here: docs/extending.md. */
export const markerProfiles = {
  auto,
  alpine,
  openrc,
  systemd,
  generic,
} satisfies Readonly<Record<string, MarkerProfile>>;

export type MarkerProfileName = keyof typeof markerProfiles;
export const markerProfileNames: readonly string[] = Object.keys(markerProfiles);
export const isBuiltInMarkers = (name: string): name is MarkerProfileName => Object.hasOwn(markerProfiles, name);

/** Whether a console without a known profile was recorded verbosely: the kernel told its start, which quiet hides. */
export function looksVerbose(bytes: Uint8Array): boolean {
  const begin = new TextDecoder().decode(bytes.subarray(0, 256 * 1024));
  return /Booting Linux on |Linux version \d|Run \/\S+ as init process/.test(begin);
}
