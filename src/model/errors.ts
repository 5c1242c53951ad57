// Errors that are meant for a person: what failed, and what to try. Thrown anywhere, caught once at a door.

/** 1 regression or lost readiness, 2 usage or configuration, 3 no measurement. */
export type ExitCode = 0 | 1 | 2 | 3 | 130 | 143;

export class BootgaugeError extends Error {
  readonly exitCode: ExitCode;
  /** The one thing to do about it; empty when there is none. */
  readonly hint: string;

  constructor(message: string, options: { exitCode: ExitCode; hint?: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'BootgaugeError';
    this.exitCode = options.exitCode;
    this.hint = options.hint ?? '';
  }
}

/** Wrong flag, wrong configuration, a refused request. */
export const usageError = (message: string, hint = '', cause?: unknown): BootgaugeError =>
  new BootgaugeError(message, { exitCode: 2, hint, cause });

/** The machine cannot, or nothing could be measured. */
export const measurementError = (message: string, hint = '', cause?: unknown): BootgaugeError =>
  new BootgaugeError(message, { exitCode: 3, hint, cause });
