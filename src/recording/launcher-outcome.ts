// How boots of a launcher fail that are no fault of the guest.
import type { Outcome } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import type { RunningVm } from '../qemu/running-vm.ts';

/** The guest came up, but not with the QEMU that was to be measured. */
export const notMeasured = (binary: string): Outcome => ({
  kind: 'failed',
  probe: 'launcher',
  detail: `the launcher did not start the QEMU at ${binary}: mend guest.binary in bootgauge.yml, or leave it out where the launcher is to bring its own`,
});

/** Even with status 0: a launcher that ends before its guest has spoken has started none. Its reason mostly stands on standard error. */
export function launcherFailed(code: number | null, signal: string | null, vm: RunningVm): Outcome {
  const how = signal === null ? `ended with status ${code}` : `was killed by ${signal}`;
  const { bytes } = vm.console.snapshot();
  const lastWords = (text: string): string =>
    text
      .split('\n')
      .map((line) => plainLine(line).trim())
      .findLast((line) => line !== '') ?? '';
  const words = lastWords(vm.stderr()) || lastWords(new TextDecoder().decode(bytes.slice(-4096))) || 'it said nothing';
  const left = code === 0 && vm.events().some(({ name }) => name === 'qemu-started');
  const todo = left ? '; a script that leaves its QEMU in the background must wait for it, or start it with exec' : '';
  const detail = `the launcher ${how} before the guest said anything: ${words}${todo}`;
  return { kind: 'failed', probe: 'launcher', detail };
}
