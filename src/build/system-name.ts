// The system that a build is for: one of another major version may not find its libraries here.
import { release } from 'node:os';
import { linuxRelease } from '../host/linux/facts.ts';
import { readHostFile, thisHost } from '../host/view.ts';

/** `Debian GNU/Linux 12`; elsewhere the major version of the kernel, which is the system's. */
export function systemName(): string {
  if (process.platform !== 'linux') return `${process.platform} ${release().split('.')[0]}`;
  const host = thisHost();
  return linuxRelease(readHostFile(host, 'etc/os-release') || readHostFile(host, 'usr/lib/os-release')).osMajor;
}
