// The keys of a cache: who may log in to its guests, and how a guest proves itself. Made once per cache, never part of a guest's
// identity: a small archive behind the initial ramdisk brings them into the guest.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../host/files.ts';
import { measurementError } from '../model/errors.ts';
import { publishFolder, workFolder, writeFileAtomically } from '../store/atomic.ts';
import { hashText } from '../store/digest.ts';
import { acquireLock } from '../store/lock.ts';
import { writeCpio } from './cpio.ts';
import type { KitOptions } from './options.ts';

export interface CacheKeys {
  /** Path of the client's private key in OpenSSH's format. */
  readonly privateKeyPath: string;
  /** `ssh-ed25519 AAAA...` of the guests of this cache. */
  readonly hostKey: string;
  /** Tells these keys from any others; part of the file names that depend on them. */
  readonly id: string;
  /** Path of the archive that is put behind a guest's initial ramdisk. */
  readonly archive: string;
}

/** The cache's keys, made when there are none. A damaged set is named, not replaced: guests may be running with it. */
export async function ensureKeys(options: KitOptions): Promise<CacheKeys> {
  const folder = join(options.cache, 'keys');
  const found = await readKeys(folder);
  if (found !== null) return found;
  await using _lock = await acquireLock(`${folder}.lock`, { ...options, what: "the cache's keys" });
  const meanwhile = await readKeys(folder);
  if (meanwhile !== null) return meanwhile;
  await using work = await workFolder(join(options.cache, 'work'));
  await makeKeys(join(work.path, 'keys'));
  await publishFolder(join(work.path, 'keys'), folder);
  return (await readKeys(folder)) as CacheKeys;
}

async function readKeys(folder: string): Promise<CacheKeys | null> {
  if (!(await isThere(folder))) return null;
  try {
    const hostKey = (await readFile(join(folder, 'host_ed25519.pub'), 'utf8')).trim();
    const clientKey = (await readFile(join(folder, 'id_ed25519.pub'), 'utf8')).trim();
    const archive = join(folder, 'keys.cpio');
    const privateKeyPath = join(folder, 'id_ed25519');
    for (const file of [archive, privateKeyPath])
      if ((await stat(file)).size === 0) throw new Error(`${file} is empty`);
    if (!hostKey.startsWith('ssh-ed25519 ')) throw new Error('host_ed25519.pub holds no key');
    const id = hashText(`${hostKey}\n${clientKey}`).slice(0, 12);
    return { privateKeyPath, hostKey, id, archive };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES')
      throw measurementError(
        `the keys in ${folder} belong to another user`,
        'set BOOTGAUGE_CACHE to a folder of your own',
        cause,
      );
    throw measurementError(
      `the keys in ${folder} are damaged: ${(cause as Error).message}`,
      `remove the folder ${folder}; new keys are made then`,
      cause,
    );
  }
}

async function makeKeys(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const client = newKey('bootgauge');
  const host = newKey('bootgauge-guest');
  const entries = [
    directory('keys', 0o755),
    directory('keys/root', 0o700),
    directory('keys/root/.ssh', 0o700),
    file('keys/root/.ssh/authorized_keys', `${client.publicKey} bootgauge\n`),
    directory('keys/etc', 0o755),
    directory('keys/etc/ssh', 0o755),
    directory('keys/etc/dropbear', 0o755),
    file('keys/etc/ssh/ssh_host_ed25519_key', host.openssh),
    file('keys/etc/dropbear/dropbear_ed25519_host_key', host.dropbear),
  ];
  await writeFileAtomically(join(folder, 'id_ed25519'), client.openssh, 0o600);
  await writeFileAtomically(join(folder, 'id_ed25519.pub'), `${client.publicKey} bootgauge\n`);
  await writeFileAtomically(join(folder, 'host_ed25519.pub'), `${host.publicKey}\n`);
  await writeFileAtomically(join(folder, 'keys.cpio'), writeCpio(entries), 0o600);
}

const directory = (path: string, mode: number) => ({ path, kind: 'folder' as const, mode });
const file = (path: string, content: string | Uint8Array) => ({ path, kind: 'file' as const, mode: 0o600, content });

interface NewKey {
  readonly publicKey: string;
  readonly openssh: string;
  readonly dropbear: Buffer;
}

/** An Ed25519 key in OpenSSH's private format (PROTOCOL.key) and in dropbear's. */
export function newKey(comment: string): NewKey {
  const pair = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(pair.d as string, 'base64url');
  const point = Buffer.from(pair.x as string, 'base64url');
  const kind = sshString('ssh-ed25519');
  const publicBlob = Buffer.concat([kind, sshString(point)]);
  const both = sshString(Buffer.concat([seed, point]));
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, publicBlob, both, sshString(comment)]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, position) => position + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    Buffer.from([0, 0, 0, 1]),
    sshString(publicBlob),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) as string[];
  return {
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')}`,
    openssh: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    dropbear: Buffer.concat([kind, both]),
  };
}

function sshString(value: string | Buffer): Buffer {
  const content = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}
