// The door for GitHub: `uses: <owner>/bootgauge@v1`. Says who it is, lets signals end the work in order, and ends with the exit code.
import { readFileSync } from 'node:fs';
import { describeFault } from './cli/error-text.ts';
import { BootgaugeError, type ExitCode } from './model/errors.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.stdout.write(`bootgauge ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}\n`);

const interrupts = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const satisfies Record<string, ExitCode>;
const abort = new AbortController();
for (const name of Object.keys(interrupts) as (keyof typeof interrupts)[]) {
  process.on(name, () => {
    if (abort.signal.aborted) return;
    process.stdout.write(`${name}: stopping; boots that ended are kept.\n`);
    abort.abort(new BootgaugeError(`interrupted by ${name}`, { exitCode: interrupts[name] }));
  });
}
process.on('uncaughtException', fault);
// Nobody reads the log any more: the runner is gone. Unheard, the error would be a fault, whose words cannot be written either, for ever.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {
    if (!abort.signal.aborted) abort.abort(new BootgaugeError('the log was closed', { exitCode: 3 }));
  });
}

try {
  // Late, so that the first line does not wait for all that a measurement needs.
  const { runStep } = await import('./action/step.ts');
  process.exitCode = await runStep({ version, signal: abort.signal });
} catch (error) {
  fault(error);
}
// A socket that nobody waits for any more must not hold the job.
setTimeout(() => process.exit(), 1000).unref();

function fault(error: unknown): void {
  process.exitCode = 3;
  process.stdout.write(describeFault(error, version));
  if (!abort.signal.aborted) abort.abort(new BootgaugeError('stopped by a fault', { exitCode: 3 }));
}
