// Environment variables, as a process has them.

/** Name -> value; undefined for one that is not set. */
export type Variables = Readonly<Record<string, string | undefined>>;
