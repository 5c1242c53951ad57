// A conversation with a guest over its serial console, as a person would have it: wait for words, type words.
import { setTimeout as delay } from 'node:timers/promises';
import { measurementError } from '../model/errors.ts';
import { plainLine } from '../model/plain-text.ts';
import type { RunningVm } from '../qemu/running-vm.ts';

export interface SerialTalk extends Disposable {
  /**
   * The first match behind everything matched so far. Throws a measurementError with the console's last lines when
   * `timeoutMs` pass or the guest ends, and the signal's reason when it is aborted.
   */
  expect(pattern: RegExp, what: string, timeoutMs: number): Promise<RegExpExecArray>;
  type(text: string): void;
  /** The last lines of the console, plain, for an error. */
  lastLines(count?: number): string;
}

/** Listens to everything that the guest has said and will say. `onLine` hears each line once it is complete. */
export function talkTo(vm: RunningVm, signal: AbortSignal, onLine: (line: string) => void = () => {}): SerialTalk {
  const heard = transcript(onLine);
  let ended = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  const stop = vm.console.onRead((bytes) => {
    heard.add(bytes);
    wake();
  });
  void vm.exited.then(() => {
    ended = true;
    wake();
  });
  signal.addEventListener('abort', wake);
  return {
    lastLines: heard.lastLines,
    type: (text) => vm.type(text),
    async expect(pattern, what, timeoutMs) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      const fail = (why: string): void => reject(measurementError(`${what}: ${why}\n${heard.lastLines()}`));
      const look = (): void => {
        const match = signal.aborted ? null : heard.next(pattern);
        if (match !== null) resolve(match);
        else if (signal.aborted) reject(signal.reason);
        else if (ended) fail('the guest has ended');
      };
      const timer = setTimeout(() => fail(`no answer within ${Math.round(timeoutMs / 1000)} s`), timeoutMs);
      waiting.add(look);
      look();
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(look);
      }
    },
    [Symbol.dispose]() {
      stop();
      signal.removeEventListener('abort', wake);
    },
  };
}

const keptLength = 256 * 1024;

/** The end of what the guest has printed, in which each pattern is looked for behind the one before. */
function transcript(onLine: (line: string) => void) {
  const decoder = new TextDecoder('utf-8');
  let text = '';
  let matchedTo = 0;
  let lineStart = 0;
  return {
    add(bytes: Uint8Array): void {
      text += decoder.decode(bytes, { stream: true });
      for (let end = text.indexOf('\n', lineStart); end >= 0; end = text.indexOf('\n', lineStart)) {
        onLine(text.slice(lineStart, end).replace(/\r$/, ''));
        lineStart = end + 1;
      }
      if (text.length <= 2 * keptLength) return;
      const cut = text.length - keptLength;
      text = text.slice(cut);
      matchedTo = Math.max(0, matchedTo - cut);
      lineStart = Math.max(0, lineStart - cut);
    },
    next(pattern: RegExp): RegExpExecArray | null {
      const match = pattern.exec(text.slice(matchedTo));
      if (match !== null) matchedTo += match.index + match[0].length;
      return match;
    },
    lastLines: (count = 20): string =>
      text
        .split('\n')
        .map((line) => plainLine(line))
        .filter((line) => line !== '')
        .slice(-count)
        .map((line) => `  | ${line}`)
        .join('\n'),
  };
}

/** Logs in at a getty and leaves a shell that answers without a prompt. Throws a measurementError when it refuses. */
export async function logIn(
  talk: SerialTalk,
  who: { readonly user: string; readonly password: string },
  timeoutMs: number,
): Promise<void> {
  await talk.expect(/[\w.)-] login: /, 'the login prompt on the serial console', timeoutMs);
  talk.type(`${who.user}\n`);
  const [answer] = await talk.expect(loginAnswer, `the login of ${who.user}`, 60_000);
  if (/password/i.test(answer)) {
    talk.type(`${who.password}\n`);
    const [next] = await talk.expect(loginAnswer, `the login of ${who.user}`, 60_000);
    if (/incorrect/i.test(next)) throw refused(who.user, talk);
  } else if (/incorrect/i.test(answer)) throw refused(who.user, talk);
  // No escape sequences of a line editor, and an answer that is no echo of the question.
  talk.type("TERM=dumb; PS1=''; PS2=''; stty -echo 2>/dev/null; echo bootgauge-shell-$((40 + 2))\n");
  await talk.expect(/bootgauge-shell-42/, 'a shell behind the login', 60_000);
}

/** Runs one line of shell and answers its exit status. */
export async function runLine(talk: SerialTalk, line: string, what: string, timeoutMs: number): Promise<number> {
  talk.type(`${line}; echo "bootgauge-status-$?."\n`);
  const match = await talk.expect(/bootgauge-status-(\d+)\./, what, timeoutMs);
  return Number(match[1]);
}

/** Until the guest has ended, at most so long. */
export const endOf = async ({ exited }: RunningVm, limitMs: number): Promise<void> =>
  void (await Promise.race([exited, delay(limitMs, undefined, { ref: false })]));

/** Shuts a guest down as it does itself; where its init does not listen, with clean file systems all the same. */
export const shutDown = 'poweroff || { sync; mount -o remount,ro /; poweroff -f; }';

/** A prompt may be followed by a terminal sequence: some shells ask where the cursor is. */
const loginAnswer = /Password: ?$|[#$%>] ?\S{0,6}$|Login incorrect/i;

const refused = (user: string, talk: SerialTalk): Error =>
  measurementError(`the guest does not let ${user} log in on its console\n${talk.lastLines(5)}`);
