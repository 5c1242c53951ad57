// What both programs that GitHub's runner starts have in common: which Node and system they need, signals, a log that nobody reads any
// more, faults, and an end that nothing can hold up. The oldest Node that a runner may have reads this file: no new syntax here.
import { describeFault } from '../cli/error-text.ts';
import { neededNode, tooOldNode } from '../cli/node-version.ts';
import { BootgaugeError, type ExitCode } from '../model/errors.ts';

export interface Entered {
  readonly version: string;
  readonly signal: AbortSignal;
}

/** A runner kills 7.5 s after it has asked to end; the reaper ends what is left of ours then. */
const longestEndMs = 6000;
/** A socket that nobody waits for any more must not hold the job. */
const longestLingerMs = 1000;

/** Runs a step to its end and leaves with its exit code. `load` comes late, so that the first line waits for nothing. */
export async function enter(
  version: string,
  load: () => Promise<(entered: Entered) => Promise<ExitCode>>,
): Promise<void> {
  const unfit = unfitHere();
  if (unfit !== '') {
    process.stdout.write(`::error title=Bootgauge::${unfit}\n`);
    process.exitCode = 2;
    return;
  }
  const abort = new AbortController();
  const stop = (why: string, exitCode: ExitCode): void => {
    if (abort.signal.aborted) return;
    abort.abort(new BootgaugeError(why, { exitCode }));
    setTimeout(() => process.exit(exitCode), longestEndMs).unref();
  };
  const fault = (error: unknown): void => {
    process.exitCode = 3;
    process.stdout.write(describeFault(error, version));
    stop('stopped by a fault', 3);
  };
  for (const [name, code] of Object.entries(interrupts) as [keyof typeof interrupts, ExitCode][]) {
    process.on(name, () => {
      if (!abort.signal.aborted) process.stdout.write(`${name}: stopping\n`);
      stop(`interrupted by ${name}`, code);
    });
  }
  process.on('uncaughtException', fault);
  // The runner is gone. Unheard, the error would be a fault, whose words cannot be written either, for ever.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stop('the log was closed', 3));
  try {
    const work = await load();
    process.exitCode = await work({ version, signal: abort.signal });
  } catch (error) {
    fault(error);
  }
  setTimeout(() => process.exit(), longestLingerMs).unref();
}

const interrupts = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const satisfies Record<string, ExitCode>;

function unfitHere(): string {
  if (process.platform === 'win32')
    return 'Bootgauge boots guests on Linux and macOS; this runner is a Windows machine.';
  if (tooOldNode(process.versions.node) === null) return '';
  return `Bootgauge needs Node ${neededNode} and was started with ${process.versions.node}: use the action as it is published, on a runner of version 2.327 or later.`;
}
