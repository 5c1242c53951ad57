// The marker profile of a scenario: a built-in one by name, or the configuration's own.
import { usageError } from '../model/errors.ts';
import type { CustomMarker, CustomMarkerProfile, Scenario } from '../model/scenario.ts';
import { userPattern, userPatternProblem } from '../model/user-pattern.ts';
import type { Marker, MarkerProfile } from './marker.ts';
import { isBuiltInMarkers, markerProfileNames, markerProfiles } from './marker-profiles.ts';

/** The profile that reads this scenario's consoles. Throws a usage error for an unknown name or a pattern that cannot be used. */
export function markerProfileOf(scenario: Pick<Scenario, 'markers' | 'customMarkers'>): MarkerProfile {
  if (scenario.customMarkers) return customMarkerProfile(scenario.markers, scenario.customMarkers);
  if (isBuiltInMarkers(scenario.markers)) return markerProfiles[scenario.markers];
  throw usageError(
    `no marker profile is called ${scenario.markers}`,
    `use one of ${markerProfileNames.join(', ')}, or describe it in the configuration`,
  );
}

/** A profile from ordered names and patterns. */
function customMarkerProfile(name: string, { services, markers }: CustomMarkerProfile): MarkerProfile {
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
  const problem = userPatternProblem(pattern);
  if (problem !== null) throw usageError(`marker profile ${profile}, marker ${name}: the pattern ${problem}`);
  return { name, kind, pattern: userPattern(pattern) };
}
