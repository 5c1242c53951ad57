// Loading a file over HTTP so that a broken line costs only what was not there yet: resumed, tried again, checked, and at its
// place only when it is whole and right.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { asTask, type TaskOptions } from '../host/task.ts';
import { measurementError } from '../model/errors.ts';
import type { Stored } from '../model/stored.ts';

export const checksumSchema = z.object({
  algorithm: z.enum(['sha256', 'sha512']),
  /** Hex. */
  value: z.string(),
});
export type Checksum = Stored<typeof checksumSchema>;

export interface DownloadOptions extends TaskOptions {
  /** Attempts in a row that bring nothing; 5 if not given. */
  readonly attempts?: number;
  /** Silence that ends an attempt; 30 s if not given. */
  readonly stallMs?: number;
  /** Pause before the second attempt, doubled each time; 1 s if not given. */
  readonly pauseMs?: number;
}

/** `place` with the content of `url`. What is there already is taken when its checksum is right. Throws a measurementError that names the address. */
export async function download(
  url: string,
  place: string,
  checksum: Checksum,
  options: DownloadOptions,
): Promise<void> {
  if ((await digestOf(place, checksum.algorithm)) === checksum.value) return;
  await mkdir(dirname(place), { recursive: true });
  const part = `${place}.part`;
  const task = `downloading ${new URL(url).pathname.split('/').at(-1)}`;
  await asTask(options, task, async () => {
    for (let round = 1; ; round += 1) {
      const pieces = await fetchWhole(url, part, task, options);
      const found = await digestOf(part, checksum.algorithm);
      if (found === checksum.value) break;
      await rm(part, { force: true });
      // Parts of two versions of a file do not fit together: once more from the begin.
      if (pieces === 'several' && round < 3) continue;
      throw measurementError(
        `${url} is not what was asked for: its ${checksum.algorithm} is ${found}, not ${checksum.value}`,
        'check the digest and the address; a mirror may be in the middle of an update: then try again later',
      );
    }
    await rename(part, place);
    return `${((await stat(place)).size / 1e6).toFixed(0)} MB`;
  });
}

/** The text of a small file, or null when there is none (404). Throws as `download`. */
export async function downloadText(url: string, options: DownloadOptions): Promise<string | null> {
  let text = '';
  const found = await again(url, options, async (signal) => {
    const answer = await fetchByProxy(url, { signal });
    if (answer.status === 404) return 'missing';
    refuse(answer);
    text = (await answer.text()).slice(0, 1024 * 1024);
    return 'whole';
  });
  return found === 'missing' ? null : text;
}

/** Whether the file came in one piece, or a piece was added to what was there. */
async function fetchWhole(
  url: string,
  part: string,
  task: string,
  options: DownloadOptions,
): Promise<'one' | 'several'> {
  let pieces: 'one' | 'several' = 'one';
  const found = await again(url, options, async (signal, alive) => {
    const have = (await stat(part).catch(() => null))?.size ?? 0;
    const answer = await fetchByProxy(url, { signal, headers: have > 0 ? { range: `bytes=${have}-` } : {} });
    if (answer.status === 404) return 'missing';
    if (answer.status === 416) {
      // There is no more than we have: whether it is right, the checksum says.
      await answer.body?.cancel();
      pieces = 'several';
      return 'whole';
    }
    refuse(answer);
    const resumed = answer.status === 206 && answer.headers.get('content-range')?.startsWith(`bytes ${have}-`);
    const length = Number(answer.headers.get('content-length') ?? Number.NaN);
    let done = resumed ? have : 0;
    pieces = resumed ? 'several' : 'one';
    const total = done + length;
    await using file = await open(part, resumed ? 'a' : 'w');
    let toldMs = 0;
    for await (const chunk of answer.body ?? []) {
      alive();
      await file.write(chunk);
      done += (chunk as Uint8Array).length;
      if (performance.now() - toldMs > 200) {
        toldMs = performance.now();
        options.progress({ kind: 'task-advanced', task, done, total: total || done, unit: 'bytes' });
      }
    }
    if (total > done) throw new Error(`it ended after ${done} of ${total} bytes`);
    return 'whole';
  });
  if (found === 'missing') {
    throw measurementError(
      `${url} is not there (404)`,
      'check the address; of an Alpine: release, architecture and mirror in bootgauge.yml',
    );
  }
  return pieces;
}

/** fetch heeds the proxies that the environment names only when it is told to, which Node before 24.14 cannot be. */
function fetchByProxy(url: string, options: RequestInit): Promise<Response> {
  if (!heedsProxies) (http as Partial<typeof http>).setGlobalProxyFromEnv?.();
  heedsProxies = true;
  return fetch(url, options);
}
let heedsProxies = false;

class Refused extends Error {}

function refuse({ status, ok }: Response): void {
  if (ok) return;
  if (status >= 500 || status === 429 || status === 408) throw new Error(`the server answered ${status}`);
  throw new Refused(`the server answered ${status}`);
}

type Attempt = (signal: AbortSignal, alive: () => void) => Promise<'whole' | 'missing'>;

/** Tries until it works; an attempt that brought something starts the count anew. */
async function again(url: string, options: DownloadOptions, attempt: Attempt): Promise<'whole' | 'missing'> {
  const most = options.attempts ?? 5;
  let pauseMs = options.pauseMs ?? 1000;
  for (let failures = 0; ; ) {
    options.signal.throwIfAborted();
    const stalled = new AbortController();
    const stallMs = options.stallMs ?? 30_000;
    const stall = (): void => stalled.abort(new Error(`nothing came for ${stallMs / 1000} s`));
    let timer = setTimeout(stall, stallMs);
    let progressed = false;
    const alive = (): void => {
      progressed = true;
      clearTimeout(timer);
      timer = setTimeout(stall, stallMs);
    };
    try {
      return await attempt(AbortSignal.any([options.signal, stalled.signal]), alive);
    } catch (cause) {
      options.signal.throwIfAborted();
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- the attempt sets it through alive()
      failures = progressed ? 1 : failures + 1;
      if (cause instanceof Refused || failures >= most) throw unreachable(url, cause);
      options.progress({ kind: 'note', text: `${url}: ${reasonOf(cause)}; trying again` });
      await delay(pauseMs, undefined, { signal: options.signal });
      pauseMs = Math.min(pauseMs * 2, 30_000);
    } finally {
      clearTimeout(timer);
    }
  }
}

function unreachable(url: string, cause: unknown): Error {
  return measurementError(
    `${url} could not be loaded: ${reasonOf(cause)}`,
    'check the network and the mirror; what was downloaded is kept, and the next attempt goes on from there',
    cause,
  );
}

/** fetch says only "fetch failed"; the reason is behind it. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

/** Hex digest of a file; empty when it is not there. */
export async function digestOf(path: string, algorithm: Checksum['algorithm']): Promise<string> {
  const hash = createHash(algorithm);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch {
    return '';
  }
  return hash.digest('hex');
}
