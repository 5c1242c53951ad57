// What of a guest's start cannot be taken from the base, in words for the report's reader.
import { basename, relative, resolve } from 'node:path';
import { guestFiles } from '../model/guests/guests.ts';
import type { Scenario } from '../model/scenario.ts';
import { guestsOf, type Held } from './held-files.ts';

const shells = new Set([
  'sh',
  'bash',
  'dash',
  'zsh',
  'ksh',
  'fish',
  'env',
  'python',
  'python3',
  'perl',
  'ruby',
  'node',
]);

export function notHeld(scenarios: readonly Scenario[], { repository, tree }: Held): readonly string[] {
  const notes = guestsOf(scenarios).flatMap((guest) => {
    const lies = guestFiles(guest)
      .filter(({ held }) => held !== 'head')
      .map(({ path, from = '' }) => relative(repository.top, resolve(from, path)))
      .flatMap((inside) => {
        const submodule = tree.submodule(inside);
        return submodule === null
          ? []
          : [`${inside} lies in the submodule ${submodule.path}: it is this change's own, not the base's.`];
      });
    if (guest.kind !== 'launcher') return lies;
    const [program = '', ...words] = guest.command;
    if (!shells.has(basename(program)) || !words.some((word) => /\s/.test(word))) return lies;
    return [
      ...lies,
      `The guest is started by ${basename(program)} with a script of one line. Files that it names plainly are the base's; what it finds in another way is this change's own.`,
    ];
  });
  return [...new Set(notes)];
}
