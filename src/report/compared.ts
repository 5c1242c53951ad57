// What was compared with what, and on which machine.

import type { Conditions } from '../model/conditions.ts';
import { bootedGuest } from '../model/guests/guests.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import type { SideSpec } from '../model/scenario.ts';
import { formatCount } from '../model/units.ts';
import { buildName, isSameOnBothSides } from './build-lines.ts';
import { formatValue } from './format.ts';

export interface Compared {
  /** `head abc1234def`, or what head was built from. */
  readonly head: string;
  /** `base`, what base was built from, or a baseline; empty when there is nothing to compare with. */
  readonly base: string;
  readonly against: 'base' | 'baseline' | 'nothing';
  /** `12 interleaved pairs`, `12 boots`. */
  readonly count: string;
  /** Both sides are the same bytes: every difference is noise. */
  readonly sameBuild: boolean;
}

export function comparedSides(report: Report, scenario: ScenarioReport): Compared {
  const commit = report.commit === '' ? 'head' : `head ${plainLine(report.commit.slice(0, 10))}`;
  const boots = scenario.boots.filter((boot) => !boot.warmup && boot.side === 'head').length;
  const sameBuild = isSameOnBothSides(scenario);
  if (scenario.scenario.base !== null) {
    const { head, base } = scenario.conditions;
    const against = (base === null ? '' : buildName(base, head)) || 'base';
    const count = formatCount(boots, 'interleaved pair');
    return { head: buildName(head, base) || commit, base: against, against: 'base', count, sameBuild };
  }
  const count = formatCount(boots, 'boot');
  const { sessions, lastCommit } = scenario.baseline;
  if (sessions === 0) return { head: commit, base: '', against: 'nothing', count, sameBuild };
  const last = lastCommit === '' ? '' : ` (last ${plainLine(lastCommit.slice(0, 10))})`;
  const base = `a baseline of ${formatCount(sessions, 'session')}${last}`;
  return { head: commit, base, against: 'baseline', count, sameBuild };
}

/** `head abc1234def against a baseline of 5 sessions (last def4567abc), 12 boots`. */
export const comparedLine = (compared: Compared): string => `${comparedNames(compared)}, ${comparedCount(compared)}`;

/** `head abc1234def against base`. */
export const comparedNames = ({ head, base }: Compared): string => (base === '' ? head : `${head} against ${base}`);

/** `12 interleaved pairs`, and what a reader must know about them. */
export function comparedCount({ base, count, sameBuild }: Compared): string {
  if (base === '') return `${count}, no baseline to compare with`;
  return sameBuild ? `${count} of the same build (an A/A run: every difference is noise)` : count;
}

/** `2 CPUs` and `1024 MiB`; of a launcher only what it is told, for it decides the rest itself. */
export function machineSize({ guest, machine }: SideSpec): string[] {
  const booted = bootedGuest(guest);
  const { rewrite = {} } = booted.kind === 'launcher' ? booted : { rewrite: machine };
  if (rewrite === 'none') return [];
  const { cpus, memoryMiB } = rewrite;
  return [
    ...(cpus === undefined ? [] : [formatCount(cpus, 'CPU')]),
    ...(memoryMiB === undefined ? [] : [formatValue(memoryMiB, 'MiB')]),
  ];
}

/** `Apple M2 Pro, macOS 15, HVF, reference-arm64-dropbear, 2 CPUs, 1024 MiB`. */
export function machineLine(conditions: Conditions, scenario: ScenarioReport): string {
  return [
    conditions.host.chip,
    conditions.host.osMajor,
    conditions.accelerator.toUpperCase(),
    conditions.guest.name,
    ...machineSize(scenario.scenario.head),
  ]
    .filter((part) => part !== '')
    .map((part) => plainLine(part, 60))
    .join(', ');
}
