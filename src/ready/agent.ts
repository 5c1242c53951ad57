// Ready when QEMU's guest agent answers: it is synchronized with (guest-sync-delimited), then pinged (guest-ping).
import type { Socket } from 'node:net';
import { z } from 'zod';
import type { ReadinessOf } from '../model/readiness.ts';
import { parseOrNull } from '../model/stored.ts';
import { connectTo } from '../qemu/unix-socket.ts';
import type { LoopWatch } from './loop-watch.ts';
import { type AwaitedGuest, firstSeen, type Seen } from './seen.ts';

/** Sent again, since an agent that starts anew forgets what it was told. What nobody reads yet waits in the socket. */
const periodMs = 500;
/** Its answers are short; whoever says more without a newline is no agent. */
const longestReply = 4096;

const replySchema = z.object({ return: z.union([z.number(), z.object({})]) });

export async function seeAgent(
  { socket: path }: ReadinessOf<'agent'>,
  { vm, signal }: AwaitedGuest,
  loop: LoopWatch,
): Promise<Seen | null> {
  const socket = path === null ? vm.agent : await connectTo(await vm.place(path), signal);
  if (socket === null) return null;
  using _closed = { [Symbol.dispose]: () => void (path !== null && socket.destroy()) };
  return await firstSeen(signal, (tell) => converse(socket, vm.nowNs, loop, tell));
}

/** What stands before the byte 0xFF belongs to no answer. A search for its place: a pattern would take seconds over 64 KiB without one. */
const afterReset = (line: string): string => line.slice(line.lastIndexOf('\xff') + 1);

/** Returns the way to stop. */
function converse(socket: Socket, nowNs: () => number, loop: LoopWatch, tell: (seen: Seen) => void): () => void {
  /** When each synchronization was asked for; its number is its place. */
  const askedNs: number[] = [];
  let answeredFromNs: number | null = null;
  let text = '';
  const say = (line: string): void => void (socket.writable && socket.write(line, 'latin1'));
  const ask = (): void => {
    const id = askedNs.push(nowNs()) - 1;
    // The byte 0xFF, which no JSON holds, makes the agent forget what it has half read.
    say(`\xff{"execute":"guest-sync-delimited","arguments":{"id":${id}}}\n`);
  };
  const take = (reply: string, atNs: number): void => {
    const answer = parseOrNull(reply, replySchema)?.return;
    if (typeof answer === 'number') {
      if (answeredFromNs !== null || askedNs[answer] === undefined) return;
      // The first it reads was waiting for it; those before were read by nobody who answers.
      answeredFromNs = Math.max(Math.min(loop.sinceNs(), atNs), askedNs[answer - 1] ?? 0);
      say('{"execute":"guest-ping"}\n');
    } else if (answer !== undefined && answeredFromNs !== null) {
      tell({ atNs, startedNs: answeredFromNs, detail: 'guest-ping' });
    }
  };
  const hear = (bytes: Buffer): void => {
    const atNs = nowNs();
    const lines = (text + bytes.toString('latin1')).split('\n').map(afterReset);
    text = (lines.pop() ?? '').slice(-longestReply);
    for (const line of lines) if (line.includes('"return"')) take(line, atNs);
  };
  socket.on('data', hear);
  socket.on('error', () => {});
  ask();
  const timer = setInterval(() => (answeredFromNs === null ? ask() : say('{"execute":"guest-ping"}\n')), periodMs);
  return () => {
    clearInterval(timer);
    socket.off('data', hear);
  };
}
