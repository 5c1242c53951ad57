// What a marker is: a text on a console that means something. And the markers that every Linux console has.
import type { Profile } from '../model/scenario.ts';
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

export const starts = (name: string, pattern: RegExp): Marker => ({ name, kind: 'starts', pattern });
export const ends = (name: string, pattern: RegExp): Marker => ({ name, kind: 'ends', pattern });
export const around = (name: string, pattern: RegExp): Marker[] => [starts(name, pattern), ends(name, pattern)];
export const mark = (name: string, pattern: RegExp): Marker => ({ name, kind: 'mark', pattern });
export const verbose = (marker: Marker): Marker => ({ ...marker, verbose: true });
export const optional = (marker: Marker): Marker => ({ ...marker, optional: true });

export const kernelMarkers: readonly Marker[] = [
  verbose(starts('kernel', /\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? |Booting Linux on |Linux version \d/)),
  verbose(starts('initramfs', /Run \/\S+ as init process/)),
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
  return marker.kind !== 'mark' && (marker.verbose !== true || profile === 'attribution');
}
