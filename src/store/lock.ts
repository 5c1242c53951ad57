// A lock between processes that survives kill -9 of its holder. A lock is a folder of numbered files: the highest number is
// the holder's. Taking over a dead holder's lock makes the next number, which only one can do, so there is nothing to race for.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { measurementError } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import { parseOrNull } from '../model/stored.ts';
import { makeFolder } from './make-folder.ts';
import { isAlive, isElsewhere, type Owner, thisOwner } from './owner.ts';

export interface LockOptions {
  /** What the lock protects, for people: `the reference guest`. */
  readonly what: string;
  /** What to do where the folder cannot be made; default: for a folder of the cache. */
  readonly hint?: string;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
  /** How long a holder in another container may give no sign of life; ms, 2 min if not given. */
  readonly silentMs?: number;
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
  let toldWaiting = false;
  const isSilent = silence(options.silentMs ?? 120_000);
  for (;;) {
    options.signal.throwIfAborted();
    const newest = await newestTicket(folder);
    const found = newest === 0 ? null : await holderOf(ticket(folder, newest));
    const holder = found === null || (await isSilent(found, newest)) ? null : found.owner;
    if (holder === null) {
      const mine = await takeTicket(folder, newest + 1);
      if (mine !== null) return mine;
      continue;
    }
    if (!toldWaiting) {
      const since = holder.since === undefined ? '' : ` since ${holder.since.slice(0, 16).replace('T', ' ')} UTC`;
      options.progress({ kind: 'note', text: `waiting for process ${holder.pid}, which uses ${options.what}${since}` });
    }
    toldWaiting = true;
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

const ownerSchema = z.object({
  pid: z.int().positive(),
  started: z.string().default(''),
  /** Since when it holds the lock, ISO 8601; earlier versions did not write it. */
  since: z.iso.datetime().exactOptional(),
});

interface Holder {
  readonly owner: Owner & { readonly since?: string };
  /** When it gave the last sign of life; ms of the file system's clock. */
  readonly beat: number;
}

/** The living process that a ticket names; null when it was given back, its owner died, or it is damaged. */
async function holderOf(path: string): Promise<Holder | null> {
  try {
    // Others may write here: neither is a link followed, nor is a pipe waited for.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = await file.stat();
    if (!facts.isFile() || facts.size > 4096) return null;
    const owner = parseOrNull(await file.readFile('utf8'), ownerSchema);
    return owner !== null && (await isAlive(owner)) ? { owner, beat: facts.mtimeMs } : null;
  } catch {
    return null;
  }
}

/** Whether a holder whose process cannot be asked for has given no sign of life, for as long as it was watched. */
function silence(limitMs: number): (holder: Holder, number: number) => Promise<boolean> {
  let seen = '';
  let since = 0;
  return async ({ owner, beat }, number) => {
    if (!(await isElsewhere(owner))) return false;
    const sign = `${number} ${beat}`;
    if (sign !== seen) since = performance.now();
    seen = sign;
    return performance.now() - since >= limitMs;
  };
}

async function takeTicket(folder: string, number: number): Promise<AsyncDisposable | null> {
  const draft = join(folder, `.draft-${process.pid}-${randomBytes(4).toString('hex')}`);
  await using made = new AsyncDisposableStack();
  // Held open: whatever somebody puts in its place later, only this file is ever written to.
  const file = made.use(await open(draft, 'wx'));
  try {
    // Also for other users, whatever the umask: a ticket that cannot be read holds nothing.
    await file.chmod(0o644);
    await file.writeFile(JSON.stringify({ ...(await thisOwner()), since: new Date().toISOString() }));
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
  // Those of other users stay where only they may clear them away.
  for (const older of numbers.filter((other) => other < number)) await rm(ticket(folder, older)).catch(() => undefined);
  const beating = setInterval(() => void file.utimes(new Date(), new Date()).catch(() => undefined), 5000);
  beating.unref();
  made.defer(async () => {
    clearInterval(beating);
    // The newest ticket is emptied, never removed: its number must not be given out twice. In place, which needs no room on the disk: a
    // lock is given back when the disk is full, too.
    await file.truncate(0);
  });
  return made.move();
}
