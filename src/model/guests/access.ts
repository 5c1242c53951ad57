// How to log in to a guest that Bootgauge did not make.
import { z } from 'zod';
import { filePath } from '../fields.ts';
import type { Stored } from '../stored.ts';
import type { EachFile, Place } from './guest-kind.ts';

export const accessSchema = z.object({
  user: z.string(),
  /** Absolute path of the private key that is authorized; null: only the banner is timed. `cache`: the key of this cache. */
  key: z.string().nullable(),
});
export type GuestAccess = Stored<typeof accessSchema>;

export const accessKeys = z
  .strictObject({
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_.-]{0,31}$/, 'expected a user name')
      .optional()
      .meta({ description: 'user to log in as; default root' }),
    key: filePath(
      'private key that the guest knows, a file relative to this one; cache: the key that `bootgauge guest authorize` puts in. Without it only the banner is timed',
    ).optional(),
  })
  .meta({ description: 'how to log in' });

export function settleAccess(
  written: z.output<typeof accessKeys>,
  before: GuestAccess | null,
  { folder, resolve }: Place,
): GuestAccess {
  const key = written.key === undefined || written.key === 'cache' ? written.key : resolve(folder, written.key);
  return { user: written.user ?? before?.user ?? 'root', key: key ?? before?.key ?? null };
}

/** A key is never the base commit's: SSH refuses one that others may read, and git keeps no such modes. */
export const accessFiles = (access: GuestAccess, each: EachFile): GuestAccess =>
  access.key === null || access.key === 'cache'
    ? access
    : { ...access, key: each(access.key, { key: 'ssh.key', is: 'file', held: 'head' }) };
