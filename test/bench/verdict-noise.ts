// Boots that never happened: noise models for the simulations of the decision rule, each from its own seed.
import { normalFrom, type Random, randomFrom } from '../../src/stats/random.ts';

/** tail: one boot in twenty takes longer by a share drawn from an exponential distribution with mean 25 %. */
export type Shape = 'normal' | 'tail' | 'bimodal';

export interface Noise {
  readonly shape: Shape;
  /** Coefficient of variation of a boot. */
  readonly cv: number;
  /** Standard deviation of what a round adds to the logarithm of both its boots. */
  readonly roundSd: number;
  /** The machine gets slower by up to this share, evenly over the boots of a session. */
  readonly drift: number;
  /** From some boot on, drawn by lot, the machine is slower by this share. */
  readonly step: number;
  /** Probability that a spell begins in which the next six boots take 15 % longer, as beside a busy neighbour. */
  readonly spells: number;
  /** A job of the host comes every so many boots, which need not be whole, and makes one take 20 % longer; 0: none. */
  readonly period: number;
  /** Probability that a boot fails. */
  readonly flaky: number;
  /** Standard deviation of what a session adds to the logarithm of all its boots. */
  readonly sessionSd: number;
  /** Share of the noise that all metrics of a boot have in common (a correlation). */
  readonly common: number;
}

export const quiet: Noise = {
  shape: 'normal',
  cv: 0.03,
  roundSd: 0,
  drift: 0,
  step: 0,
  spells: 0,
  period: 0,
  flaky: 0,
  sessionSd: 0,
  common: 0.9,
};

/** A boot of nine seconds in nine phases, in ms; the kernel's varies by a tenth, the others as the noise says. */
export const phases = {
  ...{ 'qemu-start': 250, loader: 580, firmware: 650, kernel: 1500, initramfs: 700 },
  ...{ systemd: 2400, network: 1800, sshd: 700, getty: 420 },
};
export type PhaseName = keyof typeof phases;

/** The whole boot and its phases, as shares of the whole. */
export function phasedSession(noise: Noise, seed: number): () => BootTimes {
  const normal = normalFrom(randomFrom(seed));
  const typical = Object.values(phases).reduce((sum, value) => sum + value, 0);
  return () => {
    const parts = Object.entries(phases).map(([name, ms]) => {
      const sd = Math.sqrt(Math.log1p((name === 'kernel' ? 0.1 : noise.cv) ** 2));
      return (ms / typical) * Math.exp(sd * normal());
    });
    return [parts.reduce((sum, part) => sum + part, 0), ...parts];
  };
}

/** Times of one boot by metric, around 1; null: the boot failed. */
export type BootTimes = readonly (number | null)[];

/** One session of one machine: every call is one more boot. */
export function machineSession(noise: Noise, metrics: number, seed: number): () => BootTimes {
  const random = randomFrom(seed);
  const normal = normalFrom(random);
  const sd = Math.sqrt(Math.log1p(noise.cv ** 2));
  const session = noise.sessionSd * normal();
  const mood = hostOf(noise, random, normal);
  return () => {
    const [shared, own] = [Math.sqrt(noise.common) * normal(), Math.sqrt(1 - noise.common)];
    const accident = session + mood() + accidentOf(noise.shape, random);
    const failed = noise.flaky > 0 && random() < noise.flaky;
    return Array.from({ length: metrics }, () => {
      const noisePart = metrics === 1 ? normal() : shared + own * normal();
      return failed ? null : Math.exp(accident + sd * noisePart);
    });
  };
}

/** What the host adds to the logarithm of the next boot, of either side: drift, steps, spells, jobs, moods. */
function hostOf(noise: Noise, random: Random, normal: Random): () => number {
  const stepsAt = noise.step > 0 ? random() * boots : 0;
  const ahead = noise.period > 0 ? random() * noise.period : 0;
  const jobsBy = (boot: number): number => (noise.period > 0 ? Math.floor((boot + ahead) / noise.period) : 0);
  let boot = 0;
  let spell = 0;
  let mood = 0;
  return () => {
    const drifted = Math.log1p((noise.drift * boot) / boots);
    const stepped = noise.step > 0 && boot >= stepsAt ? Math.log1p(noise.step) : 0;
    if (noise.roundSd > 0 && boot % 2 === 0) mood = noise.roundSd * normal();
    boot += 1;
    if (spell > 0) spell -= 1;
    else if (noise.spells > 0 && random() < noise.spells) spell = 6;
    const disturbed = jobsBy(boot) > jobsBy(boot - 1) ? Math.log(1.2) : 0;
    return drifted + stepped + mood + (spell > 0 ? Math.log(1.15) : 0) + disturbed;
  };
}

/** Of a whole session: 24 pairs. */
const boots = 48;

function accidentOf(shape: Shape, random: Random): number {
  switch (shape) {
    case 'normal':
      return 0;
    case 'tail':
      return random() < 0.05 ? Math.log1p(-0.25 * Math.log(1 - random())) : 0;
    case 'bimodal':
      return random() < 0.2 ? Math.log(12.4 / 8.9) : 0;
  }
}
