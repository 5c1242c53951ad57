// A folder that several users of one machine write to, in a place where anybody may write: never by way of a link, and what one user put
// there no other may take away.
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** Makes it where it is missing. Throws where something else lies there, a link above all. */
export async function sharedFolder(path: string): Promise<void> {
  await makeFolder(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  await using folder = await open(path, flags).catch((cause: NodeJS.ErrnoException) => {
    throw ['ELOOP', 'ENOTDIR'].includes(cause.code ?? '')
      ? new Error(`${path} is a link or no folder`, { cause })
      : cause;
  });
  // What was opened is changed, not what lies at the path by now; a folder of somebody else is left as it is.
  const { uid, mode } = await folder.stat();
  if (uid === process.getuid?.() && (mode & 0o7777) !== everybody) await folder.chmod(everybody);
}

/** Anybody may add; only who made a file may take it away. */
const everybody = 0o1777;
