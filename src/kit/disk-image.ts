// The guest's root disk, byte for byte the same on every machine and for every user: a tar archive in which root owns everything is
// turned into ext4 by the mke2fs of the kit's own distribution.
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AptWorld } from './apt-world.ts';
import { runTool } from './command.ts';
import type { HostNames } from './emulator-recipe.ts';
import { makeMergedRoot, neverNeeded, unpackPackages } from './unpack.ts';

/** What mke2fs needs; libarchive lets it read a tar archive. */
const toolPackages = ['e2fsprogs', 'libarchive13t64'];

/** All files' date, seconds since 1970: before any boot, so that OpenRC sees no file from the future. */
const date = 1735689600;
const uuid = '6b6f6f74-6761-4567-a5e0-626f6f746761';
const mebibyte = 1024 * 1024;

export interface ImageTool {
  /** Makes an ext4 image of a folder with room to spare. */
  makeImage(root: string, image: string): Promise<void>;
}

/** Unpacks the tool into `folder`. */
export async function prepareImageTool(
  world: AptWorld,
  host: HostNames,
  folder: string,
  signal: AbortSignal,
): Promise<ImageTool> {
  const debs = await world.download(await world.resolve(toolPackages));
  await mkdir(folder, { recursive: true });
  await makeMergedRoot(folder);
  await unpackPackages(debs, folder, { exclude: [...neverNeeded, './usr/lib/*/gconv/*'], signal });
  const loader = join(folder, host.loader);
  const libraries = `${join(folder, 'usr/lib', host.triplet)}:${join(folder, 'usr/lib')}`;
  return {
    async makeImage(root, image) {
      const archive = `${image}.tar`;
      const owner = ['--owner=0', '--group=0', '--numeric-owner', `--mtime=@${date}`, '--sort=name', '--format=gnu'];
      await runTool('tar', [...owner, '-C', root, '-cf', archive, '.'], { signal });
      // ext4's own tables and small files' last blocks come on top of the archive's size.
      const mebibytes = Math.ceil(((await stat(archive)).size / mebibyte) * 1.2) + 48;
      const extended = `hash_seed=${uuid},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0`;
      const layout = ['-b', '4096', '-I', '256', '-L', 'root', '-U', uuid, '-E', extended];
      const parameters = ['--library-path', libraries, join(folder, 'usr/sbin/mke2fs'), '-q', '-t', 'ext4', ...layout];
      const environment = {
        E2FSPROGS_FAKE_TIME: String(date),
        SOURCE_DATE_EPOCH: String(date),
        MKE2FS_CONFIG: join(folder, 'etc/mke2fs.conf'),
      };
      await runTool(loader, [...parameters, '-d', archive, image, `${mebibytes}M`], { signal, environment });
      await rm(archive);
    },
  };
}
