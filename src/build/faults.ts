// What can be wrong with a build: the source itself, so that another commit may well build, or a disk that is full.
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { BootgaugeError, type ExitCode, measurementError } from '../model/errors.ts';

export class SourceFault extends BootgaugeError {}

export const sourceFault = (message: string, hint = '', exitCode: ExitCode = 3): SourceFault =>
  new SourceFault(message, { exitCode, hint });

/** True for what node throws when nothing more can be written. */
export const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');

/** git does not always say why it could not write. Throws when there is hardly any room in a folder that it writes to. */
export async function throwIfFull(folder: string): Promise<void> {
  for (const place of [folder, tmpdir()]) {
    const room = await statfs(place).catch(() => null);
    if (room !== null && room.bavail * room.bsize < 64 * 1024) throw diskFull(place);
  }
}

export function diskFull(folder: string): Error {
  return measurementError(
    `the disk that holds ${folder} is full`,
    'free some space, or set BOOTGAUGE_CACHE to a folder on another disk; what was built so far is kept',
  );
}
