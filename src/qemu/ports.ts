// Free TCP ports on the loopback interface, no two of our own VMs with the same one.
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

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

/** Whether nobody listens on this TCP port, neither on the loopback interface nor on all of them. */
export async function portIsFree(port: number): Promise<boolean> {
  // Where a system lets two listeners share a port with different addresses, only a connection finds the other.
  if (await connects('127.0.0.1', port)) return false;
  for (const address of ['127.0.0.1', '0.0.0.0']) if (!(await canListen(address, port))) return false;
  return true;
}

/** An address of this machine other than loopback on which the port can be reached, or null. */
export async function reachableFromOutside(port: number): Promise<string | null> {
  const outer = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of outer) if (await connects(address, port)) return address;
  return null;
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, settle(false));
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
  });
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
