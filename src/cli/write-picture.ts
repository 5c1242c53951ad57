// A picture that was asked for by the name of its file.
import { resolve } from 'node:path';
import { usageError } from '../model/errors.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import type { CommandContext } from './context.ts';

/** `file` is relative to where the command was started. Throws a usage error when it cannot be written. */
export async function writePicture(
  file: string,
  svg: string,
  { folder }: Pick<CommandContext, 'folder'>,
): Promise<void> {
  try {
    await writeFileAtomically(resolve(folder, file), svg);
  } catch (cause) {
    const why = `cannot write ${file}: ${(cause as Error).message}`;
    throw usageError(why, 'name a file in a folder that exists', cause);
  }
}
