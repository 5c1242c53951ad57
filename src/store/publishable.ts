// What is written to disk may be published: paths below the home folder would name the user, URLs may hold a password.
import { withoutCredentials } from '../model/plain-text.ts';

/**
 * A copy of plain data in whose texts `~` stands for the home folder, and no URL has a user or a password. Bytes are kept as they are,
 * the same object.
 */
export function publishable<T>(value: T, home: string): T {
  return copied(value, homePattern(home)) as T;
}

function copied(value: unknown, home: RegExp | null): unknown {
  if (typeof value === 'string') {
    const text = withoutCredentials(value);
    return home === null ? text : text.replace(home, '~');
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((entry) => copied(entry, home));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry, home)]));
}

/**
 * The home folder where a path begins with it: root's home is `/root`, which also stands inside `/mnt/root/x` and begins `/rootfs`. null
 * for a service without a home, or with the root of everything for one.
 */
function homePattern(home: string): RegExp | null {
  if (home.length < 2) return null;
  const name = home.replace(/\/+$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // A path may begin behind an option (`-I`) and in a `file://` URL, too.
  const before = String.raw`(?<=(?:^|[\s'"=:,;()\[\]{}<>|@!]|:\/\/)(?:-[A-Za-z]{1,12})?)`;
  const behind = String.raw`(?=\/|$|[\s'"=:,;()\[\]{}<>|]|\.(?:\s|$))`;
  // The name first: a text without it is passed over quickly.
  return new RegExp(`${name}(?<=${before}${name})${behind}`, 'g');
}
