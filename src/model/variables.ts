// Environment variables, as a process has them.

/** Name -> value; undefined for one that is not set. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Whether the locale says UTF-8, as the C library reads it: LC_ALL before LC_CTYPE before LANG. */
export const isUtf8 = ({ LC_ALL, LC_CTYPE, LANG }: Variables): boolean =>
  /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
