// A stand-in for the cache of GitHub's service: its calls as the client makes them, with the archives in memory. An entry is never
// changed, a key is looked up exactly and then by its begin, and other calls go on to the service of artifacts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CacheService extends AsyncDisposable {
  readonly url: string;
  /** Finished entries by key. */
  readonly entries: Map<string, Entry>;
  /** Names of the calls, in their order. */
  readonly calls: string[];
  /** From now on nothing may be written, as in a run that GitHub does not trust. */
  deny(): void;
}

interface Entry {
  readonly version: string;
  readonly archive: Buffer;
}

/** `others` is the address of the service of artifacts. */
export async function openCacheService(others: string): Promise<CacheService> {
  const entries = new Map<string, Entry>();
  const blobs = new Map<string, Buffer>();
  const blocks = new Map<string, Buffer>();
  const calls: string[] = [];
  let denied = false;

  const call = (name: string, input: Record<string, unknown>): unknown => {
    const text = (field: string): string => (input[field] as string | undefined) ?? '';
    const key = text('key');
    const address = `${origin()}/caches/${encodeURIComponent(key)}`;
    switch (name) {
      case 'CreateCacheEntry':
        if (denied) return { ok: false, message: 'cache write denied: the run is not trusted' };
        return entries.has(key)
          ? { ok: false, message: 'it is there' }
          : { ok: true, signedUploadUrl: `${address}?sig=1` };
      case 'FinalizeCacheEntryUpload': {
        const archive = blobs.get(new URL(address).pathname);
        if (archive === undefined || String(archive.length) !== text('size_bytes'))
          return { ok: false, message: 'cut' };
        entries.set(key, { version: text('version'), archive });
        return { ok: true, entryId: '7' };
      }
      case 'GetCacheEntryDownloadURL': {
        const wanted = [key, ...((input.restore_keys ?? []) as string[])];
        const fits = (known: string): boolean => entries.get(known)?.version === text('version');
        const found = wanted.flatMap((one) =>
          [...entries.keys()].filter((known) => known.startsWith(one) && fits(known)),
        )[0];
        if (found === undefined) return { ok: false };
        const signedDownloadUrl = `${origin()}/caches/${encodeURIComponent(found)}?sig=2`;
        return { ok: true, signedDownloadUrl, matchedKey: found };
      }
      default:
        return null;
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = await bytesOf(request);
    const name = /^\/twirp\/github\.actions\.results\.api\.v1\.CacheService\/(\w+)$/.exec(url.pathname)?.[1];
    if (name !== undefined) {
      calls.push(name);
      const result = call(name, JSON.parse(body.toString('utf8')) as Record<string, unknown>);
      response.writeHead(result === null ? 404 : 200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify(result));
    }
    if (!url.pathname.startsWith('/caches/')) return pass(request, body, response, others);
    if (request.method === 'PUT') return void response.writeHead(put(url, body) ? 201 : 400).end();
    const archive = blobs.get(url.pathname);
    if (archive === undefined) return void response.writeHead(404).end();
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = from === undefined ? archive : archive.subarray(Number(from), Number(to) + 1);
    response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length });
    response.end(request.method === 'HEAD' ? undefined : part);
  };

  const put = (url: URL, body: Buffer): boolean => {
    const kind = url.searchParams.get('comp');
    if (kind === 'block') return Boolean(blocks.set(`${url.pathname} ${url.searchParams.get('blockid')}`, body));
    if (kind === 'blocklist') {
      const ids = [...body.toString('utf8').matchAll(/<Latest>([^<]*)<\/Latest>/g)].map((found) => found[1]);
      const parts = ids.map((id) => blocks.get(`${url.pathname} ${id}`));
      if (parts.some((part) => part === undefined)) return false;
      return Boolean(blobs.set(url.pathname, Buffer.concat(parts as Buffer[])));
    }
    return Boolean(blobs.set(url.pathname, body));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: origin(),
    entries,
    calls,
    deny: () => {
      denied = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pass(request: IncomingMessage, body: Buffer, response: ServerResponse, others: string): Promise<void> {
  const { authorization = '', 'content-type': type = 'application/json' } = request.headers;
  const answer = await fetch(new URL(request.url ?? '/', others), {
    method: request.method ?? 'GET',
    headers: { authorization, 'content-type': type },
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? type });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
