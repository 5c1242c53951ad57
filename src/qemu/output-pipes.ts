// Where the output of a launcher goes, so that every script can write to it.
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { runProgram, temporaryFolder } from '../host/processes.ts';

export type OutputPipes = Awaited<ReturnType<typeof outputPipes>>;

/**
 * Where standard output and error go. Node's own are sockets, which a script on Linux cannot open as /dev/stderr; there
 * named pipes take their place. macOS opens /dev/stderr by duplicating, whatever it is.
 */
export async function outputPipes() {
  if (process.platform !== 'linux') {
    return {
      stdout: 'pipe' as const,
      stderr: 'pipe' as const,
      readers: null,
      closeOurWriters: () => {},
      drained: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder('bootgauge-pipes-'));
  const paths = ['stdout', 'stderr'].map((name) => join(folder.path, name));
  await runProgram('mkfifo', paths, { timeoutMs: 5000, hint: 'mkfifo must be on PATH' });
  const readers = paths.map(
    (path) =>
      new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false }),
  );
  for (const reader of readers) resources.defer(() => void reader.destroy());
  const writers = paths.map((path) => openSync(path, 'w')) as [number, number];
  let open = true;
  const closeOurWriters = (): void => {
    if (open) for (const writer of writers) closeSync(writer);
    open = false;
  };
  resources.defer(closeOurWriters);
  const ends = readers.map((reader) => new Promise<void>((done) => reader.once('close', () => done())));
  const owned = resources.move();
  return {
    stdout: writers[0],
    stderr: writers[1],
    readers: readers as [Socket, Socket],
    closeOurWriters,
    drained: () => Promise.all(ends),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
