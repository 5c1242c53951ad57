// A lock between processes that survives kill -9 of its holder. A lock is a folder of numbered files: the highest number is
// the holder's. Taking over a dead holder's lock makes the next number, which only one can do, so there is nothing to race for.
import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { measurementError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import { parseOrNull } from '../model/stored.ts';
import { makeFolder } from './make-folder.ts';
import { isAlive, type Owner, thisOwner } from './owner.ts';

export interface LockOptions {
  /** What the lock protects, for people: `the reference guest`. */
  readonly what: string;
  /** What to do where the folder cannot be made; default: for a folder of the cache. */
  readonly hint?: string;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

/**
 * Waits until the lock is free and holds it until disposal. `folder` is made when it is missing.
 * Rejected: unlinking a stale file and making it anew, where a slow second waiter unlinks the first one's fresh lock.
 */
export async function acquireLock(folder: string, options: LockOptions): Promise<AsyncDisposable> {
  try {
    await makeFolder(folder);
  } catch (cause) {
    const { hint = 'make it writable, or set BOOTGAUGE_CACHE to a folder that is' } = options;
    throw measurementError(`${folder} cannot be written: ${(cause as Error).message}`, hint, cause);
  }
  let said = false;
  for (;;) {
    options.signal.throwIfAborted();
    const newest = await newestTicket(folder);
    const holder = newest === 0 ? null : await holderOf(ticket(folder, newest));
    if (holder === null) {
      const mine = await takeTicket(folder, newest + 1);
      if (mine !== null) return mine;
      continue;
    }
    if (!said)
      options.progress({ kind: 'note', text: `waiting for process ${holder.pid}, which uses ${options.what}` });
    said = true;
    await sleep(100, undefined, { signal: options.signal });
  }
}

const ticket = (folder: string, number: number): string => join(folder, `${number}.lock`);

async function newestTicket(folder: string): Promise<number> {
  return Math.max(0, ...(await ticketNumbers(folder)));
}

async function ticketNumbers(folder: string): Promise<number[]> {
  return (await readdir(folder)).filter((name) => /^[0-9]+\.lock$/.test(name)).map((name) => Number.parseInt(name, 10));
}

const ownerSchema = z.object({ pid: z.int().positive(), started: z.string().default('') });

/** The living process that a ticket names; null when it was given back, its owner died, or it is damaged. */
async function holderOf(path: string): Promise<Owner | null> {
  const owner = parseOrNull(await readFile(path, 'utf8').catch(() => ''), ownerSchema);
  return owner !== null && (await isAlive(owner)) ? owner : null;
}

async function takeTicket(folder: string, number: number): Promise<AsyncDisposable | null> {
  const draft = join(folder, `.draft-${process.pid}-${randomBytes(4).toString('hex')}`);
  await writeFile(draft, JSON.stringify(await thisOwner()));
  try {
    // link fails when the name is there, and the file has its whole content from its first moment on.
    await link(draft, ticket(folder, number));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const numbers = await ticketNumbers(folder);
  if (Math.max(...numbers) > number) {
    // We were slow: this number was given out, used and cleared away in the meantime.
    await rm(ticket(folder, number), { force: true });
    return null;
  }
  for (const older of numbers.filter((other) => other < number)) await rm(ticket(folder, older), { force: true });
  return { [Symbol.asyncDispose]: () => giveBack(folder, number) };
}

/**
 * The newest ticket is emptied, never removed: its number must not be given out twice. In place, which needs no room on the disk: a
 * lock is given back when the disk is full, too.
 */
function giveBack(folder: string, number: number): Promise<void> {
  return truncate(ticket(folder, number), 0);
}
