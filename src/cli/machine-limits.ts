// Errors of the system that no code can mend and no one place expects: a full disk, no more files, no address to listen at.
import { type BootgaugeError, measurementError } from '../model/errors.ts';

const limits: Readonly<Record<string, readonly [what: string, todo: string]>> = {
  ENOSPC: ['the disk is full', 'free some space; `bootgauge doctor` says what the cache takes'],
  EDQUOT: ["this user's share of the disk is full", 'free some space; `bootgauge doctor` says what the cache takes'],
  EMFILE: ['too many files are open', 'allow more: ulimit -n 4096'],
  ENFILE: ['too many files are open on this machine', 'end other programs, or allow more (fs.file-max)'],
  EADDRNOTAVAIL: ['127.0.0.1 cannot be used here', 'bring the loopback interface up: ip link set lo up'],
  EADDRINUSE: ['no port of 127.0.0.1 is free', 'end programs that hold ports, and try again'],
};

/** null for what is a fault of ours. */
export function machineLimit(error: unknown): BootgaugeError | null {
  if (!(error instanceof Error)) return null;
  const { code, message } = error as NodeJS.ErrnoException;
  const known = code !== undefined && Object.hasOwn(limits, code) ? limits[code] : undefined;
  return known === undefined ? null : measurementError(`${known[0]}: ${message}`, known[1], error);
}
