// What is written to disk may be published: paths below the home folder would name the user, URLs may hold a password.
import { withoutCredentials } from '../model/plain-text.ts';

/**
 * A copy of plain data in whose texts `~` stands for the home folder, and no URL has a user or a password. Bytes are kept as they are,
 * the same object.
 */
export function publishable<T>(value: T, home: string): T {
  return copied(value, home) as T;
}

function copied(value: unknown, home: string): unknown {
  if (typeof value === 'string') return shortened(withoutCredentials(value), home);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((entry) => copied(entry, home));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry, home)]));
}

function shortened(text: string, home: string): string {
  // A service may have no home, or the root of everything for one.
  if (home.length < 2 || !text.includes(home)) return text;
  return text === home ? '~' : text.replaceAll(`${home}/`, '~/');
}
