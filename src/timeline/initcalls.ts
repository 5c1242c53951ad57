// Kernel initcalls from initcall_debug lines, on the host's clock, with the duration that the kernel itself measured.
import type { Initcall } from '../model/timeline.ts';
import type { MendedLine } from './mend.ts';

const calling = /calling {1,2}([\w.]{1,120})\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[[\w-]+\])? @ \d+/;
const returned =
  /initcall ([\w.]{1,120})\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[[\w-]+\])? returned -?\d+ after (\d{1,12}) usecs/;

export interface InitcallReader {
  take(line: MendedLine): void;
  readonly initcalls: readonly Initcall[];
}

/** Follows the console's lines. A call that never returned is left out; one whose beginning was not seen begins its duration before its end. */
export function createInitcallReader(): InitcallReader {
  const open = new Map<string, number>();
  const initcalls: Initcall[] = [];

  function take(line: MendedLine): void {
    if (!line.text.includes('+0x')) return;
    const begun = calling.exec(line.text)?.[1];
    if (begun !== undefined) {
      if (open.size < 10_000) open.set(begun, line.firstNs);
      return;
    }
    const match = returned.exec(line.text);
    const name = match?.[1];
    if (name === undefined) return;
    const durationNs = Number(match?.[2]) * 1000;
    const startNs = open.get(name) ?? Math.max(0, line.lastNs - durationNs);
    open.delete(name);
    initcalls.push({ name, startNs, endNs: Math.max(startNs, line.lastNs), durationNs });
  }

  return { take, initcalls };
}
