// The marker profile of a scenario: a built-in one by name, or the configuration's own, compiled with care.
import { usageError } from '../model/errors.ts';
import type { CustomMarker, CustomMarkerProfile, Scenario } from '../model/scenario.ts';
import { type Marker, type MarkerProfile, markerProfiles } from './marker-profiles.ts';

const longestPattern = 300;
/** A repeated group that holds a repetition or an alternative backtracks without bound on hostile text. */
const explosive = /\((?:[^()\\]|\\.)*(?:[*+}]|\|)(?:[^()\\]|\\.)*\)[*+{]/;

/** The profile that reads this scenario's consoles. Throws a usage error for an unknown name or a pattern that cannot be used. */
export function markerProfileOf(scenario: Pick<Scenario, 'markers' | 'customMarkers'>): MarkerProfile {
  if (scenario.customMarkers) return customMarkerProfile(scenario.markers, scenario.customMarkers);
  const profile = Object.hasOwn(markerProfiles, scenario.markers) ? markerProfiles[scenario.markers] : undefined;
  if (profile) return profile;
  const names = Object.keys(markerProfiles).join(', ');
  throw usageError(
    `no marker profile is called ${scenario.markers}`,
    `use one of ${names}, or describe it in the configuration`,
  );
}

/** A profile from ordered names and patterns. */
export function customMarkerProfile(name: string, { services, markers }: CustomMarkerProfile): MarkerProfile {
  if (markers.length === 0)
    throw usageError(`marker profile ${name} has no markers`, 'give at least one name and pattern');
  return {
    name,
    services,
    first: { timing: 'before-markers', attribution: 'before-markers' },
    markers: markers.map((marker) => compile(name, marker)),
  };
}

function compile(profile: string, { name, pattern, kind }: CustomMarker): Marker {
  const where = `marker profile ${profile}, marker ${name}`;
  if (pattern === '' || pattern.length > longestPattern) {
    throw usageError(`${where}: the pattern must have 1 to ${longestPattern} characters`);
  }
  if (explosive.test(pattern) || /\\[1-9]|\\k</.test(pattern)) {
    const hint =
      'write a plainer pattern: each console line is at most 4,096 characters long and is searched at any place';
    throw usageError(`${where}: repeated groups with repetitions inside and back-references are not allowed`, hint);
  }
  try {
    return { name, kind, pattern: new RegExp(pattern) };
  } catch (cause) {
    throw usageError(
      `${where}: ${cause instanceof Error ? cause.message : 'not a regular expression'}`,
      'mend the pattern',
      cause,
    );
  }
}
