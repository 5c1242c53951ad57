// What a person is told of boots while they are taken.
import type { Boot } from '../model/boot.ts';
import { lastLines } from '../timeline/last-lines.ts';
import { readLines } from '../timeline/lines.ts';
import type { SeriesStatistics } from './series.ts';

/** The first boot of a side that hung, told at once: where, its last words, and what to do where the guest is only slow. */
export function hungText({ side, warmup, outcome, console }: Boot): string[] {
  if (outcome.kind !== 'hung') return [];
  const limitS = Math.round(outcome.deadlineMs / 1000);
  const words = lastLines(readLines(console), 3, 120).join(' / ');
  const said = words === '' ? 'its console stayed empty' : `its last words: ${words}`;
  return [
    `${warmup ? `the warm-up of ${side}` : side} hung in ${outcome.phase} (deadline ${limitS} s); ${said}`,
    `if this guest is only slow, give it more than ${limitS} s: --timeout, or deadlines.total in bootgauge.yml`,
  ];
}

/** `head: 12 boots, median 2.41 s, mean 2.43 s ± 0.5 %, standard deviation 0.02 s`; nothing of a side with a failed boot. */
export function statisticsText(
  { side, boots: count, p50Ms, meanMs, rme, sdMs }: SeriesStatistics,
  boots: readonly Boot[],
) {
  // It stands in these statistics with its deadline, which is no time of a boot.
  if (boots.some((boot) => boot.side === side && !boot.warmup && boot.outcome.kind !== 'ready')) return [];
  if (count === 1) return [`${side}: 1 boot, ${seconds(meanMs)}`];
  const mean = `mean ${seconds(meanMs)} ± ${(rme * 100).toFixed(1)} % (95 %)`;
  return [`${side}: ${count} boots, median ${seconds(p50Ms)}, ${mean}, standard deviation ${seconds(sdMs)}`];
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
