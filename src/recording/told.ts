// What a person is told of boots while they are taken.
import type { Boot } from '../model/boot.ts';
import type { Warning } from '../model/comparison.ts';
import type { EarlierRun, RecordedScenario } from '../model/run.ts';
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

/** How the rounds are taken, and what they are judged with. */
export function kindTexts(earlier: readonly EarlierRun[], parallel: RecordedScenario['parallel']): string[] {
  const pooled = pooledWarnings(earlier, parallel).map(({ text }) => text);
  if (parallel === undefined) return pooled;
  const how = parallel.judged === 'joint' ? 'both sides of a pair boot at the same time' : 'one boot at a time';
  return [...pooled, `${how}: ${parallel.because}`];
}

/** Pairs of the other kind are not judged together with those of this run. */
export function pooledWarnings(earlier: readonly EarlierRun[], parallel: RecordedScenario['parallel']): Warning[] {
  const isJoint = parallel?.judged === 'joint';
  const runs = earlier.filter(({ joint }) => (joint === true) === isJoint).map(({ run }) => run);
  if (runs.length === 0) return [];
  const text = `base and head were booted before (${runs.join(', ')}): those pairs are judged together with the new ones`;
  return [{ code: 'pooled', text }];
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
