// How a boot ended, in words. One wording for the log, the tables and the comment.
import type { Outcome } from './boot.ts';

/** `stderr` is the emulator's: its last line is nearly always the reason for an early end. */
export function outcomeText(outcome: Outcome, stderr = ''): string {
  switch (outcome.kind) {
    case 'ready':
      return 'ready';
    case 'panicked':
      return `panicked: ${outcome.line}`;
    case 'rebooted':
      return `rebooted: ${outcome.line}`;
    case 'hung':
      return `hung in ${outcome.phase} (deadline ${outcome.deadlineMs / 1000} s)`;
    case 'exited': {
      const how = outcome.signal === null ? `ended with status ${outcome.code}` : `was killed by ${outcome.signal}`;
      const during = outcome.during === undefined ? '' : `, during ${outcome.during}`;
      return `QEMU ${how} before the guest was ready${during}${lastLine(stderr)}`;
    }
    case 'failed':
      return `${outcome.probe} failed: ${outcome.detail}`;
  }
}

function lastLine(stderr: string): string {
  const line = stderr.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${line}`;
}
