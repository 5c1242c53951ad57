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
  /** One request without retries. Throws a RestError for every status from 300 on. */
  once(verb: Verb, path: string, body?: unknown): Promise<RestAnswer>;
  /** As `once`, with retries: for requests that may be sent twice. */
  again(verb: 'GET' | 'PATCH', path: string, body?: unknown): Promise<RestAnswer>;
}

export const mostAttempts = 4;
/** GitHub may ask to wait an hour; nobody's job waits that long for a comment. */
export const longestWaitMs = 60_000;

export function restClient(options: RestOptions): Rest {
  const client = new HttpClient('bootgauge', [], {
    allowRetries: false,
    allowRedirects: false,
    socketTimeout: options.timeoutMs ?? 10_000,
  });
  const once = (verb: Verb, path: string, body?: unknown): Promise<RestAnswer> =>
    request(client, options, verb, path, body);
  return { once, again: (verb, path, body) => withRetries(() => once(verb, path, body), options) };
}

/** Runs `attempt` until it succeeds, fails for good, or has failed {@link mostAttempts} times. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { signal, sleep }: Pick<RestOptions, 'signal' | 'sleep'>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const wait = error instanceof RestError ? (error.retryAfterMs ?? 1000 * 2 ** (tries - 1)) : 0;
      if (!(error instanceof RestError) || !error.temporary || tries >= mostAttempts || wait > longestWaitMs) {
        throw error;
      }
      await sleep(wait, signal);
    }
  }
}

const largestAnswer = 16 * 1024 * 1024;

async function request(
  client: HttpClient,
  options: RestOptions,
  verb: Verb,
  path: string,
  body: unknown,
): Promise<RestAnswer> {
  const { apiUrl, token, signal } = options;
  signal.throwIfAborted();
  const headers = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  let status: number;
  let answerHeaders: Readonly<Record<string, string | string[] | undefined>>;
  let text: string;
  try {
    const data = body === undefined ? null : JSON.stringify(body);
    const answer = await abortable(
      client.request(verb, `${apiUrl}${path}`, data, headers).then(async (response) => {
        if (Number(response.message.headers['content-length'] ?? 0) > largestAnswer)
          throw new Error('answer too large');
        return { message: response.message, text: await response.readBody() };
      }),
      { signal, limitMs: (options.timeoutMs ?? 10_000) * 2 },
    );
    status = answer.message.statusCode ?? 0;
    answerHeaders = answer.message.headers;
    text = answer.text;
  } catch (cause) {
    signal.throwIfAborted();
    const why = (cause as Error).message;
    throw new RestError(`GitHub did not answer: ${why}`, { status: 0, temporary: true, retryAfterMs: null });
  }
  if (status >= 200 && status < 300) return { status, body: parsed(text), next: nextPage(answerHeaders, apiUrl) };
  throw refused(status, answerHeaders, text);
}

function refused(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  text: string,
): RestError {
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
function askedWait(headers: Readonly<Record<string, string | string[] | undefined>>): number | null {
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

function nextPage(headers: Readonly<Record<string, string | string[] | undefined>>, apiUrl: string): string | null {
  const link = String(headers.link ?? '');
  const next = /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];
  return next?.startsWith(apiUrl) ? next.slice(apiUrl.length) : null;
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
