// A local port that behaves as a forwarded one does while a guest boots: each connection gets the next behaviour, the last one stays.
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** silent: accepted, nothing comes. eof, reset: accepted and closed. Otherwise what is written, piece by piece. */
export type Behaviour = 'silent' | 'eof' | 'reset' | { readonly pieces: readonly (number | string | Buffer)[] };

export interface Player extends AsyncDisposable {
  readonly port: number;
  /** When each connection came, process.hrtime in ms. */
  readonly connections: readonly number[];
  /** Most connections open at one time. */
  mostAtOnce(): number;
  play(behaviours: readonly Behaviour[]): void;
}

export async function playSlirp(behaviours: readonly Behaviour[]): Promise<Player> {
  let left = [...behaviours];
  const open = new Set<Socket>();
  const connections: number[] = [];
  let most = 0;
  const server = createServer((socket) => {
    connections.push(performance.now());
    open.add(socket);
    most = Math.max(most, open.size);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    const behaviour = (left.length > 1 ? left.shift() : left[0]) ?? 'silent';
    void behave(socket, behaviour);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections,
    mostAtOnce: () => most,
    play(next) {
      left = [...next];
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Numbers are pauses in ms. */
async function behave(socket: Socket, behaviour: Behaviour): Promise<void> {
  socket.resume();
  if (behaviour === 'silent') return;
  if (behaviour === 'eof') return void socket.end();
  if (behaviour === 'reset') return void socket.resetAndDestroy();
  for (const piece of behaviour.pieces) {
    if (typeof piece === 'number') await delay(piece);
    else if (!socket.destroyed) socket.write(piece);
  }
}
