// What a command is given of the world outside: two text outputs, an environment, a folder, a signal. Handed in by a door,
// so that a test runs the whole program in memory.

import type { ExitCode } from '../model/errors.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { Variables } from '../model/variables.ts';

export interface TerminalTraits {
  readonly isTerminal: boolean;
  /** Width to lay text out for; 80 where nobody knows. */
  readonly columns: number;
  readonly colour: boolean;
}

export interface CommandContext {
  /** Results: what a pipe or a file is to receive. Newlines are the caller's. */
  out(text: string): void;
  /** Messages about the work, for a person. Newlines are the caller's. */
  err(text: string): void;
  readonly environment: Variables;
  /** Absolute path of the folder the command was started in. */
  readonly folder: string;
  /** Aborted on SIGINT and SIGTERM, with a BootgaugeError as its reason. */
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
  /** What a person types; questions are asked only where it is a terminal. */
  readonly keyboard?: (NodeJS.ReadableStream & { readonly isTTY?: boolean }) | undefined;
  /** Traits of the place where `out` goes. */
  readonly terminal: TerminalTraits;
  /** Version of Bootgauge. */
  readonly version: string;
  /** The words after the program's name; not there where no command line was given. */
  readonly words?: readonly string[];
  /** Sets the exit code of a command that ends without throwing; 0 when it is never called. */
  finish(code: ExitCode): void;
}

/** The part of a writable stream that decides how text is laid out. */
export interface StreamTraits {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/**
 * How to write to a stream. NO_COLOR (https://no-color.org) switches colours off, else FORCE_COLOR (but 0 and false) on,
 * else a terminal has them unless it is a dumb one.
 */
export function terminalTraits(stream: StreamTraits, environment: CommandContext['environment']): TerminalTraits {
  const isTerminal = stream.isTTY === true;
  const forced = environment.FORCE_COLOR;
  const byTerminal = isTerminal && environment.TERM !== 'dumb';
  const wanted = forced === undefined ? byTerminal : !['0', 'false'].includes(forced);
  return {
    isTerminal,
    columns: isTerminal && stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80,
    colour: wanted && !environment.NO_COLOR,
  };
}
