// The explaining twin of a scenario, made by `run --explain`: how it is named after the scenario that it stands beside.
import type { Scenario } from './scenario.ts';

const suffix = '.attribution';
const longestId = 64;

export const twinId = (id: string): string => `${id.slice(0, longestId - suffix.length)}${suffix}`;

/** The twin of a scenario among others of the same run, or undefined. A scenario of that name with a quiet console is none. */
export const twinOf = <S extends Pick<Scenario, 'id' | 'profile'>>(scenario: S, others: readonly S[]): S | undefined =>
  scenario.profile !== 'timing'
    ? undefined
    : others.find(({ id, profile }) => profile === 'attribution' && id === twinId(scenario.id));
