// The door of the comment action: posts a stored report and does nothing else.
import { readFileSync } from 'node:fs';
import { describeFault } from './cli/error-text.ts';
import { BootgaugeError, type ExitCode } from './model/errors.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.stdout.write(`bootgauge ${version}, comment\n`);

const abort = new AbortController();
const stop = (exitCode: ExitCode) => () => abort.abort(new BootgaugeError('interrupted', { exitCode }));
process.once('SIGINT', stop(130));
process.once('SIGTERM', stop(143));
// Nobody reads the log any more: the runner is gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', stop(3));

try {
  // Late, so that the first line does not wait for all that a comment needs.
  const { postStored } = await import('./action/post-stored.ts');
  process.exitCode = await postStored(abort.signal);
} catch (error) {
  process.exitCode = 3;
  process.stdout.write(describeFault(error, version));
}
