// Which file of an Alpine mirror is the network installer of a release, and whether it is what the mirror says that it is.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { runProgram, temporaryFolder } from '../host/processes.ts';
import type { KitOptions } from '../kit/options.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { AlpineGuest } from '../model/guests/alpine.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { lastLine } from '../model/plain-text.ts';
import { parseOrNull, type Stored } from '../model/stored.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { type Checksum, checksumSchema, download, downloadText } from '../store/download.ts';

const releaseSchema = z.object({
  /** `3.22.1`, or the date that edge goes by. */
  version: z.string(),
  /** `v3.22` or `edge`. */
  branch: z.string(),
  url: z.string(),
  checksum: checksumSchema,
});
export type AlpineRelease = Stored<typeof releaseSchema>;

/** An installation that is gone on with stays with the release that it began with. */
export async function rememberedRelease(
  guest: AlpineGuest,
  folder: string,
  options: KitOptions,
): Promise<AlpineRelease> {
  const file = join(folder, 'release.json');
  const known = parseOrNull(await readFile(file, 'utf8').catch(() => ''), releaseSchema);
  if (known?.url.startsWith(`${guest.mirror}/`)) return known;
  const release = await findRelease(guest, options);
  await writeFileAtomically(file, JSON.stringify(release));
  return release;
}

/** Alpine's names of the architectures. */
export const alpineArchitecture: Readonly<Record<Architecture, string>> = { arm64: 'aarch64', x86_64: 'x86_64' };

const branchOf = (release: string): string =>
  release === 'edge' ? 'edge' : `v${release.split('.').slice(0, 2).join('.')}`;

/** Asks the mirror. Throws a usageError without one, and a measurementError when it has no such release or cannot be reached. */
export async function findRelease(guest: AlpineGuest, options: KitOptions): Promise<AlpineRelease> {
  if (guest.mirror === '') {
    throw usageError(
      'guest of kind alpine: the mirror is missing',
      "name one with mirror, for example https://mirror.example.org/alpine; Alpine's own web site lists them",
    );
  }
  const branch = branchOf(guest.release);
  const folder = `${guest.mirror}/${branch}/releases/${alpineArchitecture[guest.architecture]}`;
  if (/^\d+\.\d+\.\d+$/.test(guest.release)) return exactRelease(guest, branch, folder, options);
  const index = await downloadText(`${folder}/latest-releases.yaml`, options);
  if (index === null) throw noRelease(guest, `${folder}/latest-releases.yaml is not there`);
  const found = entriesOf(index).find(({ flavor }) => flavor === 'alpine-netboot');
  if (found === undefined) throw noRelease(guest, `${folder}/latest-releases.yaml names no network installer`);
  const checksum: Checksum | null = found.sha512
    ? { algorithm: 'sha512', value: found.sha512 }
    : found.sha256
      ? { algorithm: 'sha256', value: found.sha256 }
      : null;
  if (checksum === null) throw noRelease(guest, `${folder}/latest-releases.yaml has no checksum for ${found.file}`);
  return { version: found.version, branch, url: `${folder}/${found.file}`, checksum };
}

async function exactRelease(
  { release, architecture }: AlpineGuest,
  branch: string,
  folder: string,
  options: KitOptions,
): Promise<AlpineRelease> {
  const url = `${folder}/alpine-netboot-${release}-${alpineArchitecture[architecture]}.tar.gz`;
  for (const algorithm of ['sha512', 'sha256'] as const) {
    const text = await downloadText(`${url}.${algorithm}`, options);
    const value = /^([0-9a-f]{64,128})\b/i.exec(text ?? '')?.[1]?.toLowerCase();
    if (value !== undefined && value.length === (algorithm === 'sha512' ? 128 : 64)) {
      return { version: release, branch, url, checksum: { algorithm, value } };
    }
  }
  throw measurementError(
    `the mirror has no Alpine ${release} for ${alpineArchitecture[architecture]}: neither ${url}.sha512 nor .sha256 is there`,
    'older releases leave some mirrors; name the newest one, or another mirror',
  );
}

/** Loads the installer to `place` and checks its signature too, where a keyring is configured and gpg is there. */
export async function loadRelease(
  release: AlpineRelease,
  place: string,
  guest: AlpineGuest,
  options: KitOptions,
): Promise<void> {
  await download(release.url, place, release.checksum, options);
  if (guest.keyring === null) return;
  const signature = await downloadText(`${release.url}.asc`, options);
  if (signature === null) throw measurementError(`${release.url}.asc is not there, and a keyring is configured`);
  await using folder = await temporaryFolder('bootgauge-gpg-');
  const home = join(folder.path, 'home');
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(folder.path, 'signature.asc'), signature);
  const gpg = (...args: string[]) =>
    runProgram('gpg', ['--batch', '--no-tty', '--homedir', home, ...args], {
      timeoutMs: 120_000,
      environment: { LC_ALL: 'C' },
    });
  const imported = await gpg('--import', guest.keyring).catch(() => null);
  if (imported === null) {
    options.progress({ kind: 'note', text: 'there is no gpg: the release is checked by its checksum only' });
    return;
  }
  if (imported.code !== 0) {
    throw usageError(`the keyring ${guest.keyring} cannot be read by gpg`, lastLine(imported.stderr));
  }
  const verified = await gpg('--trust-model', 'always', '--verify', join(folder.path, 'signature.asc'), place);
  if (verified.code === 0) return;
  await rm(place, { force: true });
  throw measurementError(
    `${release.url} is not signed by a key of ${guest.keyring}: ${lastLine(verified.stderr)}`,
    "take the keyring from Alpine's own web site, or another mirror",
  );
}

const entrySchema = z.looseObject({
  flavor: z.string(),
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/),
  version: z.string().regex(/^[A-Za-z0-9._-]+$/),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  sha512: z
    .string()
    .regex(/^[0-9a-f]{128}$/)
    .optional(),
});

/** Entries that cannot be read are left out: a mirror's index grows. */
function entriesOf(text: string): z.output<typeof entrySchema>[] {
  let list: unknown;
  try {
    list = parse(text, { schema: 'failsafe', maxAliasCount: 0 });
  } catch {
    list = [];
  }
  return (Array.isArray(list) ? list : []).flatMap((entry) => {
    const read = entrySchema.safeParse(entry);
    return read.success ? [read.data] : [];
  });
}

const noRelease = (guest: AlpineGuest, why: string): Error =>
  measurementError(
    `the mirror has no Alpine ${guest.release} for ${alpineArchitecture[guest.architecture]}: ${why}`,
    'check release, architecture and mirror',
  );
