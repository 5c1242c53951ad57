// Data that is written to disk and read back. Each such thing has one zod schema in this room; its type is inferred from it, so that
// what the compiler believes and what is checked when a file is read cannot drift apart.
import type { z } from 'zod';

/** The readonly type of what a schema lets through. */
export type Stored<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

type DeepReadonly<T> = { readonly [Key in keyof T]: DeepReadonly<T[Key]> };

/** What a JSON text says by a schema; null: it is damaged, or says something else. For what can be found out or made again. */
export function parseOrNull<T>(json: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}
