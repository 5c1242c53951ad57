#!/usr/bin/env node
// The door for a person at a terminal: signals, streams and the exit code. Everything else is runProgram's.
import { readFileSync } from 'node:fs';
import { tooOldNode } from './cli/node-version.ts';
import type { ExitCode } from './model/errors.ts';

const complaint = tooOldNode(process.versions.node);
if (complaint !== null) {
  process.stderr.write(complaint);
  process.exit(2);
}
// After that, since an older Node cannot even read the rest.
const [{ terminalTraits }, { createOutput }, { BootgaugeError }] = await Promise.all([
  import('./cli/context.ts'),
  import('./cli/output.ts'),
  import('./model/errors.ts'),
]);

const interrupts = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const satisfies Record<string, ExitCode>;
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const abort = new AbortController();
for (const name of Object.keys(interrupts) as (keyof typeof interrupts)[]) process.on(name, () => interrupt(name));
process.stdout.on('error', (error: NodeJS.ErrnoException) => outputLost(error, 'standard output'));
process.stderr.on('error', (error: NodeJS.ErrnoException) => outputLost(error, 'standard error'));
// Node would end with code 1 for the first, which means a regression, and with 13 when a promise is forgotten.
process.on('uncaughtException', (error) => void fault(error));
process.on('exit', (code) => {
  if (code === 13) process.exitCode = 3;
});

const output = createOutput(process.stdout, process.stderr, process.env);
try {
  // Loaded here, not above, so that a signal during loading and a failure of loading are answered as any other.
  const { runProgram } = await import('./program.ts');
  const code = await runProgram(process.argv.slice(2), {
    ...output,
    keyboard: process.stdin,
    environment: process.env,
    folder: process.cwd(),
    signal: abort.signal,
    terminal: terminalTraits(process.stdout, process.env),
    version,
    finish: () => {},
  });
  // A lost output has already set its code.
  process.exitCode ||= code;
} catch (error) {
  await fault(error);
} finally {
  output.close();
}

/** The first one lets the work under way be put away; the second ends at once. */
function interrupt(name: keyof typeof interrupts): void {
  if (abort.signal.aborted) process.exit(interrupts[name]);
  output.err(`\n${name}: stopping and cleaning up; finished boots are kept. Press Ctrl-C again to quit at once.\n`);
  abort.abort(new BootgaugeError(`interrupted by ${name}`, { exitCode: interrupts[name] }));
}

/** A reader that left early (`| head`) or a closed terminal is no error: the work goes on and its files are written. */
function outputLost(error: NodeJS.ErrnoException, name: string): void {
  if (error.code === 'EPIPE' || error.code === 'EIO') return;
  process.exitCode = 3;
  if (name !== 'standard error') process.stderr.write(`error: cannot write to ${name}: ${error.message}\n`);
}

async function fault(error: unknown): Promise<void> {
  process.exitCode = 3;
  const { describeFault } = await import('./cli/error-text.ts');
  output.err(describeFault(error, version));
  if (!abort.signal.aborted) abort.abort(new BootgaugeError('stopped by a fault', { exitCode: 3 }));
}
