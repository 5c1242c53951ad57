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

/** Progress goes to `stderr`. */
export function createOutput(
  stdout: OutputStream,
  stderr: OutputStream,
  environment: CommandContext['environment'],
): Output {
  const display = new Display(stderr, environment);
  const writer = (stream: OutputStream) => {
    // The unfinished line: a command may come in two parts.
    let line = '';
    return (text: string): void =>
      display.inTurn(() => {
        display.end();
        // Any text may quote a guest, a launcher or a report.
        stream.write(withoutCommands(text, line));
        const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
        line = (end === -1 ? line + text : text.slice(end + 1)).slice(-1000);
      });
  };
  return {
    out: writer(stdout),
    err: writer(stderr),
    progress: (event) => display.show(event),
    close: () => display.inTurn(() => display.end()),
  };
}

/** The live display. Its renderers are loaded at the first event, since most commands have none; all that is written meanwhile waits for them. */
class Display {
  readonly #stream: OutputStream;
  readonly #environment: CommandContext['environment'];
  #create: (() => ProgressSink & Disposable) | null = null;
  #live: (ProgressSink & Disposable) | null = null;
  #waiting: (() => void)[] | null = null;

  constructor(stream: OutputStream, environment: CommandContext['environment']) {
    this.#stream = stream;
    this.#environment = environment;
  }

  inTurn(action: () => void): void {
    if (this.#waiting === null) action();
    else this.#waiting.push(action);
  }

  show(event: ProgressEvent): void {
    // A failure of loading surfaces as any unhandled rejection does: at the door.
    if (this.#create === null && this.#waiting === null) void this.#load();
    this.inTurn(() => {
      this.#live ??= this.#create?.() ?? null;
      this.#live?.(event);
    });
  }

  end(): void {
    this.#live?.[Symbol.dispose]();
    this.#live = null;
  }

  async #load(): Promise<void> {
    this.#waiting = [];
    try {
      const { createProgress } = await import('../progress/create-progress.ts');
      const [stream, environment] = [this.#stream, this.#environment];
      this.#create = () =>
        createProgress({
          write: (text) => void stream.write(text),
          isTerminal: stream.isTTY === true,
          get columns() {
            return stream.columns;
          },
          get rows() {
            return stream.rows;
          },
          colour: terminalTraits(stream, environment).colour ? 'colour' : 'none',
          environment,
        });
    } finally {
      const actions = this.#waiting;
      this.#waiting = null;
      for (const action of actions) action();
    }
  }
}
