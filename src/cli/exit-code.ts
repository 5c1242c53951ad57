// Verdict -> exit code of the command.
import type { Verdict } from '../model/comparison.ts';
import type { ExitCode } from '../model/errors.ts';

/** 0 pass, 1 regression or failure, 3 nothing could be compared. */
export function exitCodeOf(verdict: Verdict, onUndecided: 'pass' | 'fail'): ExitCode {
  switch (verdict.word) {
    case 'slower':
    case 'failed':
      return 1;
    case 'incomparable':
      return 3;
    case 'undecided':
      return onUndecided === 'fail' ? 1 : 0;
    case 'faster':
    case 'same':
    case 'recorded':
      return 0;
  }
}
