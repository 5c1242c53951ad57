// What a marker is: a text on a console that means something. And the markers that every Linux console has.
import type { CustomMarker, CustomMarkerProfile, Profile } from '../model/scenario.ts';
import type { Pattern } from '../model/user-pattern.ts';

export interface Marker {
  readonly name: string;
  /**
   * starts: the phase of this name begins at the first byte of the text.
   * ends: the phase of this name ends at the last byte of the text, or of the `[ ok ]` of the service that the text announces.
   * mark: only the moment is kept.
   */
  readonly kind: CustomMarker['kind'];
  readonly pattern: Pattern;
  /** Comes on a verbose console only: its phase exists in the attribution profile, and in the timing profile it is a mark that is not missed. */
  readonly verbose?: true;
  /** Not every guest prints it: its absence is not reported. */
  readonly optional?: true;
  /** Comes before the kernel, in any order and more than once; the kernel or an init system ends all of these phases. */
  readonly early?: true;
  /** Its phase is over with the service that announced it, unless the next service goes on with it or its `ends` marker comes first. */
  readonly ofService?: true;
  /** Its phase exists in the timing profile only. */
  readonly quiet?: true;
}

/**
 * Phases that only ever start follow each other in the order of the list and never go back. A phase that also has an `ends` marker lies
 * inside another: when it ends, time falls back to the phase around it.
 */
export interface MarkerProfile {
  readonly name: string;
  /** Another one is chosen by what the console shows; this one reads it where that does not tell. */
  readonly isChosen?: true;
  /** none: what init systems say is not read. Else each is read by its own words, whichever it is. */
  readonly services: CustomMarkerProfile['services'];
  /** The phase between the guest's start and the first marker that starts one. */
  readonly first: Readonly<Record<Profile, string>>;
  readonly markers: readonly Marker[];
}

/** The phase from the spawn until the guest was let go. */
export const qemuStart = 'qemu-start';

export const starts = (name: string, pattern: RegExp): Marker => ({ name, kind: 'starts', pattern });
export const ends = (name: string, pattern: RegExp): Marker => ({ name, kind: 'ends', pattern });
export const around = (name: string, pattern: RegExp): Marker[] => [starts(name, pattern), ends(name, pattern)];
export const mark = (name: string, pattern: RegExp): Marker => ({ name, kind: 'mark', pattern });
export const verbose = (marker: Marker): Marker => ({ ...marker, verbose: true });
export const optional = (marker: Marker): Marker => ({ ...marker, optional: true });

const early = (marker: Marker): Marker => ({ ...marker, early: true, optional: true });

/** The last words of what starts a kernel: from here on it runs, and says nothing when it is quiet. */
const handover =
  /EFI stub: Exiting boot services|[Bb]ooting the kernel\b|\bStarting kernel \.\.\.|Loading initial ramdisk/;

/** `first`: the phase in which a quiet kernel runs unseen. */
export const beforeKernel = (first: string): readonly Marker[] => [
  early(
    starts(
      'firmware',
      /UEFI firmware|BdsDxe: |EDK ?II\b|TianoCore|\bSeaBIOS \(version|iPXE \d|U-Boot (?:SPL |TPL )?\d{4}\.\d\d|OpenSBI v\d|NOTICE: +BL\d|Booting from (?:Hard Disk|ROM|DVD)/,
    ),
  ),
  early(
    starts(
      'boot-loader',
      /GNU GRUB|Welcome to GRUB|GRUB loading|Booting (?:a command list|`)|\bLoading Linux \S|systemd-boot|(?:SYS|EXT|ISO|PXE)LINUX \d|Retrieving file: |Hit any key to stop autoboot|Limine \d|rEFInd/,
    ),
  ),
  early(starts('efi-stub', /EFI stub: (?!Exiting boot services)/)),
  early(starts('decompression', /(?<!EFI stub: )(?:Unc|Dec)ompressing (?:Linux|Kernel)/)),
  { ...early(starts(first, handover)), quiet: true },
  verbose(early(starts('kernel', handover))),
];

export const kernelMarkers: readonly Marker[] = [
  verbose(starts('kernel', /\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? |Booting Linux on |Linux version \d/)),
];

/** What the kernel says, and what the programs of an initramfs say even where the kernel is quiet. */
export const initramfsMarkers = (name: string): readonly Marker[] => [
  verbose(starts(name, /Run \/(?!init as )\S+ as init process/)),
  optional(
    starts(
      name,
      /Run \/init as init process|Alpine Init \d|Loading, please wait\.\.\.|\bBegin: Loading essential drivers|<<< NixOS Stage 1 >>>|:: running (?:early )?hook \[|\bdracut-\d\S* \S|Welcome to .{1,80}dracut-|running in initial RAM disk/,
    ),
  ),
];

export const notableMarkers: readonly Marker[] = [
  optional(mark('drm-initialized', /\[drm\] Initialized virtio_gpu/)),
  optional(mark('gpu-features', /\[drm\] features: [+-]virgl/)),
  optional(mark('gpu-capsets', /\[drm\] number of cap sets/)),
  optional(mark('crng', /random: (?:crng init done|fast init done)/)),
  optional(mark('root-mounted', /(?:EXT4|BTRFS|XFS)\S* \(\S+\): (?:mounted|Mounting|first mount)/)),
];

/** Whether a marker of this profile starts or ends a phase in boots recorded this way. */
export function shapesPhases(marker: Marker, profile: Profile): boolean {
  if (marker.kind === 'mark') return false;
  return profile === 'attribution' ? marker.quiet !== true : marker.verbose !== true;
}
