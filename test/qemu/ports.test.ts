import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'node:test';
import { portIsFree, reachableFromOutside, reservePort } from '../../src/qemu/ports.ts';

const outer = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .some(({ internal, family }) => !internal && family === 'IPv4');

async function listen(host: string): Promise<{ port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

test('a port is free when nobody listens on it, neither on loopback nor everywhere', async () => {
  using reserved = await reservePort();
  assert.ok(await portIsFree(reserved.port));
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    await using server = await listen(host);
    assert.ok(!(await portIsFree(server.port)), host);
  }
});

test('a guest that the whole network can reach is told from one on loopback', { skip: !outer }, async () => {
  await using closed = await listen('127.0.0.1');
  assert.equal(await reachableFromOutside(closed.port), null);
  await using open = await listen('0.0.0.0');
  assert.match((await reachableFromOutside(open.port)) ?? '', /^\d+\.\d+\.\d+\.\d+$/);
});
