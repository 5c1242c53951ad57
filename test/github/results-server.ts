// A stand-in for the service that takes artifacts: its calls over HTTP as the client makes them. The blobs lie in a store of
// their own, as they do at GitHub.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openBlobStore } from './blob-store.ts';

export interface ResultsServer extends AsyncDisposable {
  /** What a runner gives an action so that it may upload. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on every call is answered with this status. */
  fail(status: number): void;
  /** From now on no call is answered. */
  hang(): void;
}

export async function openResults(): Promise<ResultsServer> {
  const store = await openBlobStore();
  const artifacts = new Map<string, { readonly id: number; readonly size: string }>();
  let failing = 0;
  let hanging = false;

  const call = async (method: string, input: Record<string, string>): Promise<unknown> => {
    const { name = '' } = input;
    switch (method) {
      case 'CreateArtifact':
        return { ok: true, signedUploadUrl: await store.signedUrl(`${name}.zip`, 'write') };
      case 'FinalizeArtifact': {
        const size = String(await store.size(`${name}.zip`));
        if (size !== input.size) return { ok: false };
        const id = 4700 + artifacts.size;
        artifacts.set(name, { id, size });
        return { ok: true, artifactId: String(id) };
      }
      case 'ListArtifacts':
        return {
          artifacts: [...artifacts].map(([artifact, { id, size }]) => ({
            workflowRunBackendId: 'run',
            workflowJobRunBackendId: 'job',
            databaseId: String(id),
            name: artifact,
            size,
          })),
        };
      case 'GetSignedArtifactURL':
        return { name, signedUrl: artifacts.has(name) ? await store.signedUrl(`${name}.zip`, 'read') : '' };
      default:
        return null;
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bytesOf(request);
    if (hanging) return;
    if (failing > 0) return void response.writeHead(failing).end('{"msg":"told to fail"}');
    const service = /^\/twirp\/github\.actions\.results\.api\.v1\.ArtifactService\/(\w+)$/.exec(request.url ?? '');
    const result =
      service && (await call(service[1] as string, JSON.parse(body.toString('utf8')) as Record<string, string>));
    response.writeHead(result === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(result));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    environment: {
      ACTIONS_RESULTS_URL: `${origin}/`,
      ACTIONS_RUNTIME_TOKEN: unsignedToken({ scp: 'Actions.Results:run:job' }),
    },
    fail: (status) => {
      failing = status;
    },
    hang: () => {
      hanging = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store[Symbol.asyncDispose]();
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
