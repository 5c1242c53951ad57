// What a person sees while work goes on. Chooses the renderer once; every room only sends events.
import type { ProgressSink } from '../model/progress.ts';
import { actionRenderer } from './action.ts';
import { plainRenderer } from './plain.ts';
import type { ProgressOptions, Renderer } from './renderer.ts';
import { terminalRenderer } from './terminal.ts';

/** On a terminal a live display, in a GitHub job folded groups, elsewhere plain lines. Dispose it before writing anything else. */
export function createProgress(options: ProgressOptions): ProgressSink & Disposable {
  const now = options.now ?? (() => performance.now());
  const renderer = chooseRenderer(options, now);
  let closed = false;
  const sink: ProgressSink = (event) => {
    if (!closed) renderer.show(event);
  };
  return Object.assign(sink, {
    [Symbol.dispose]() {
      if (closed) return;
      closed = true;
      renderer.close();
    },
  });
}

function chooseRenderer(options: ProgressOptions, now: () => number): Renderer {
  const { environment, isTerminal } = options;
  if (environment.GITHUB_ACTIONS === 'true') return actionRenderer(options, now);
  if (isTerminal && environment.TERM !== 'dumb' && environment.CI === undefined) return terminalRenderer(options, now);
  return plainRenderer(options, now);
}
