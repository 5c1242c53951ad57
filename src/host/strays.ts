// Processes that left the group they were started in (setsid, -daemonize), found by a mark in the environment they were given.

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { environmentOf } from './linux/processes.ts';
import { systemOf } from './systems.ts';
import { thisHost } from './view.ts';

export interface StrayMark {
  /** To be given to the process whose descendants are to be found. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether a process carries it; on macOS nobody is known to. */
  isOn(pid: number): boolean;
  /** Kills all that carry the mark, waits until they are gone, and returns how many there were. */
  kill(): Promise<number>;
}

/** A mark that no other process has. */
export function strayMark(): StrayMark {
  const value = randomBytes(12).toString('hex');
  return {
    environment: { [name]: value },
    isOn: (pid) => environmentOf(pid).includes(`${name}=${value}`),
    async kill() {
      const found = new Set<number>();
      // Again until none is left: one may have started another before it died. Bounded, since a killed process can be stuck.
      for (let attempt = 0; attempt < 50; attempt += 1) {
        const living = await carriers(`${name}=${value}`);
        if (living.length === 0) break;
        for (const pid of living) {
          found.add(pid);
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // It has ended meanwhile.
          }
        }
        await delay(10);
      }
      return found.size;
    },
  };
}

const name = 'BOOTGAUGE_BOOT';

async function carriers(mark: string): Promise<number[]> {
  const host = thisHost();
  const table = await (await systemOf(host)).processes(host, { command: 'environment' });
  return table.filter(({ command }) => command.includes(mark)).map(({ pid }) => pid);
}
