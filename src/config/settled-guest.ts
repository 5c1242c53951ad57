// The guest that a side is written to have, laid over what was said before of it.
import { resolve } from 'node:path';
import { BootgaugeError } from '../model/errors.ts';
import { type GuestSpec, settleGuest, type WrittenGuest } from '../model/guests/guests.ts';
import type { Config } from './config.ts';
import type { Path } from './source.ts';

/** A key that is missing, or that contradicts another one, is told with its line. */
export function settledGuest(written: WrittenGuest, before: GuestSpec, config: Config): GuestSpec {
  try {
    return settleGuest(written, before, { folder: config.folder, resolve });
  } catch (error) {
    if (!(error instanceof BootgaugeError)) throw error;
    const message = error.hint === '' ? error.message : `${error.message}; ${error.hint}`;
    throw config.mistakeAt(placeOf(written, config), message);
  }
}

function placeOf(written: WrittenGuest, { defaults, scenarios }: Config): Path {
  const places = Object.entries(scenarios).flatMap(([id, own]) => [
    [own.guest, ['scenarios', id, 'guest']] as const,
    [own.base?.guest, ['scenarios', id, 'base', 'guest']] as const,
    [own.head?.guest, ['scenarios', id, 'head', 'guest']] as const,
  ]);
  return [[defaults.guest, ['defaults', 'guest']] as const, ...places].find(([guest]) => guest === written)?.[1] ?? [];
}
