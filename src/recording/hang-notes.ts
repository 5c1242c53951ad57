// What is told at once of the first boot of a side that hung: where, its last words, and what to do where the guest is only slow.
import type { Boot } from '../model/boot.ts';
import { lastLines } from '../timeline/last-lines.ts';
import { readLines } from '../timeline/lines.ts';

/** Nothing of a boot that did not hang. */
export function hangNotes({ side, warmup, outcome, console }: Boot): string[] {
  if (outcome.kind !== 'hung') return [];
  const seconds = Math.round(outcome.deadlineMs / 1000);
  const words = lastLines(readLines(console), 3, 120).join(' / ');
  const said = words === '' ? 'its console stayed empty' : `its last words: ${words}`;
  return [
    `${warmup ? `the warm-up of ${side}` : side} hung in ${outcome.phase} (deadline ${seconds} s); ${said}`,
    `if this guest is only slow, give it more than ${seconds} s: --timeout, or deadlines.total in bootgauge.yml`,
  ];
}
