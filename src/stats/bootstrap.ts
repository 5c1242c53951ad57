// Percentile bootstrap (Efron 1979) of any statistic; the source of randomness is handed in.
import { quantileOfSorted } from './quantiles.ts';
import type { Random } from './random.ts';

export interface BootstrapOptions {
  readonly random: Random;
  /** Share of the distribution inside the interval, for example 0.95. */
  readonly confidence: number;
  readonly resamples: number;
}

/** Interval of `statistic` over samples drawn with replacement. */
export function bootstrapInterval(
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
  { random, confidence, resamples }: BootstrapOptions,
): { readonly low: number; readonly high: number } {
  const drawn = new Float64Array(resamples);
  const sample = new Array<number>(values.length);
  for (let resample = 0; resample < resamples; resample += 1) {
    for (let index = 0; index < values.length; index += 1) {
      sample[index] = values[Math.floor(random() * values.length)] as number;
    }
    drawn[resample] = statistic(sample);
  }
  drawn.sort();
  const outside = (1 - confidence) / 2;
  return { low: quantileOfSorted(drawn, outside), high: quantileOfSorted(drawn, 1 - outside) };
}
