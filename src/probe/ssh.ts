// Readiness by SSH: the server's banner, and the first command behind a login. The ssh room asks; every other probe waits for this one.
import { always, gating, moment, type Probe, passed } from './probe.ts';

export const sshBanner: Probe = {
  name: 'ssh-banner',
  metrics: [{ name: 'time-to-ssh', unit: 'ms', meaning: "spawn to the SSH server's banner", rule: gating }],
  asked: always,
  measure: (boot) => moment(passed(boot, 'ssh-banner', 'banner')),
};

export const login: Probe = {
  name: 'login',
  metrics: [
    { name: 'time-to-login', unit: 'ms', meaning: 'spawn to the end of the first authenticated command', rule: gating },
  ],
  asked: always,
  measure: (boot) => moment(passed(boot, 'login')),
};
