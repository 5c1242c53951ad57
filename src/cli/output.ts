// Results, messages and live progress share a terminal: here they take turns, so that none is drawn over another.
import { withoutCommands } from '../model/plain-text.ts';
import type { ProgressEvent, ProgressSink } from '../model/progress.ts';
import type { CommandContext, StreamTraits } from './context.ts';
import { terminalTraits } from './context.ts';

/** The part of process.stdout and process.stderr that is used. */
export interface OutputStream extends StreamTraits {
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

export interface Output extends Pick<CommandContext, 'out' | 'err' | 'progress'> {
  /** Ends a live display; a later event begins a new one. */
  close(): void;
}

/**
 * The renderers of progress are loaded at the first event, since most commands have none; what is written meanwhile waits
 * for them. Progress goes to `stderr`.
 */
export function createOutput(
  stdout: OutputStream,
  stderr: OutputStream,
  environment: CommandContext['environment'],
): Output {
  let create: (() => ProgressSink & Disposable) | null = null;
  let display: (ProgressSink & Disposable) | null = null;
  let waiting: (() => void)[] | null = null;

  const inTurn = (action: () => void): void => {
    if (waiting === null) action();
    else waiting.push(action);
  };
  const close = (): void => {
    display?.[Symbol.dispose]();
    display = null;
  };
  const show = (event: ProgressEvent): void => {
    display ??= create?.() ?? null;
    display?.(event);
  };
  const load = async (): Promise<void> => {
    waiting = [];
    try {
      const { createProgress } = await import('../progress/create-progress.ts');
      create = () =>
        createProgress({
          write: (text) => void stderr.write(text),
          isTerminal: stderr.isTTY === true,
          get columns() {
            return stderr.columns;
          },
          get rows() {
            return stderr.rows;
          },
          colour: terminalTraits(stderr, environment).colour ? 'colour' : 'none',
          environment,
        });
    } finally {
      const actions = waiting;
      waiting = null;
      for (const action of actions) action();
    }
  };
  const writer = (stream: OutputStream) => {
    // The unfinished line: a command may come in two parts.
    let line = '';
    return (text: string): void =>
      inTurn(() => {
        close();
        // Any text may quote a guest, a launcher or a report.
        stream.write(withoutCommands(text, line));
        const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
        line = (end === -1 ? line + text : text.slice(end + 1)).slice(-1000);
      });
  };

  return {
    out: writer(stdout),
    err: writer(stderr),
    progress: (event) => {
      // A failure of loading surfaces as any unhandled rejection does: at the door.
      if (create === null && waiting === null) void load();
      inTurn(() => show(event));
    },
    close: () => inTurn(close),
  };
}
