// node test/bench/same-day.ts: would a base that was measured this morning be worth anything beside three base boots of now?
// The spread is known, which is the best case for borrowing; between the two stands a drift that nobody knows.
import { normalUpper } from '../../src/stats/normal.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { slowerError } from '../../src/verdict/error-rates.ts';
import { finishBench } from './table.ts';

const sd = 0.03;
const [headBoots, boots, earlierBoots] = [6, 3, 10];
const trials = 40_000;
const drifts = [-0.05, -0.03, -0.02, -0.01, 0, 0.01, 0.02, 0.03, 0.05];
const normal = normalFrom(randomFrom(1));
const meanOf = (count: number, place: number): number => place + (sd / Math.sqrt(count)) * normal();

/** The variance that the drift is thought to have, from base now less base then; null: the morning is not used. */
type Borrow = (gap: number, variance: number) => number | null;
const ways: Readonly<Record<string, Borrow>> = {
  'not borrowed': () => null,
  'borrowed unless it differs': (gap, variance) => (gap ** 2 < 1.96 ** 2 * variance ? 0 : null),
  'by the drift that is seen': (gap, variance) => Math.max(0, gap ** 2 - variance),
  'by a drift of 2.5 %': () => 0.025 ** 2,
};

/** Share of reports that call head slower. */
function flagged(borrow: Borrow, drift: number, effect: number, level: number): number {
  const [ofHead, ofNow, ofThen] = [headBoots, boots, earlierBoots].map((count) => sd ** 2 / count) as [
    number,
    number,
    number,
  ];
  let hits = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const [head, now, then] = [meanOf(headBoots, effect), meanOf(boots, 0), meanOf(earlierBoots, drift)];
    const drifted = borrow(now - then, ofNow + ofThen);
    const weight = drifted === null ? 0 : 1 / (ofThen + drifted);
    const variance = 1 / (1 / ofNow + weight);
    const base = variance * (now / ofNow + then * weight);
    if (normalUpper((head - base) / Math.sqrt(ofHead + variance)) <= level) hits += 1;
  }
  return hits / trials;
}

/** The level at which the worst drift costs no more than the promise. */
function honestLevel(borrow: Borrow): number {
  const worst = (level: number): number => Math.max(...drifts.map((drift) => flagged(borrow, drift, 0, level)));
  let [low, high] = [1e-9, slowerError];
  for (let step = 0; step < 14; step += 1) {
    const middle = Math.sqrt(low * high);
    if (worst(middle) > slowerError) high = middle;
    else low = middle;
  }
  return low;
}

const percent = (share: number): string => (100 * share).toFixed(1);
finishBench(
  {
    name: `A base of the same morning (${earlierBoots} boots) beside ${boots} of now, ${headBoots} of head, CV 3 % (percent)`,
    columns: [
      'base of the morning',
      'false alarms, worst drift of up to 5 %',
      '+5 % found when that is made honest',
      'morning 2 % slower',
    ],
    rows: Object.entries(ways).map(([name, borrow], index) => {
      const alarms = Math.max(...drifts.map((drift) => flagged(borrow, drift, 0, slowerError)));
      const level = index === 0 ? slowerError : honestLevel(borrow);
      return [
        name,
        percent(alarms),
        percent(flagged(borrow, 0, 0.05, level)),
        percent(flagged(borrow, 0.02, 0.05, level)),
      ];
    }),
    promises: [],
    notes: [],
    data: {},
  },
  'table',
);
