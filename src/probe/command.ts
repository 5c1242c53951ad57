// The user's own probes: a command in the guest that is asked again and again until it answers as expected.
import type { ProbeEvent } from '../model/boot.ts';
import { usageError } from '../model/errors.ts';
import type { Measurement } from '../model/metric.ts';
import { lastLine, printable } from '../model/plain-text.ts';
import type { ProbeSpec } from '../model/scenario.ts';
import { lastFound, type Pattern, userPattern, userPatternProblem } from '../model/user-pattern.ts';
import {
  always,
  type CommandResult,
  type FailedProbe,
  type GuestWithShell,
  gating,
  moment,
  type Probe,
  passed,
} from './probe.ts';

export const commandProbe = (spec: ProbeSpec): Probe => ({
  name: spec.name,
  metrics:
    spec.metric === null
      ? []
      : [{ name: spec.metric, ...(spec.number === undefined ? momentOf(spec) : numberOf(spec.number, spec.name)) }],
  asked: always,
  run: (guest) => askCommand(spec, guest),
  measure: (boot, metric) => measureAnswer(passed(boot, metric)),
});

const momentOf = ({ name }: ProbeSpec) =>
  ({ unit: 'ms', meaning: `first success of the probe ${name}`, rule: gating }) as const;

const numberOf = ({ unit }: NonNullable<ProbeSpec['number']>, name: string) => ({
  ...{ unit, meaning: `what the probe ${name} counts` },
  rule: { ...gating, floor: 0 },
});

/** The number that a user's probe was asked for, or the moment of its success. */
export const measureAnswer = (event: ProbeEvent | undefined): Measurement =>
  event?.value === undefined ? moment(event) : { value: event.value, resolution: 0 };

/** Between the start of two attempts at least; they share one connection, so an attempt costs the guest one process. */
const periodMs = 100;
/** A shorter silence of a command that answered before is no hang; nor is one of less than twice its longest attempt. */
const leastBelievedMs = 1000;

/**
 * Runs the command until it passes. With no success within its own time limit (counted from its first attempt) it has failed. null: it
 * passed, or the signal was aborted. Events: probe = the metric's name, or the probe's own when it has no metric; outcome `ok`,
 * `unexpected` (output does not match), `exit` (exit status not 0) or `timeout`; the first of each run of equal outcomes, and the success.
 */
export async function askCommand(spec: ProbeSpec, guest: GuestWithShell): Promise<FailedProbe | null> {
  const expect = { pattern: expectation(spec), number: spec.number?.pattern, nowNs: guest.nowNs };
  const deadlineNs = guest.nowNs() + spec.timeoutMs * 1e6;
  let previous = null as { readonly outcome: string; readonly detail: string; readonly startedNs: number } | null;
  let longestMs = 0;
  while (!guest.signal.aborted) {
    const leftMs = (deadlineNs - guest.nowNs()) / 1e6;
    const result = await guest.session.run(spec.run, { timeoutMs: Math.max(1, leftMs) });
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- it may be aborted while the command runs
    if (guest.signal.aborted) return null;
    // The last attempt is cut off by the time limit, which says nothing of a command that has answered until then.
    const wasCut = result.timedOut && leftMs < Math.max(leastBelievedMs, 2 * longestMs);
    if (wasCut && previous !== null) return { probe: spec.name, detail: `${previous.outcome}: ${previous.detail}` };
    longestMs = Math.max(longestMs, (result.endedNs - result.startedNs) / 1e6);
    const { outcome, detail, value } = judge(result, expect);
    if (outcome === 'ok' || outcome !== previous?.outcome) {
      // A success may be as late as the time since the attempt before it began.
      const earliestNs = outcome === 'ok' && previous !== null ? previous.startedNs : result.startedNs;
      const name = spec.metric ?? spec.name;
      guest.onEvent({
        atNs: result.endedNs,
        probe: name,
        outcome,
        detail,
        ...(value === undefined ? {} : { value }),
        startedNs: earliestNs,
      });
    }
    if (outcome === 'ok') return null;
    if (guest.nowNs() >= deadlineNs) return { probe: spec.name, detail: `${outcome}: ${detail}` };
    previous = { outcome, detail, startedNs: result.startedNs };
    const waitMs = periodMs - (guest.nowNs() - result.startedNs) / 1e6;
    if (waitMs > 0) await guest.pause(waitMs);
  }
  return null;
}

function expectation({ name, expect }: ProbeSpec): Pattern | null {
  if (expect === null) return null;
  const problem = userPatternProblem(expect);
  if (problem !== null) throw usageError(`probe ${name}: the pattern ${expect} of expect ${problem}`);
  return userPattern(expect, 'lines');
}

interface Judged {
  readonly outcome: string;
  readonly detail: string;
  readonly value?: number;
}

interface Expected {
  readonly pattern: Pattern | null;
  /** Source of the pattern that finds a number. */
  readonly number: string | undefined;
  readonly nowNs: () => number;
}

function judge(result: CommandResult, expect: Expected): Judged {
  if (result.timedOut) return { outcome: 'timeout', detail: complaint(result) };
  if (result.exitCode !== 0) return { outcome: 'exit', detail: `exit status ${result.exitCode}; ${complaint(result)}` };
  if (result.truncated && expect.number !== undefined)
    return {
      outcome: 'unexpected',
      detail: 'the output is longer than 1 MiB: print less, so that its last number can be read',
    };
  const output = result.stdout.replaceAll(/\r\n?/g, '\n');
  const match = expect.pattern?.exec(output);
  if (match === null) return { outcome: 'unexpected', detail: complaint(result) };
  if (expect.number !== undefined) return withNumber(output, expect.number, expect.nowNs);
  return { outcome: 'ok', detail: match === undefined ? '' : printable(match[0]) };
}

/** Nothing else is stamped meanwhile, and a hostile output would take for ever. */
const longestSearchNs = 1e9;

/** Of several numbers the last one counts, as benchmarks print it. */
function withNumber(output: string, source: string, nowNs: () => number): Judged {
  const untilNs = nowNs() + longestSearchNs;
  const found = lastFound(source, output, () => nowNs() > untilNs);
  if (found === undefined)
    return {
      outcome: 'unexpected',
      detail: 'number matches too much of the output to find its last match: print less',
    };
  if (found === null)
    return { outcome: 'unexpected', detail: `no number is where number looks for it: ${printable(lastLine(output))}` };
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(found) ? Number(found) : Number.NaN;
  if (!Number.isFinite(value) || value < 0)
    return { outcome: 'unexpected', detail: `${printable(found)} is no number from 0 on` };
  return { outcome: 'ok', detail: printable(found), value };
}

/** What the command printed last, on standard error if there was anything. */
const complaint = ({ stdout, stderr }: CommandResult): string => printable(lastLine(stderr) || lastLine(stdout));
