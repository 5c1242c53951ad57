// Objects without the keys that hold nothing.

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** The same object without what is undefined, so that it can be laid over another one. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Defined<T>;
}
