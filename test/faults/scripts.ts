// Boots that the player plays: a good one, and what can go wrong on the way. Times are milliseconds after the guest's start.
import type { PlayerScript } from '../fixtures/qemu-player-script.ts';

type Lines = NonNullable<PlayerScript['console']>;

const early: Lines = [[10, '\r\n   OpenRC 0.56 is starting up Linux 6.12 (aarch64)\r\n\r\n']];
const services: Lines = [
  [20, ' * Mounting /proc ... [ ok ]\r\n'],
  [30, ' * Scanning hardware for mdev ...'],
  [60, ' [ ok ]\r\n'],
];
const late: Lines = [
  [70, ' * Starting networking ... [ ok ]\r\n'],
  [80, ' * Starting dropbear ...'],
  [95, ' [ ok ]\r\n'],
];

/** Answers SSH after so many milliseconds. */
export const goodBoot = (bannerAtMs = 100): PlayerScript => ({
  console: [...early, ...services, ...late],
  ssh: { networkAtMs: 50, bannerAtMs },
});

/** Comes as far as OpenRC's services and stays there. */
export const endlessBoot: PlayerScript = { console: [...early, ...services], ssh: { networkAtMs: 60_000 } };
export const startOfOpenrc: Lines = early;
export const withoutSshd: PlayerScript = { console: [...early, ...services, ...late], ssh: { networkAtMs: 50 } };
