// npm run test:darwin: tests of the rooms that know the system, in a Mac that Linux plays (enter.sh). Skipped with a word where it cannot.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const here = import.meta.dirname;
const top = resolve(here, '../..');

/** What of the suite a Mac must pass; the others start what only Linux has. */
const tests = [
  'test/host/*.test.ts',
  'test/doctor/*.test.ts',
  'test/guest/*.test.ts',
  ...['accelerator', 'launch', 'launcher', 'launcher-qemu', 'ports'].map((name) => `test/qemu/${name}.test.ts`),
  ...['builds', 'conditions', 'dependencies', 'presets', 'runtime', 'steps', 'words'].map(
    (name) => `test/build/${name}.test.ts`,
  ),
  'test/faults/launcher.test.ts',
  'test/darwin/*.test.ts',
];

const because =
  process.platform === 'linux' ? whyNotHere() : 'Linux plays the Mac; on a Mac npm run test:unit is the real thing';
if (because !== null) {
  process.stdout.write(`test:darwin is skipped: ${because}\n`);
  process.exit(0);
}
const words = [process.execPath, '--test', '--test-concurrency=2', ...tests];
process.exit(spawnSync(join(here, 'enter.sh'), words, { cwd: top, stdio: 'inherit' }).status ?? 1);

function whyNotHere(): string | null {
  const entered = spawnSync(join(here, 'enter.sh'), ['true'], { encoding: 'utf8' });
  if (entered.status === 0) return null;
  const words = entered.stderr.trim().split('\n').at(-1) || entered.error?.message || `status ${entered.status}`;
  return `no Mac can be played here (${words})`;
}
