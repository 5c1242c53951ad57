// The promises of the decision rule, in one place. All are probabilities of an error per report, over all looks.
import { logLogistic, type Spending } from '../stats/sequential.ts';

/** A slowdown of nothing (or of `tolerate`) is called slower; shared by all gating metrics. Faster has the same. */
export const slowerError = 0.0065;
/** Where partners move together another test judges, with its own errors beside those of the usual one: it gets this share, by simulation. */
export const partnersPrice = 0.4;
/** A slowdown of `limit` is called same; per metric, since a report is `same` only when every metric is. */
export const sameError = 0.016;
/** The same against stored sessions, whose spread no number of boots can lower. */
export const storedSameError = 0.05;
/** Head's boots fail more often than base's by chance. Place, slow boots and both tests of failures make 1 % of a report. */
export const failureError = 0.001;
/** Before the last round the failure test must be ten times surer, since it is asked after every round. */
export const earlyFailureError = failureError / 10;
/** Head's boots fail more often than `toleratedFailures`, over all looks; base's own rate counts where it is higher. */
export const failureRateError = 0.001;
export const toleratedFailures = 0.02;
/** Head has more far slower boots than base, over all looks; a part of the report's error beside the shift's. */
export const slowBootsError = 0.001;
/**
 * A phase that grew by exactly its limit is called slower; shared evenly by all phases, over all looks. It takes nothing from the report's
 * error: of phases that did not grow, whose distance from the limit no chance bridges, the simulations flag none in a thousand.
 */
export const phasesError = 0.005;
/** The same for services, which are only told. */
export const servicesError = 0.001;
/** `same` is said though far slower boots, or failures, became that much more frequent (shape.ts), over all looks. */
export const sameShapeError = 0.01;
/** `same` waits where a spread as wide as head's has a smaller probability than this. */
export const sameSpreadError = 0.1;
/** The hard ceiling is said to be exceeded by a median that meets it exactly. */
export const ceilingError = 0.001;
/** Each end of the 95 % intervals. */
export const intervalError = 0.025;
/** Power that forecasts promise. */
export const power = 0.95;

/** Chosen by simulation: few pairs for +5 % at 3 % noise, and something left for long runs and noisy machines. */
export const slowerSpending: Spending = logLogistic(11.5, 2.3);
/**
 * With a known spread: earlier. Its test has a little more than the usual error, and ranks, which judge where the boots of today contradict the
 * history, have what that leaves: either speaks at a look. By simulation.
 */
export const knownSpending: Spending = logLogistic(6.75, 3.75);
/** As much as leaves the parts of a report at 1 %: 1.2 would find +5 % at 3 % noise 0.1 pairs earlier, and risk 1.08 %. */
export const knownPrice = 1.07;
export const contradictedPrice = 0.25;
export const sameSpending: Spending = logLogistic(7, 2.5);

/** Spread between sessions that is assumed before there is history: a standard deviation of 2.5 %, worth four sessions. */
export const sessionPrior = { sd: 0.025, sessions: 4 };
