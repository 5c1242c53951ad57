// The user's own probes: a command in the guest that is asked again and again until it answers as expected.
import { usageError } from '../model/errors.ts';
import { lastLine, printable } from '../model/plain-text.ts';
import type { ProbeSpec } from '../model/scenario.ts';
import { type Pattern, userPattern, userPatternProblem } from '../model/user-pattern.ts';
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
      : [{ name: spec.metric, unit: 'ms', meaning: `first success of the probe ${spec.name}`, rule: gating }],
  asked: always,
  run: (guest) => askCommand(spec, guest),
  measure: (boot, metric) => moment(passed(boot, metric)),
});

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
  const expect = expectation(spec);
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
    const { outcome, detail } = judge(result, expect);
    if (outcome === 'ok' || outcome !== previous?.outcome) {
      // A success may be as late as the time since the attempt before it began.
      const earliestNs = outcome === 'ok' && previous !== null ? previous.startedNs : result.startedNs;
      const name = spec.metric ?? spec.name;
      guest.onEvent({ atNs: result.endedNs, probe: name, outcome, detail, startedNs: earliestNs });
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

function judge(result: CommandResult, expect: Pattern | null): { readonly outcome: string; readonly detail: string } {
  if (result.timedOut) return { outcome: 'timeout', detail: complaint(result) };
  if (result.exitCode !== 0) return { outcome: 'exit', detail: `exit status ${result.exitCode}; ${complaint(result)}` };
  if (expect === null) return { outcome: 'ok', detail: '' };
  const match = expect.exec(result.stdout.replaceAll(/\r\n?/g, '\n'));
  if (match === null) return { outcome: 'unexpected', detail: complaint(result) };
  return { outcome: 'ok', detail: printable(match[0]) };
}

/** What the command printed last, on standard error if there was anything. */
const complaint = ({ stdout, stderr }: CommandResult): string => printable(lastLine(stderr) || lastLine(stdout));
