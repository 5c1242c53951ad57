// Puts a guest of a few bytes into a cache, whole in every other respect, so that a run need not assemble one.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultGuest } from '../../src/config/defaults.ts';
import { pointTo } from '../../src/kit/entry.ts';
import { describeGuestParts } from '../../src/kit/guest.ts';
import { guestDigest, guestFolderName, guestParts, guestRoom, recipeDigest } from '../../src/kit/guest-entry.ts';
import { guestRecipe } from '../../src/kit/guest-recipe.ts';

/** Returns the folder of the guest. */
export async function placeGuest(cache: string): Promise<string> {
  const recipe = guestRecipe(defaultGuest);
  const { name } = recipe;
  const packages = { openrc: '0.56' };
  const digest = guestDigest(recipeDigest(recipe), packages);
  const folder = join(guestRoom(cache), guestFolderName({ name, digest }));
  await mkdir(folder, { recursive: true });
  for (const part of guestParts) await writeFile(join(folder, part), `the ${part}`.padEnd(512));
  const manifest = {
    schema: 1,
    name,
    digest,
    recipe: recipeDigest(recipe),
    packages,
    append: recipe.append,
    kernelRelease: '6.12',
    architecture: 'arm64',
    ...(await describeGuestParts(folder)),
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await pointTo(guestRoom(cache), name, manifest.recipe, guestFolderName({ name, digest }));
  return folder;
}
