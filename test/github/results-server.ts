// A stand-in for the service that takes artifacts: its calls over HTTP as the client makes them, with the blobs in memory. Blocks
// are put together only in the order in which they are committed, as the real store does.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ResultsServer extends AsyncDisposable {
  readonly url: string;
  /** What a runner gives an action so that it may upload. */
  readonly environment: Readonly<Record<string, string>>;
  /** Finished artifacts by name. */
  readonly artifacts: Map<string, { readonly id: number; readonly zip: Buffer }>;
  /** From now on every call is answered with this status. */
  fail(status: number): void;
}

export async function openResults(): Promise<ResultsServer> {
  const blobs = new Map<string, Buffer>();
  const blocks = new Map<string, Map<string, Buffer>>();
  const artifacts: ResultsServer['artifacts'] = new Map();
  let failing = 0;

  const call = (name: string, input: Record<string, string>): unknown => {
    const blob = `/blobs/${encodeURIComponent(input.name ?? '')}.zip`;
    const found = artifacts.get(input.name ?? '') ?? [...artifacts.values()][0];
    switch (name) {
      case 'CreateArtifact':
        return { ok: true, signedUploadUrl: `${origin()}${blob}?sig=upload` };
      case 'FinalizeArtifact': {
        const zip = blobs.get(blob) ?? Buffer.alloc(0);
        if (String(zip.length) !== input.size) return { ok: false };
        artifacts.set(input.name ?? '', { id: 4700 + artifacts.size, zip });
        return { ok: true, artifactId: String(4700 + artifacts.size - 1) };
      }
      case 'ListArtifacts':
        return {
          artifacts: [...artifacts].map(([artifact, { id, zip }]) => ({
            workflowRunBackendId: 'run',
            workflowJobRunBackendId: 'job',
            databaseId: String(id),
            name: artifact,
            size: String(zip.length),
          })),
        };
      case 'GetSignedArtifactURL':
        return { name: input.name, signedUrl: found ? `${origin()}${blob}?sig=download` : '' };
      default:
        return null;
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = await bytesOf(request);
    if (failing > 0) return void response.writeHead(failing).end('{"msg":"told to fail"}');
    const service = /^\/twirp\/github\.actions\.results\.api\.v1\.ArtifactService\/(\w+)$/.exec(url.pathname);
    if (service) {
      const result = call(service[1] as string, JSON.parse(body.toString('utf8')));
      response.writeHead(result === null ? 404 : 200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify(result));
    }
    if (request.method === 'PUT' && url.searchParams.get('comp') === 'block') {
      const own = blocks.get(url.pathname) ?? new Map<string, Buffer>();
      blocks.set(url.pathname, own.set(url.searchParams.get('blockid') ?? '', body));
      return void response.writeHead(201).end();
    }
    if (request.method === 'PUT' && url.searchParams.get('comp') === 'blocklist') {
      const own = blocks.get(url.pathname);
      const ids = [...body.toString('utf8').matchAll(/<Latest>([^<]*)<\/Latest>/g)].map((found) => found[1] as string);
      const parts = ids.map((id) => own?.get(id));
      if (parts.some((part) => part === undefined)) return void response.writeHead(400).end();
      blobs.set(url.pathname, Buffer.concat(parts as Buffer[]));
      return void response.writeHead(201).end();
    }
    if (request.method === 'PUT') {
      blobs.set(url.pathname, body);
      return void response.writeHead(201).end();
    }
    const blob = blobs.get(url.pathname);
    if (request.method === 'GET' && blob) {
      return void response.writeHead(200, { 'content-type': 'application/zip' }).end(blob);
    }
    response.writeHead(404).end();
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: origin(),
    environment: {
      ACTIONS_RESULTS_URL: `${origin()}/`,
      ACTIONS_RUNTIME_TOKEN: unsignedToken({ scp: 'Actions.Results:run:job' }),
    },
    artifacts,
    fail: (status) => {
      failing = status;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function unsignedToken(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
