// What is written to disk may be published: paths below the home folder would name the user.

/** A copy of plain data in which `~` stands for the home folder in every text. Bytes are kept as they are, the same object. */
export function withoutHome<T>(value: T, home: string): T {
  // A service may have no home, or the root of everything for one.
  if (home.length < 2) return value;
  return copied(value, home) as T;
}

function copied(value: unknown, home: string): unknown {
  if (typeof value === 'string') return value.includes(home) ? shortened(value, home) : value;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((entry) => copied(entry, home));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry, home)]));
}

const shortened = (text: string, home: string): string => (text === home ? '~' : text.replaceAll(`${home}/`, '~/'));
