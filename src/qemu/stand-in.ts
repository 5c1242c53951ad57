// The program that stands where a launcher expects its QEMU. It asks Bootgauge what to start, and becomes that: same process, same
// environment. It is run by node, since macOS takes DYLD variables away from whoever starts a shell of the system.
import { realpathSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { parseOrNull } from '../model/stored.ts';

/** What is started in its place. */
export interface Start {
  readonly program: string;
  readonly words: readonly string[];
  /** Variables for a QEMU that has none of these names. */
  readonly usual: Readonly<Record<string, string>>;
  /** Variables whatever it has; where one lists folders of libraries, its own stay behind these. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Nothing is started; it ends with this status, and says why on standard error if there is something to say. */
export interface NoStart {
  readonly status: number;
  readonly said: string;
}

export interface Asked {
  /** Its arguments. */
  readonly words: readonly string[];
  /** Absolute path of the folder that it was started in. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How long the stand-in itself has run until it asked. */
  readonly ownMs: number;
}

const askedSchema = z.object({
  words: z.array(z.string()),
  folder: z.string(),
  environment: z.record(z.string(), z.string()),
  ownMs: z.number().nonnegative(),
});

/** What is started has these variables, where the stand-in has `own`. */
export function environmentOf({ usual, environment }: Start, own: Asked['environment']): Record<string, string> {
  const before = { ...usual, ...own };
  const behind = (name: string): string => (name.endsWith('_LIBRARY_PATH') && before[name] ? `:${before[name]}` : '');
  const given = Object.entries(environment).map(([name, value]) => [name, `${value}${behind(name)}`] as const);
  return { ...before, ...Object.fromEntries(given) };
}

/** Writes the program to `place`; until disposal `answer` says what becomes of its words. `folder` is private, and its path short. */
export async function placeStandIn(
  place: string,
  folder: string,
  answer: (asked: Asked) => Start | NoStart,
): Promise<AsyncDisposable> {
  const socket = join(folder, 'asked');
  await writeFile(place, program(await interpreter(folder), socket), { mode: 0o755, flag: 'wx' });
  return serve(socket, (text) => {
    const asked = parseOrNull(text, askedSchema);
    if (asked === null) return { status: 1, said: 'bootgauge: not understood' };
    const start = answer(asked);
    return 'status' in start ? start : { ...start, environment: environmentOf(start, asked.environment) };
  });
}

/** node as the first line of a script can name it: short and without spaces. */
async function interpreter(folder: string): Promise<string> {
  if (/^[^\s]{1,100}$/.test(process.execPath)) return process.execPath;
  const short = join(folder, 'node');
  await symlink(realpathSync(process.execPath), short);
  return short;
}

/** Fit for a tree that says how its modules are written, and for one that does not. */
const program = (interpreter: string, socket: string): string => `#!${interpreter}
// Put here by Bootgauge for one boot, in the place of QEMU. Bootgauge says what is started.
const { connect } = process.getBuiltinModule('node:net');
const { writeSync } = process.getBuiltinModule('node:fs');
const end = (status, said) => {
  if (said) writeSync(2, said + '\\n');
  process.exit(status);
};
let answer = '';
const socket = connect(${JSON.stringify(socket)});
socket.setEncoding('utf8');
socket.on('error', () => end(1, 'bootgauge has ended, and this program stands for it'));
socket.on('data', (text) => (answer += text));
socket.on('end', () => {
  const { status, said, program, words, environment } = JSON.parse(answer);
  if (!program) end(status, said);
  try {
    process.execve(program, [program, ...words], environment);
  } catch (error) {
    end(1, program + ': ' + error.message);
  }
});
const asked = { words: process.argv.slice(2), folder: process.cwd(), environment: process.env };
socket.on('connect', () => socket.end(JSON.stringify({ ...asked, ownMs: process.uptime() * 1000 })));
`;

async function serve(path: string, answer: (text: string) => object): Promise<AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('end', () => socket.end(JSON.stringify(answer(text))));
  });
  return listening(server, path);
}

/** Listens on a Unix socket until disposal. */
export async function listening(server: Server, path: string): Promise<AsyncDisposable> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  await promise;
  server.unref();
  return { [Symbol.asyncDispose]: async () => void server.close() };
}
