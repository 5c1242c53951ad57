// Which port the banner watch tries next, when, and how long it waits for an answer. Pure: times in, times out.
// The reasons behind the numbers stand at the constants; they were found with packet captures of slirp.

/** ssh: the forwarded SSH port. closed: a forwarded port that nobody listens on in the guest. */
export type Target = 'ssh' | 'closed';

/** What became of one connection. A closed one (`eof`, `reset`) was answered by the guest's kernel or server. */
export type AttemptOutcome = 'banner' | 'timeout' | 'eof' | 'reset' | 'refused' | 'not-allowed' | 'not-ssh' | 'wrong';

export interface Attempt {
  readonly target: Target;
  readonly startedNs: number;
  readonly endedNs: number;
  readonly outcome: AttemptOutcome;
}

export interface Step {
  readonly target: Target;
  /** How long the connection may stay silent. */
  readonly lifeNs: number;
  /** Earliest start of the connection. */
  readonly notBeforeNs: number;
  readonly state: PaceState;
}

export interface PaceState {
  readonly hasClosedPort: boolean;
  /** The guest's network has answered: a connection that stays open is in the server's hands. */
  readonly answered: boolean;
  /** Connections in a row that were held for long and got nothing. */
  readonly fruitlessHolds: number;
  /** Before this moment only the closed port is tried while nothing has answered. */
  readonly nextBlindNs: number;
}

export function firstStep(nowNs: number, hasClosedPort: boolean): Step {
  const state = { hasClosedPort, answered: false, fruitlessHolds: 0, nextBlindNs: firstBlindNs };
  return step(nowNs, state);
}

/** The step after `attempt`. */
export function nextStep(attempt: Attempt, before: PaceState): Step {
  const answered = before.answered || isAnswer(attempt);
  const held = before.answered && attempt.outcome === 'timeout';
  const blind = before.hasClosedPort && !before.answered && attempt.target === 'ssh';
  const state: PaceState = {
    ...before,
    answered,
    fruitlessHolds: held ? before.fruitlessHolds + 1 : 0,
    nextBlindNs: blind ? attempt.startedNs * blindGrowth : before.nextBlindNs,
  };
  const turnedAway = attempt.outcome === 'not-allowed' || attempt.outcome === 'not-ssh';
  const closedPeriodNs = Math.max(shortestClosedPeriodNs, closedShare * attempt.startedNs);
  const periodNs = turnedAway ? turnedAwayPeriodNs : Math.min(longestClosedPeriodNs, closedPeriodNs);
  const changesPort = answered && attempt.target === 'closed';
  const atOnce = attempt.outcome === 'timeout' || changesPort;
  return step(atOnce ? attempt.endedNs : Math.max(attempt.endedNs, attempt.startedNs + periodNs), state);
}

/**
 * How late the hit may be: from the start of the last attempt that proves there was no server, to the start of the
 * attempt that got the banner. An answer that is no banner proves it; so does silence that lasted at least as long as the
 * successful attempt needed. A shorter silence proves nothing: the server may have had it in its hands. The closed port
 * waits for no server: where it answers at all, a silence of it proves that there was no network yet. Its answers prove nothing.
 */
export function resolutionNs(hit: Attempt, earlier: readonly Attempt[], watchStartedNs: number): number {
  const neededNs = hit.endedNs - hit.startedNs;
  const closedAnswers = earlier.some((attempt) => attempt.target === 'closed' && isAnswer(attempt));
  const proof = earlier.findLast((attempt) => {
    if (attempt.outcome !== 'timeout') return attempt.target === 'ssh';
    const neededHere = attempt.target === 'closed' && closedAnswers ? Math.min(neededNs, surelySilentNs) : neededNs;
    return attempt.endedNs - attempt.startedNs >= neededHere;
  });
  return hit.startedNs - (proof?.startedNs ?? watchStartedNs);
}

const ms = 1e6;
/** A kernel with a network refuses a connection within milliseconds, under TCG as well. */
const surelySilentNs = 100 * ms;
/**
 * Network up, no listener: an answer costs the guest an interrupt and no process, yet under TCG that is about 2 ms. Every 20 ms
 * made the last second before OpenSSH's start 10 % longer on one emulated processor; so a slow boot is asked less often.
 */
const closedShare = 0.005;
const shortestClosedPeriodNs = 20 * ms;
const longestClosedPeriodNs = 45 * ms;
/** The server is there and turns us away; OpenSSH's shortest penalty lasts 15 s, its refusal costs it no fork. */
const turnedAwayPeriodNs = 250 * ms;
/**
 * Without a guest network nothing is answered, and each connection leaves a half-open one in slirp for 75 s: a descriptor
 * of the emulator (macOS grants 256), and a SYN that is sent again 6 and 18 s after the first, whether anybody still
 * holds the connection or not. A life that is a share of the time since the spawn keeps their number logarithmic
 * and the delay a small share of the result.
 */
const closedPortShare = 0.03;
const shortestClosedPortLifeNs = 120 * ms;
/** On the SSH port those late SYNs reach the server, a process and an OpenSSH penalty (15 of them lock us out) each. */
const sshShare = 0.15;
const shortestSshLifeNs = 100 * ms;
const longestSilentLifeNs = 2000 * ms;
/**
 * A firewall may swallow what comes for the closed port: then a few blind attempts on the SSH port find the server. They are
 * as short as those on the closed port, because the network may come up meanwhile.
 */
const firstBlindNs = 3000 * ms;
const blindGrowth = 1.5;
/** Once the network answers, silence means that the server works on our connection; hanging up would make it start over. */
const holdShare = 0.25;
const shortestHoldNs = 1000 * ms;
const longestHoldNs = 30_000 * ms;

function step(notBeforeNs: number, state: PaceState): Step {
  const watchClosedPort = state.hasClosedPort && !state.answered && notBeforeNs < state.nextBlindNs;
  const target = watchClosedPort ? 'closed' : 'ssh';
  return { target, lifeNs: lifeOf(notBeforeNs, state), notBeforeNs, state };
}

function lifeOf(nowNs: number, state: PaceState): number {
  if (state.answered) {
    const hold = Math.max(shortestHoldNs, holdShare * nowNs) * 2 ** Math.min(state.fruitlessHolds, 6);
    return Math.min(longestHoldNs, hold);
  }
  const wanted = state.hasClosedPort
    ? Math.max(shortestClosedPortLifeNs, closedPortShare * nowNs)
    : Math.max(shortestSshLifeNs, sshShare * nowNs);
  return Math.min(longestSilentLifeNs, wanted);
}

function isAnswer(attempt: Attempt): boolean {
  return attempt.outcome !== 'timeout' && attempt.outcome !== 'refused';
}
