// What a person is told of boots while they are taken.
import type { Boot } from '../model/boot.ts';
import { lastLines } from '../timeline/last-lines.ts';
import { readLines } from '../timeline/lines.ts';
import type { SeriesStatistics } from './series.ts';

/** A guest that did not come up to warm up will take its deadline every time: better told now than after all of them. */
export function hungText({ side, outcome, console }: Boot): string[] {
  if (outcome.kind !== 'hung') return [];
  const words = lastLines(readLines(console), 3, 120).join(' / ');
  return [
    `the warm-up of ${side} hung in ${outcome.phase} (deadline ${Math.round(outcome.deadlineMs / 1000)} s); ${words === '' ? 'its console stayed empty' : `its last words: ${words}`}`,
    'each boot like it takes as long: interrupt this run (Ctrl-C), or raise deadlines.total in bootgauge.yml if this guest is slow; the default is 120 s',
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
