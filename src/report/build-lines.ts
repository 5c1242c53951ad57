// What an emulator that was built here is made of, in words for any format.

import type { BuildFacts } from '../model/build.ts';
import type { Conditions } from '../model/conditions.ts';
import { plainLine } from '../model/plain-text.ts';
import type { ScenarioReport } from '../model/report.ts';
import { formatCount } from '../model/units.ts';

/** `1a2b3c4d5e + 1 patch`, with libraries of its own that `other` has not; empty when it was not built here. */
export function buildName({ emulator }: Conditions, other: Conditions | null): string {
  const { build } = emulator;
  if (build === undefined) return '';
  const others = new Set(other?.emulator.build === undefined ? [] : librariesOf(other.emulator.build));
  const libraries = librariesOf(build).filter((library) => !others.has(library));
  return [build.commit.slice(0, 10), ...changesOf(build), ...libraries].join(' + ');
}

/** `virglrenderer 1a2b3c4d5e`: those that were built here have a commit for a version. */
function librariesOf({ dependencies }: BuildFacts): string[] {
  const built = Object.entries(dependencies).filter(([, version]) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(version));
  return built.map(([name, commit]) => `${plainLine(name, 40)} ${commit.slice(0, 10)}`);
}

/** `1a2b3c4d5e Subject, uncommitted changes (digest), wfi.patch, virglrenderer 6f7a8b9c0d`; empty when it was not built here. */
export function buildLine({ emulator }: Conditions): string {
  const { build } = emulator;
  if (build === undefined) return '';
  const { commit, subject, uncommitted, patches } = build;
  const parts = [`${commit.slice(0, 10)} ${plainLine(subject, 80)}`.trim()];
  if (uncommitted !== null) parts.push(`uncommitted changes (${uncommitted.digest.slice(0, 12)})`);
  for (const { name, digest, state } of patches) {
    parts.push(`${plainLine(name, 80)} (${digest.slice(0, 12)}${state === 'applied' ? '' : `, ${state}`})`);
  }
  return [...parts, ...librariesOf(build)].join(', ');
}

export const configureLine = ({ emulator }: Conditions): string => emulator.build?.configure.join(' ') ?? '';
export const compilerLine = ({ emulator }: Conditions): string => emulator.build?.compiler ?? '';

/** What the emulator runs on: libraries and drivers by a version that their path tells and the begin of their digest, variables by value. */
export function runtimeLine({ emulator }: Conditions): string {
  const { runtime = {}, places = {} } = emulator;
  return Object.entries(runtime)
    .map(([name, value]) => {
      if (!/^[0-9a-f]{64}$/.test(value)) return `${name} ${plainLine(value, 60)}`;
      const version = places[name]?.match(/\d+(?:\.\d+)+/g)?.at(-1);
      return [name, ...(version === undefined ? [] : [version]), value.slice(0, 12)].join(' ');
    })
    .join(', ');
}

/** True when both sides run the same bytes on the same things, so that every difference is noise. */
export const isSameOnBothSides = ({ warnings }: ScenarioReport): boolean =>
  warnings.some(({ code }) => code === 'identical-sides');

function changesOf({ uncommitted, patches }: BuildFacts): string[] {
  const applied = patches.filter(({ state }) => state === 'applied').length;
  return [
    ...(uncommitted === null ? [] : ['uncommitted changes']),
    ...(applied === 0 ? [] : [formatCount(applied, 'patch', 'patches')]),
  ];
}
