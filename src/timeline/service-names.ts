// What OpenRC prints while a service starts -> the name of its init script, as data.

const known: readonly (readonly [RegExp, string])[] = [
  [/^(?:Starting busybox mdev|Scanning hardware for mdev)/, 'mdev'],
  [/^Loading hardware drivers/, 'hwdrivers'],
  [/^(?:Starting networking|Starting (?:lo|eth\d+)$|Bringing up interface)/, 'networking'],
  [/^Bringing up network interface lo/, 'loopback'],
  [/^Setting hostname/, 'hostname'],
  [/^Activating swap/, 'swap'],
  [/^Configuring kernel parameters/, 'sysctl'],
  [/^(?:Creating user login records|Cleaning \/tmp|Wiping \/tmp|Migrating \/var)/, 'bootmisc'],
  [/^Remounting (?:root )?filesystem/, 'root'],
  [/^(?:Mounting local filesystems|Mounting all)/, 'localmount'],
  [/^Mounting network filesystems/, 'netmount'],
  [/^Checking (?:local|all) filesystems/, 'fsck'],
  [/^Loading modules/, 'modules'],
  [/^(?:Mounting modloop|Verifying modloop)/, 'modloop'],
  [/^Mounting \/proc$/, 'procfs'],
  [/^Mounting \/run$/, 'run'],
  [/^(?:Mounting|Remounting devtmpfs on) (?:\/dev\b|mqueue)/, 'devfs'],
  [/^Mounting (?:\/sys$|security|debug|config|fuse|persistent|efivarfs|cgroup)/, 'sysfs'],
  [/^(?:Caching service dependencies)/, 'openrc-cache'],
  [/^Seeding /, 'seedrng'],
  [/^Initializing random number generator/, 'urandom'],
  [/^Setting system clock using/, 'hwclock'],
  [/^Setting the local clock/, 'swclock'],
  [/^(?:Setting keymap|Setting keyboard)/, 'keymaps'],
  [/^(?:Generating .*host key|generating new host key)/i, 'sshd'],
  [/^Starting firstboot/, 'firstboot'],
];

const remembered = new Map<string, string>();

/** The service that a line ` * <text> ...` belongs to; the text itself when no name is known. */
export function serviceName(text: string): string {
  const before = remembered.get(text);
  if (before !== undefined) return before;
  const name = find(text);
  if (remembered.size < 1000) remembered.set(text, name);
  return name;
}

function find(text: string): string {
  for (const [pattern, name] of known) if (pattern.test(text)) return name;
  const plain = /^Starting (?:busybox )?([A-Za-z][\w.@-]*)$/.exec(text);
  return plain?.[1]?.toLowerCase() ?? text;
}
