// Which marker profile fits a console, where none is configured: the words of its init system tell.
import type { MarkerProfile } from './marker.ts';
import { markerProfiles } from './marker-profiles.ts';

const { alpine, openrc, systemd, generic } = markerProfiles;

const shown: readonly (readonly [RegExp, MarkerProfile])[] = [
  [/systemd\[1\]: |\[ {2}OK {2}\] (?:Started|Reached target|Finished|Mounted) |Queued start job for/, systemd],
  [/OpenRC \S{1,40} is starting up[\s\S]*Starting udev/, openrc],
  [/OpenRC \S{1,40} is starting up/, alpine],
  [/\bprocd: - |INIT: version \S+ booting|- runit: enter stage|\bs6-rc: info: |init started: BusyBox/, generic],
  [/^Starting \S[^:\n]{0,60}: ?(?:OK|done|\[|\r?$)/m, generic],
];
const longestLookedAt = 1 << 20;

/** The profile that fits what this console shows; null where no init system has spoken. */
export function profileShown(bytes: Uint8Array): MarkerProfile | null {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, longestLookedAt));
  const plain = text.replace(/\u001b\[[\d;]*m/g, '');
  return shown.find(([words]) => words.test(plain))?.[1] ?? null;
}

/** The profile itself, or for one that is to be chosen the one that this console shows. */
export function chosenProfile(profile: MarkerProfile, bytes: Uint8Array): MarkerProfile {
  return profile.isChosen ? (profileShown(bytes) ?? alpine) : profile;
}
