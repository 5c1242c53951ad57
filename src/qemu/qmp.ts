// A small client of the QEMU Machine Protocol: one JSON object a line. Answers are awaited with a time limit; lines that are
// not JSON are passed over.
import type { Duplex } from 'node:stream';
import { measurementError } from '../model/errors.ts';

export interface QmpEvent {
  readonly name: string;
  readonly data: unknown;
  /** When it was received. */
  readonly atNs: number;
}

export interface Qmp {
  /** Resolves with the moment of QEMU's greeting. Rejects when the connection ends before. */
  readonly greeted: Promise<number>;
  /** True once the connection has ended. */
  closed(): boolean;
  /** Runs a command and resolves with what it returned and when. Rejects on an error answer, the time limit, or the end of the connection. */
  execute(command: string, timeoutMs: number, commandArguments?: unknown): Promise<{ value: unknown; atNs: number }>;
}

/** Speaks QMP over a connected stream. `now` stamps what is received. */
export function speakQmp(stream: Duplex, now: () => number, onEvent: (event: QmpEvent) => void): Qmp {
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  const greeting = Promise.withResolvers<number>();
  greeting.promise.catch(() => {});
  let nextId = 1;
  let closed: Error | null = null;

  const hear = (line: string, atNs: number): void => {
    const message = parse(line);
    if (message === null) return;
    if ('QMP' in message) greeting.resolve(atNs);
    if (typeof message.event === 'string') onEvent({ name: message.event, data: message.data ?? null, atNs });
    const pending = waiting.get(Number(message.id));
    if (!pending) return;
    waiting.delete(Number(message.id));
    if ('error' in message) pending.reject(measurementError(`QEMU refused: ${JSON.stringify(message.error)}`));
    else pending.resolve({ value: message.return ?? null, atNs });
  };
  const end = (): void => {
    closed ??= measurementError('QEMU closed its QMP connection');
    greeting.reject(closed);
    for (const pending of waiting.values()) pending.reject(closed);
    waiting.clear();
  };
  listen(stream, now, hear, end);

  return {
    greeted: greeting.promise,
    closed: () => closed !== null,
    async execute(command, timeoutMs, commandArguments) {
      if (closed) throw closed;
      const id = nextId;
      nextId += 1;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting.set(id, { resolve, reject });
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(measurementError(`QEMU did not answer the QMP command ${command} within ${timeoutMs} ms`));
      }, timeoutMs);
      stream.write(`${JSON.stringify({ execute: command, arguments: commandArguments, id })}\n`);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}

function listen(stream: Duplex, now: () => number, hear: (line: string, atNs: number) => void, end: () => void): void {
  const split = lineSplitter();
  stream.on('data', (chunk: Buffer) => {
    const atNs = now();
    for (const line of split(chunk.toString('utf8'))) hear(line, atNs);
  });
  for (const event of ['error', 'close', 'end']) stream.on(event, end);
}

interface Answer {
  readonly value: unknown;
  readonly atNs: number;
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Longest line that is waited for; what is longer is thrown away. */
const longestLine = 1024 * 1024;

function lineSplitter(): (text: string) => string[] {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) rest = '';
    return lines;
  };
}
