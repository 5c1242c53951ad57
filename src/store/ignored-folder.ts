// Folders of our own inside of a project: git ignores all that is in them, so that nothing there is taken for source.
import { join } from 'node:path';
import { isThere } from '../host/files.ts';
import { writeFileAtomically } from './atomic.ts';
import { makeFolder } from './make-folder.ts';

/** Makes the folder, with a file that tells git so. One that has such a file, or that is the top of a repository, keeps its own. */
export async function makeIgnoredFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  for (const name of ['.gitignore', '.git']) {
    if (await isThere(join(folder, name))) return;
  }
  await writeFileAtomically(join(folder, '.gitignore'), '*\n');
}
