// What is wrong with the source itself, not with the machine: another commit may well build.
import { BootgaugeError, type ExitCode } from '../model/errors.ts';

export class SourceFault extends BootgaugeError {}

export const sourceFault = (message: string, hint = '', exitCode: ExitCode = 3): SourceFault =>
  new SourceFault(message, { exitCode, hint });
