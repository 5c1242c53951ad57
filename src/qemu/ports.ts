// Free TCP ports on the loopback interface, no two of our own VMs with the same one.
import { createServer } from 'node:net';

export interface ReservedPort extends Disposable {
  readonly port: number;
}

/** Asks the system for a port that nobody listens on. Somebody else may still take it first; then ask again. */
export async function reservePort(): Promise<ReservedPort> {
  for (;;) {
    const port = await freePort();
    if (taken.has(port)) continue;
    taken.add(port);
    return { port, [Symbol.dispose]: () => void taken.delete(port) };
  }
}

const taken = new Set<number>();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
