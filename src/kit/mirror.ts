// Which Debian archive to load from, and which keys it is signed with: as this machine's own apt is configured.
import { existsSync } from 'node:fs';
import { requireFiles } from '../host/require-files.ts';
import { measurementError } from '../model/errors.ts';
import { runTool } from './command.ts';

export interface Archive {
  readonly uri: string;
  readonly keyring: string;
}

interface Wishes {
  readonly mirror?: string | undefined;
  readonly keyring?: string | undefined;
  readonly signal: AbortSignal;
}

/** Throws a BootgaugeError that names what to configure when there is no Debian archive or no keyring. */
export async function findArchive(wishes: Wishes): Promise<Archive> {
  const uri = wishes.mirror ?? chooseMirror(await configuredArchives(wishes.signal));
  if (uri === null || !/^[a-z+]+:[^\s[\]"]+$/.test(uri)) {
    throw measurementError(
      uri === null
        ? "this machine's apt is not configured with a Debian archive"
        : `${JSON.stringify(uri)} is not the address of a Debian archive`,
      'name one with `mirror` under `kit` in bootgauge.yml or with --mirror, for example https://mirror.example.org/debian',
    );
  }
  if (wishes.keyring !== undefined) {
    await requireFiles([{ key: 'keyring', path: wishes.keyring, is: 'file' }], 'kit');
    return { uri, keyring: wishes.keyring };
  }
  const keyring = keyrings.find((file) => existsSync(file));
  if (keyring === undefined) {
    throw measurementError(
      "the keys of Debian's archive are not on this machine",
      'install the package debian-archive-keyring, or name a file with `keyring` under `kit` in bootgauge.yml or with --keyring',
    );
  }
  return { uri, keyring };
}

/** The first address that looks like the main Debian archive: not its security or backports companions, not Ubuntu's. */
export function chooseMirror(addresses: readonly string[]): string | null {
  const archives = addresses.filter((address) => /\/debian\/?$/.test(address) && !address.startsWith('cdrom:'));
  return archives[0] ?? null;
}

const keyrings = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'];

async function configuredArchives(signal: AbortSignal): Promise<string[]> {
  const parameters = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'];
  const hint = 'the kit is assembled on Debian or Ubuntu; on another machine use `bootgauge guest import`';
  return (await runTool('apt-get', parameters, { signal, hint })).toString('utf8').split('\n').filter(Boolean);
}
