// How a program is installed on a Linux, by /etc/os-release: each family has its own command and its own names.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, ok, warning } from '../check.ts';
import { type HostView, readHostFile } from '../view.ts';

type Program = 'qemu' | 'ssh';

interface Family {
  readonly ids: readonly string[];
  readonly command: string;
  readonly packages: Readonly<Record<Program, string>>;
}

/** By ID and ID_LIKE of os-release(5). QEMU means one with guests of both processors. */
const families: readonly Family[] = [
  {
    ids: ['debian', 'ubuntu'],
    command: 'sudo apt-get install',
    packages: { qemu: 'qemu-system-arm qemu-system-x86', ssh: 'openssh-client' },
  },
  {
    ids: ['fedora', 'rhel', 'centos'],
    command: 'sudo dnf install',
    packages: { qemu: 'qemu-system-aarch64 qemu-system-x86', ssh: 'openssh-clients' },
  },
  {
    ids: ['arch'],
    command: 'sudo pacman -S',
    packages: { qemu: 'qemu-system-aarch64 qemu-system-x86', ssh: 'openssh' },
  },
  {
    ids: ['opensuse', 'suse', 'sles'],
    command: 'sudo zypper install',
    packages: { qemu: 'qemu-arm qemu-x86', ssh: 'openssh-clients' },
  },
  {
    ids: ['alpine'],
    command: 'sudo apk add',
    packages: { qemu: 'qemu-system-aarch64 qemu-system-x86_64', ssh: 'openssh-client' },
  },
  { ids: ['nixos'], command: 'nix-shell -p', packages: { qemu: 'qemu', ssh: 'openssh' } },
];

/** The command that installs it; in words where the distribution is not known. */
export function howToInstall(program: Program, host: HostView): string {
  if (host.os === 'macos') return program === 'qemu' ? 'brew install qemu' : 'install OpenSSH';
  const release = readHostFile(host, 'etc/os-release') || readHostFile(host, 'usr/lib/os-release');
  const words = [...release.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].flatMap(([, value = '']) =>
    value.replaceAll(/["']/g, '').toLowerCase().split(/\s+/),
  );
  const family = families.find(({ ids }) =>
    words.some((word) => ids.some((id) => word === id || word.startsWith(`${id}-`))),
  );
  if (family !== undefined) return `${family.command} ${family.packages[program]}`;
  return program === 'qemu' ? 'install QEMU' : 'install the OpenSSH client';
}

/** Whether this Linux runs in a container, which has no devices but those that it was given. */
export const isContainer = (host: HostView): boolean =>
  ['.dockerenv', 'run/.containerenv'].some((file) => existsSync(join(host.root, file)));

/** What Linux inside Windows needs to know; nothing elsewhere. `folders`: those that runs write to. */
export function wslChecks(host: HostView, folders: readonly string[]): readonly Check[] {
  if (!/microsoft/i.test(readHostFile(host, 'proc/sys/kernel/osrelease'))) return [];
  const slow = folders.find((folder) => /^\/mnt\/[a-z](?:\/|$)/i.test(folder));
  const found = 'Linux inside Windows: what Windows does meanwhile shows as noise';
  return slow === undefined
    ? [ok('wsl', 'WSL', found)]
    : [warning('wsl', 'WSL', `${slow} lies on a drive of Windows, which is slow`, 'move it below your home of Linux')];
}
