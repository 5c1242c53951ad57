// Unix sockets that another program makes, by paths that a person wrote.
import { symlink } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from '../host/processes.ts';

/** A path of at most 104 bytes, which is all that macOS takes: a long one is reached by a link to its folder. */
export async function shortPath(whole: string, resources: AsyncDisposableStack): Promise<string> {
  if (Buffer.byteLength(whole) < 100) return whole;
  const place = resources.use(await temporaryFolder('bg-', '/tmp'));
  await symlink(dirname(whole), join(place.path, 'd'));
  return join(place.path, 'd', basename(whole));
}

/** Connects to a Unix socket as soon as it is there; null when the signal comes first. */
export async function connectTo(path: string, signal: AbortSignal): Promise<Socket | null> {
  while (!signal.aborted) {
    const socket = await new Promise<Socket | null>((done) => {
      const attempt = connect({ path });
      attempt.once('connect', () => done(attempt));
      attempt.once('error', () => done(null));
    });
    if (socket !== null) {
      socket.on('error', () => {});
      return socket;
    }
    await delay(5);
  }
  return null;
}
