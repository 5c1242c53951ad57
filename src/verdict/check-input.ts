// Refuses what cannot be judged: a wrong number must end in an error or a warning, never in a verdict.
import type { BaselineSession } from '../model/baseline.ts';
import { measurementError } from '../model/errors.ts';
import type { Side } from '../model/scenario.ts';
import type { Series } from '../model/series.ts';
import type { JudgeInput } from './judge-input.ts';

/** Throws a BootgaugeError for series or sessions that no correct recording can hold. */
export function checkInput({ head, base, sessions }: JudgeInput): void {
  checkSide(head, 'head');
  if (base !== null) checkSide(base, 'base');
  for (const session of sessions) checkSession(session);
}

function checkSide(series: readonly Series[], side: Side): void {
  const seen = new Set<string>();
  for (const entry of series) {
    const where = `${entry.metric} of ${side}`;
    if (entry.side !== side) {
      throw measurementError(`the series ${entry.metric} was given as ${side} but was recorded as ${entry.side}`);
    }
    if (seen.has(entry.metric)) throw measurementError(`the series ${where} is there twice`);
    seen.add(entry.metric);
    if (!(entry.resolution >= 0)) throw measurementError(`the resolution of ${where} is ${entry.resolution}`);
    const boots = new Set<number>();
    const rounds = new Set<number>();
    for (const { boot, round, value } of entry.samples) {
      if (boots.has(boot)) throw measurementError(`boot ${boot} is there twice in ${where}`, rerun);
      if (rounds.has(round)) throw measurementError(`round ${round} is there twice in ${where}`, rerun);
      boots.add(boot);
      rounds.add(round);
      checkValue(value, `${where} in boot ${boot}`);
    }
  }
}

function checkSession(session: BaselineSession): void {
  for (const [metric, { samples }] of Object.entries(session.metrics)) {
    samples.forEach((value, index) => {
      checkValue(value, `${metric} of the baseline session ${session.run}, sample ${index + 1}`);
    });
  }
}

function checkValue(value: number | null, where: string): void {
  if (value !== null && !(Number.isFinite(value) && value >= 0)) {
    throw measurementError(`the value of ${where} is ${value}; times and sizes are finite and not negative`, rerun);
  }
}

const rerun = 'the run was edited, or written by a broken version: record it again';
