// What every way of showing progress is given, and what it gives back.

import type { ProgressSink } from '../model/progress.ts';
import type { Variables } from '../model/variables.ts';

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Read again for every frame: a getter makes the display follow the window. */
  readonly columns: number | undefined;
  /** Likewise; 24 when not known. */
  readonly rows?: number | undefined;
  readonly colour: 'colour' | 'none';
  readonly environment: Variables;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** A renderer is told of every event and is closed once. */
export interface Renderer {
  readonly show: ProgressSink;
  readonly close: () => void;
}
