// Files of the work tree that lie elsewhere for as long as others stand in for them. They wait in the folder of git, where no commit can
// put anything; what a killed process left there is put back by the next one, or thrown away where another commit is checked out.
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseOrNull } from '../model/stored.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { hashFile } from '../store/digest.ts';
import { headOf } from './commits.ts';
import { git, type Repository } from './git.ts';

export interface Aside extends AsyncDisposable {
  /** Receives what is to stand in for a file, until it is swapped. */
  readonly fresh: string;
  /** Puts `fresh` in the place of a file, or nothing where there is no `fresh`; disposal turns it back. */
  swap(inside: string): Promise<void>;
}

const journalName = 'moved.json';
const journalSchema = z.object({
  head: z.string(),
  /** What stands in for each, by its hash; empty: nothing. The n-th file waits under the name n. */
  moved: z.array(z.object({ inside: z.string(), standIn: z.string() })),
});
type Journal = z.output<typeof journalSchema>;

export async function openAside(repository: Repository): Promise<Aside> {
  const places = await placesOf(repository);
  for (const left of await readdir(places).catch(() => [])) await takeBack(repository, join(places, left));
  const folder = join(places, randomBytes(6).toString('hex'));
  const fresh = join(folder, 'fresh');
  const journal: Journal = { head: await headOf(repository), moved: [] };
  const done: { readonly path: string; readonly kept: string | null }[] = [];
  await mkdir(folder, { recursive: true });
  return {
    fresh,
    async swap(inside) {
      const path = join(repository.top, inside);
      const kept = (await isThere(path)) ? join(folder, String(journal.moved.length)) : null;
      const standIn = await hashOf(fresh);
      journal.moved.push({ inside, standIn });
      // First, so that a kill at any moment leaves what can be turned back.
      await writeFileAtomically(join(folder, journalName), JSON.stringify(journal));
      if (kept !== null) await rename(path, kept);
      done.push({ path, kept });
      if (standIn !== '') await rename(fresh, path);
    },
    async [Symbol.asyncDispose]() {
      for (const { path, kept } of done.reverse()) {
        // What ran meanwhile may have made a folder of it.
        await rm(path, { recursive: true, force: true });
        if (kept !== null) await rename(kept, path);
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const placesOf = async ({ top }: Repository): Promise<string> =>
  join((await git(top, ['rev-parse', '--absolute-git-dir'])).stdout.trim(), 'bootgauge-aside');

/** A link that leads nowhere is there, too: it has to be put back as it was. */
const isThere = async (path: string): Promise<boolean> => (await lstat(path).catch(() => null)) !== null;

/** Empty where there is nothing; of what is no regular file, which might never end, a word that no file has. */
async function hashOf(path: string): Promise<string> {
  const facts = await lstat(path).catch(() => null);
  if (facts === null) return '';
  return facts.isFile() ? hashFile(path) : 'no file';
}

/** Only what still is as it was left: a checkout since then has the files that it wants. */
async function takeBack(repository: Repository, folder: string): Promise<void> {
  const text = await readFile(join(folder, journalName), 'utf8').catch(() => '');
  const journal = parseOrNull(text, journalSchema);
  const isSame = journal !== null && journal.head === (await headOf(repository));
  for (const [index, { inside, standIn }] of isSame ? journal.moved.entries() : []) {
    const [place, kept] = [join(repository.top, inside), join(folder, String(index))];
    const now = await hashOf(place);
    if (!(await isThere(kept)) || (now !== standIn && now !== '')) continue;
    await rm(place, { force: true });
    await rename(kept, place);
  }
  await rm(folder, { recursive: true, force: true });
}
