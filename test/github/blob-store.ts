// Where uploaded artifacts lie. In memory: blocks are put together only in the order in which they are committed, as the real store
// does. Or in azurite, Azure's own stand-in for that store, when BOOTGAUGE_AZURITE names its program azurite-blob.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';

export interface BlobStore extends AsyncDisposable {
  /** Where a client may put or get a blob without further credentials. */
  signedUrl(name: string, right: 'write' | 'read'): Promise<string>;
  /** Its length in bytes; -1 when it is not there. */
  size(name: string): Promise<number>;
}

export function openBlobStore(): Promise<BlobStore> {
  const { BOOTGAUGE_AZURITE: program } = process.env;
  return program ? azurite(program) : inMemory();
}

async function inMemory(): Promise<BlobStore> {
  const blobs = new Map<string, Buffer>();
  const blocks = new Map<string, Map<string, Buffer>>();
  const statusOf = (query: URLSearchParams, path: string, body: Buffer): number => {
    const own = blocks.get(path) ?? new Map<string, Buffer>();
    switch (query.get('comp') ?? '') {
      case 'block':
        blocks.set(path, own.set(query.get('blockid') ?? '', body));
        return 201;
      case 'blocklist': {
        const ids = [...body.toString('utf8').matchAll(/<Latest>([^<]*)<\/Latest>/g)].map(([, id]) => id as string);
        const parts = ids.map((id) => own.get(id));
        if (parts.includes(undefined)) return 400;
        blobs.set(path, Buffer.concat(parts as Buffer[]));
        return 201;
      }
      default:
        blobs.set(path, body);
        return 201;
    }
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'PUT') {
      return void response.writeHead(statusOf(searchParams, pathname, Buffer.concat(chunks))).end();
    }
    const blob = blobs.get(pathname);
    if (request.method !== 'GET' || blob === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/zip' }).end(blob);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const path = (name: string): string => `/blobs/${encodeURIComponent(name)}`;
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    signedUrl: async (name, right) => `${origin}${path(name)}?sig=${right}`,
    size: async (name) => blobs.get(path(name))?.length ?? -1,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function azurite(program: string): Promise<BlobStore> {
  const [account, key] = ['bootgauge', randomBytes(32).toString('base64')];
  // The client may speak a newer version of the protocol than azurite knows.
  const words = ['--inMemoryPersistence', '--blobPort', '0', '--skipApiVersionCheck', '--disableTelemetry'];
  const child = spawn(process.execPath, [program, ...words], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, AZURITE_ACCOUNTS: `${account}:${key}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const patience = setTimeout(() => child.kill(), 120_000);
  const listening = new Promise<string>((found, failed) => {
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const [, at] = /successfully listen\w* (?:at|on) (http:\S+)/.exec(said) ?? [];
      if (at !== undefined) found(at);
    });
    void ended.then(() => failed(new Error(`azurite ended: ${said}`)));
  });
  const origin = await listening.finally(() => clearTimeout(patience));
  const storage = await import('@azure/storage-blob');
  const credential = new storage.StorageSharedKeyCredential(account, key);
  const container = new storage.ContainerClient(`${origin}/${account}/artifacts`, credential);
  await container.create();
  return {
    async signedUrl(name, right) {
      const permissions = storage.BlobSASPermissions.parse(right === 'write' ? 'cw' : 'r');
      return container.getBlobClient(name).generateSasUrl({ permissions, expiresOn: new Date(Date.now() + 3_600_000) });
    },
    size: async (name) => {
      const blob = container.getBlobClient(name);
      return (await blob.exists()) ? ((await blob.getProperties()).contentLength ?? -1) : -1;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
