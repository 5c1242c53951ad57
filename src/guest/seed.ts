// What a cloud image is told on its first boot: whose key to let in. NoCloud of cloud-init, or Ignition.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../host/files.ts';
import { writeFat } from '../kit/fat.ts';
import type { Seed } from '../model/guests/disk.ts';
import type { Disk } from '../model/launch-plan.ts';
import { optionValue } from '../qemu/arguments.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { makeFolder } from '../store/make-folder.ts';

interface Login {
  readonly user: string;
  /** `ssh-ed25519 AAAA... name`; empty: nobody's. */
  readonly publicKey: string;
}

export interface PlacedSeed {
  readonly disks: readonly Disk[];
  readonly extraArguments: readonly string[];
}

/** Writes it into `folder` and tells how QEMU shows it to the guest. */
export async function placeSeed({ format, file }: Seed, login: Login, folder: string): Promise<PlacedSeed> {
  const own = file === null ? null : await readFile(file);
  if (format === 'ignition') {
    const place = await kept(folder, 'ign', own ?? Buffer.from(ignition(login)));
    return { disks: [], extraArguments: ['-fw_cfg', `name=opt/com.coreos/config,file=${optionValue(place)}`] };
  }
  const userData = own ?? Buffer.from(cloudConfig(login));
  const files = [
    { path: 'meta-data', content: Buffer.from(metaData(login, userData)) },
    { path: 'user-data', content: userData },
  ];
  return { disks: [{ path: await kept(folder, 'img', writeFat('cidata', files)), format: 'raw' }], extraArguments: [] };
}

/** Named after its content, so that a boot that runs keeps its own. */
async function kept(folder: string, ending: string, content: Buffer): Promise<string> {
  const place = join(folder, `${digest(content)}.${ending}`);
  await makeFolder(folder);
  if (!(await isThere(place))) await writeFileAtomically(place, content, 0o600);
  return place;
}

const digest = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex').slice(0, 16);

/** JSON is YAML, and no text in it can break out. Keys at the top are those of the image's own user, and root's since it may log in. */
export function cloudConfig({ user, publicKey }: Login): string {
  const keys = publicKey === '' ? [] : [publicKey];
  const added = { name: user, ssh_authorized_keys: keys, lock_passwd: true, sudo: 'ALL=(ALL) NOPASSWD:ALL' };
  const config = {
    disable_root: false,
    ssh_authorized_keys: keys,
    ...(user === 'root' ? {} : { users: ['default', added] }),
  };
  return `#cloud-config\n${JSON.stringify(config, null, 2)}\n`;
}

/** The key once more, for what reads the meta-data only, and beside a user's own user-data. */
export function metaData({ publicKey }: Login, userData: Buffer): string {
  const keys = publicKey === '' ? {} : { 'public-keys': [publicKey] };
  const id = `bootgauge-${digest(Buffer.concat([userData, Buffer.from(publicKey)]))}`;
  return `${JSON.stringify({ 'instance-id': id, 'local-hostname': 'bootgauge', ...keys }, null, 2)}\n`;
}

export function ignition({ user, publicKey }: Login): string {
  const keys = publicKey === '' ? {} : { sshAuthorizedKeys: [publicKey] };
  return `${JSON.stringify({ ignition: { version: '3.0.0' }, passwd: { users: [{ name: user, ...keys }] } })}\n`;
}
