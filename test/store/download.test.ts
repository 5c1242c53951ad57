import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { BootgaugeError } from '../../src/model/errors.ts';
import { type Checksum, download, downloadText } from '../../src/store/download.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-download-'));
after(() => rmSync(folder, { recursive: true }));
const content = randomBytes(300_000);
const right: Checksum = { algorithm: 'sha512', value: createHash('sha512').update(content).digest('hex') };

/** Serves with ranges, after `misbehave` had its say for the n-th request; answers what was asked for. */
async function serve(misbehave: (request: IncomingMessage, response: ServerResponse, nth: number) => boolean) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.range);
    if (misbehave(request, response, asked.length)) return;
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0) {
      if (from >= content.length) {
        response.writeHead(416).end();
        return;
      }
      response.writeHead(206, {
        'content-length': content.length - from,
        'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
      });
    } else response.writeHead(200, { 'content-length': content.length });
    response.end(content.subarray(from));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3.22/file.tar.gz`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Breaks the line once so much of the file has arrived: sooner, a busy machine loses what is under way. */
function breakOnce(response: ServerResponse, place: string, bytes: number): void {
  const look = setInterval(() => {
    if ((statSync(`${place}.part`, { throwIfNoEntry: false })?.size ?? 0) < bytes) return;
    clearInterval(look);
    response.destroy();
  }, 5);
}

let places = 0;
const newPlace = (): string => {
  places += 1;
  return join(folder, `${places}`, 'file');
};

const notes: string[] = [];
const options = {
  progress: (event: { kind: string; text?: string }): void =>
    void (event.kind === 'note' && notes.push(event.text ?? '')),
  signal: new AbortController().signal,
  pauseMs: 1,
  attempts: 3,
  stallMs: 20_000,
};

async function fails(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof BootgaugeError);
    assert.equal(error.exitCode, 3);
    assert.match(error.message, pattern);
    return true;
  });
}

test('a file is loaded, checked and taken from its place the next time', async () => {
  await using server = await serve(() => false);
  const place = newPlace();
  await download(server.url, place, right, options);
  await download(server.url, place, right, options);
  assert.deepEqual(readFileSync(place), content);
  assert.equal(server.asked.length, 1);
  assert.ok(!existsSync(`${place}.part`));
});

test('a line that breaks again and again costs only what was not there yet', async () => {
  const place = newPlace();
  await using server = await serve((request, response, nth) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (nth > 5) return false;
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': content.length - from,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    response.write(content.subarray(from, from + 40_000));
    breakOnce(response, place, from + 40_000);
    return true;
  });
  await download(server.url, place, right, options);
  assert.deepEqual(readFileSync(place), content);
  assert.deepEqual(server.asked, [undefined, ...[1, 2, 3, 4, 5].map((part) => `bytes=${part * 40_000}-`)]);
});

test('what a killed run has loaded is gone on with', async () => {
  await using server = await serve(() => false);
  const place = newPlace();
  await download(server.url, place, right, options);
  rmSync(place);
  writeFileSync(`${place}.part`, content.subarray(0, 100_000));
  await download(server.url, place, right, options);
  assert.equal(server.asked.at(-1), 'bytes=100000-');
  assert.deepEqual(readFileSync(place), content);
});

test('a server without ranges is loaded from the begin', async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': content.length }).end(content);
    return true;
  });
  const place = newPlace();
  await download(server.url, place, right, options);
  rmSync(place);
  writeFileSync(`${place}.part`, content.subarray(0, 1000));
  await download(server.url, place, right, options);
  assert.deepEqual(readFileSync(place), content);
});

test('a part of another version is thrown away once, and a file that is wrong is an error that leaves nothing', async () => {
  await using server = await serve(() => false);
  const place = newPlace();
  await download(server.url, place, right, options);
  rmSync(place);
  writeFileSync(`${place}.part`, randomBytes(5000));
  await download(server.url, place, right, options);
  assert.deepEqual(readFileSync(place), content);
  const other = newPlace();
  const wrong: Checksum = { algorithm: 'sha256', value: '0'.repeat(64) };
  await fails(
    download(server.url, other, wrong, options),
    /is not what was asked for: its sha256 is [0-9a-f]{64}, not 0000/,
  );
  assert.ok(!existsSync(other) && !existsSync(`${other}.part`));
});

test('an answer that breaks off with nonsense is made good by one from the begin', async () => {
  const place = newPlace();
  await using server = await serve((_, response, nth) => {
    if (nth > 1) return false;
    response.writeHead(200, { 'content-length': 400_000 });
    response.write(Buffer.alloc(1000));
    breakOnce(response, place, 1000);
    return true;
  });
  await download(server.url, place, right, options);
  assert.deepEqual(readFileSync(place), content);
  assert.deepEqual(server.asked, [undefined, 'bytes=1000-', undefined]);
});

test('404 ends at once and says where to look', async () => {
  await using server = await serve((_, response) => {
    response.writeHead(404).end();
    return true;
  });
  await fails(download(server.url, newPlace(), right, options), /file\.tar\.gz is not there \(404\)/);
  assert.equal(await downloadText(server.url, options), null);
  assert.equal(server.asked.length, 2);
});

test('503 is waited out, and told when it does not end', async () => {
  await using passing = await serve((_, response, nth) => {
    if (nth < 3) response.writeHead(503).end();
    return nth < 3;
  });
  const place = newPlace();
  await download(passing.url, place, right, options);
  assert.deepEqual(readFileSync(place), content);
  assert.match(notes.at(-1) ?? '', /answered 503; trying again/);
  await using lasting = await serve((_, response) => {
    response.writeHead(503).end();
    return true;
  });
  await fails(download(lasting.url, newPlace(), right, options), /could not be loaded: the server answered 503/);
  assert.equal(lasting.asked.length, 3);
});

test('403 is not asked again', async () => {
  await using server = await serve((_, response) => {
    response.writeHead(403).end();
    return true;
  });
  await fails(download(server.url, newPlace(), right, options), /answered 403/);
  assert.equal(server.asked.length, 1);
});

test('a server that falls silent is left and asked again', async () => {
  await using server = await serve((_, response, nth) => {
    if (nth > 1) return false;
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 10_000));
    return true;
  });
  const place = newPlace();
  await download(server.url, place, right, { ...options, stallMs: 300 });
  assert.deepEqual(readFileSync(place), content);
  assert.deepEqual(server.asked.slice(0, 2), [undefined, 'bytes=10000-']);
});

test('a server that is slow and never silent is waited for, however long it takes', async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    let sent = 0;
    const drip = setInterval(() => {
      response.write(content.subarray(sent, sent + 30_000));
      sent += 30_000;
      if (sent >= content.length) {
        clearInterval(drip);
        response.end();
      }
    }, 200);
    return true;
  });
  const place = newPlace();
  // The whole of it takes longer than the silence that would end it.
  await download(server.url, place, right, { ...options, stallMs: 1500 });
  assert.deepEqual(readFileSync(place), content);
  assert.equal(server.asked.length, 1);
});

test('nobody at the address is an error with the reason', async () => {
  await fails(download('http://127.0.0.1:1023/v3.22/x', newPlace(), right, options), /ECONNREFUSED|connect/);
});

test('a download goes through the proxy that the environment names', async () => {
  await using server = await serve(() => false);
  const target = new URL(server.url);
  const named: (string | undefined)[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    named.push(request.url);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const onward = connect(Number(target.port), target.hostname);
    socket.pipe(onward).pipe(socket);
    for (const one of [socket, onward]) one.on('error', () => {});
  });
  proxy.listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  const place = join(folder, 'by-proxy');
  const module = JSON.stringify(import.meta.resolve('../../src/store/download.ts'));
  const program = `import { download } from ${module};
await download('http://mirror.invalid/x/file', ${JSON.stringify(place)}, ${JSON.stringify(right)},
  { progress() {}, signal: AbortSignal.timeout(60_000), attempts: 1 });`;
  const environment = { http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env: environment });
  assert.deepEqual(readFileSync(place), content);
  assert.deepEqual(named, ['mirror.invalid:80']);
  proxy.closeAllConnections();
  proxy.close();
});
