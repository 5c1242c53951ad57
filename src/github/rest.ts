// GitHub's REST API: one request with time limits, retries where they make sense, and answers that say what went wrong.
import { HttpClient } from '@actions/http-client';

export interface RestOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly signal: AbortSignal;
  /** Waits; handed in so that tests need not wait. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  /** A single answer may take so long; 10 s if not given. */
  readonly timeoutMs?: number;
  /** All that may be lost to GitHub's faults, waits and failed requests, before nothing is tried again; 2 min if not given. */
  readonly patienceMs?: number;
}

/** A request that did not succeed. `status` is 0 when GitHub did not answer at all. */
export class RestError extends Error {
  readonly status: number;
  /** Whether the same request may succeed later. */
  readonly temporary: boolean;
  /** What GitHub asks to wait, in ms; null when it does not say. */
  readonly retryAfterMs: number | null;

  constructor(message: string, facts: { status: number; temporary: boolean; retryAfterMs: number | null }) {
    super(message);
    this.name = 'RestError';
    this.status = facts.status;
    this.temporary = facts.temporary;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Path of the next page, or null. */
  readonly next: string | null;
}

export type Verb = 'GET' | 'POST' | 'PATCH';

export interface Rest {
  /** One request. Throws a RestError for every answer that is no success. */
  once(verb: Verb, path: string, body?: unknown): Promise<RestAnswer>;
  /** Asks, again where that may help. */
  get(path: string): Promise<RestAnswer>;
  /** All entries of a list, page by page, each page asked for once. Throws a RestError where there are more than {@link mostPages}. */
  all(path: string): AsyncIterable<unknown>;
  /** Runs what sends its requests by `once`, again where that may help. */
  retry<T>(attempt: () => Promise<T>): Promise<T>;
}

export const mostAttempts = 4;
/** GitHub may ask to wait an hour; nobody's job waits that long for a comment. */
export const longestWaitMs = 60_000;
/** 30 pages of 100: more than a conversation that people still read. */
const mostPages = 30;

export function restClient(options: RestOptions): Rest {
  const { signal, sleep, patienceMs = 120_000 } = options;
  const client = new HttpClient('bootgauge', [], {
    allowRetries: false,
    allowRedirects: false,
    socketTimeout: options.timeoutMs ?? 10_000,
  });
  const once: Rest['once'] = (verb, path, body) => request(client, options, { verb, path, body });
  let lostMs = 0;
  const retry: Rest['retry'] = async (attempt) => {
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      const begun = performance.now();
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof RestError) || !error.temporary) throw error;
        lostMs += performance.now() - begun;
        const wait = error.retryAfterMs ?? 1000 * 2 ** (tries - 1);
        if (tries >= mostAttempts || wait > longestWaitMs || lostMs + wait > patienceMs) {
          throw new RestError(
            `${error.message} (given up after ${tries} tries and ${Math.round(lostMs / 1000)} s)`,
            error,
          );
        }
        lostMs += wait;
        await sleep(wait, signal);
      }
    }
  };
  return {
    once,
    retry,
    get: (path) => retry(() => once('GET', path)),
    async *all(path) {
      let next: string | null = `${path}?per_page=100`;
      for (let page = 0; next !== null; page += 1) {
        if (page === mostPages) throw new RestError(`GitHub lists more than ${mostPages} pages`, tooMuch);
        const answer = await once('GET', next);
        if (Array.isArray(answer.body)) yield* answer.body;
        next = answer.next;
      }
    },
  };
}

const tooMuch = { status: 200, temporary: false, retryAfterMs: null };

const largestAnswer = 16 * 1024 * 1024;

interface Asked {
  readonly verb: Verb;
  readonly path: string;
  readonly body: unknown;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;
interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const mostRedirects = 3;

async function request(client: HttpClient, options: RestOptions, asked: Asked): Promise<RestAnswer> {
  const { apiUrl } = options;
  let url = `${apiUrl}${asked.path}`;
  for (let redirects = 0; ; redirects += 1) {
    const { status, headers, text } = await send(client, options, { ...asked, url });
    if (status >= 200 && status < 300) return { status, body: parsed(text), next: nextPage(headers, apiUrl) };
    const elsewhere = redirects < mostRedirects ? redirected(status, headers, { url, apiUrl }) : null;
    if (elsewhere === null) throw refused(status, headers, text);
    url = elsewhere;
  }
}

/** Where GitHub sends a request, as after the renaming of a repository; null where it is not sent on, or to another host: the token stays here. */
function redirected(status: number, { location }: Headers, { url, apiUrl }: { url: string; apiUrl: string }) {
  if (![301, 302, 307, 308].includes(status) || typeof location !== 'string' || !URL.canParse(location, url))
    return null;
  const { href } = new URL(location, url);
  return href.startsWith(`${apiUrl}/`) ? href : null;
}

async function send(
  client: HttpClient,
  { token, signal, timeoutMs = 10_000 }: RestOptions,
  { verb, url, body }: Asked & { readonly url: string },
): Promise<RawAnswer> {
  signal.throwIfAborted();
  const headers = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const answer = async (): Promise<RawAnswer> => {
    const response = await client.request(verb, url, body === undefined ? null : JSON.stringify(body), headers);
    const { statusCode = 0, headers: answered } = response.message;
    if (Number(answered['content-length'] ?? 0) > largestAnswer) throw new Error('answer too large');
    return { status: statusCode, headers: answered, text: await response.readBody() };
  };
  try {
    return await abortable(answer(), { signal, limitMs: timeoutMs * 2 });
  } catch (cause) {
    signal.throwIfAborted();
    const why = (cause as Error).message;
    throw new RestError(`GitHub did not answer: ${why}`, { status: 0, temporary: true, retryAfterMs: null });
  }
}

function refused(status: number, headers: Headers, text: string): RestError {
  const said = (parsed(text) as { message?: unknown } | null)?.message;
  // A secondary limit may come without any header that says so.
  const limited =
    headers['retry-after'] !== undefined ||
    headers['x-ratelimit-remaining'] === '0' ||
    (typeof said === 'string' && /rate limit|abuse detection/i.test(said));
  const temporary = status >= 500 || status === 429 || status === 408 || (status === 403 && limited);
  const retryAfterMs = temporary ? askedWait(headers) : null;
  const words = typeof said === 'string' ? `: ${said.slice(0, 300)}` : '';
  return new RestError(`GitHub answered ${status}${words}`, { status, temporary, retryAfterMs });
}

/** What GitHub asks to wait, or until when its limit lasts; null when it says nothing. */
function askedWait(headers: Headers): number | null {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  if (headers['x-ratelimit-remaining'] !== '0' || !Number.isFinite(reset)) return null;
  return Math.max(0, reset * 1000 - Date.now());
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function nextPage(headers: Headers, apiUrl: string): string | null {
  const link = String(headers.link ?? '');
  const next = /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];
  return next?.startsWith(`${apiUrl}/`) ? next.slice(apiUrl.length) : null;
}

/** The client can neither be cancelled nor stops by itself when bytes come one by one. */
async function abortable<T>(work: Promise<T>, limits: { signal: AbortSignal; limitMs: number }): Promise<T> {
  const { signal, limitMs } = limits;
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
