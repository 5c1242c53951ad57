// What one kind of guest is, in one object: how it is written in bootgauge.yml, how it is kept, which files it names, what it boots.
import { z } from 'zod';
import { type BootgaugeError, usageError } from '../errors.ts';

export const architectureSchema = z.enum(['arm64', 'x86_64']);
export type Architecture = z.output<typeof architectureSchema>;

/** Where the keys of a guest were written. */
export interface Place {
  /** Absolute path of the folder in which relative paths start. */
  readonly folder: string;
  resolve(from: string, path: string): string;
  /** Processor of the guest that these keys are laid over. */
  readonly architecture: Architecture;
}

export interface FileUse {
  /** The key that names it, behind `guest.` */
  readonly key: string;
  /** file or folder, or either; word: perhaps a file, perhaps not. */
  readonly is: 'file' | 'folder' | 'either' | 'word';
  /**
   * What happens to it where a pull request is judged and the base commit has this file. base: the base's copy is used, wherever that
   * lies. in-place: the base's content is put into this very place. head: it stays what it is in the workspace.
   */
  readonly held: 'base' | 'in-place' | 'head';
  /** Folder in which a relative path starts; absent: the path is absolute. */
  readonly from?: string;
}

/** Answers the path to be used in place of this one. */
export type EachFile = (path: string, use: FileUse) => string;

interface AnySpec {
  readonly kind: string;
  readonly architecture: Architecture;
}

export interface GuestKind<Spec extends AnySpec, Written, Booted extends AnySpec | null> {
  readonly kind: Spec['kind'];
  /** The guest as runs and plans keep it. */
  readonly schema: z.ZodObject;
  /** The mapping under `guest` in bootgauge.yml. */
  readonly keys: z.ZodObject;
  /** Its name alone says enough: `guest: reference`. */
  readonly bare: boolean;
  /**
   * What is written, laid over what was said before of a guest of this kind (null: nothing). Throws a usageError for what is missing or
   * contradictory.
   */
  settle(written: Written, before: Spec | null, place: Place): Spec;
  /** The same guest, each file of this machine that it names having passed through `each`. */
  files(guest: Spec, each: EachFile): Spec;
  /** The guest of another kind that is booted for it; null: the guest room knows how to boot this one itself. */
  readonly boots: Booted extends AnySpec ? (guest: Spec) => Booted : null;
}

export const architectureKey = architectureSchema
  .optional()
  .meta({ description: 'processor of the guest; default arm64' });

/** Passes what may be null by. */
export const fileOrNull = (path: string | null, each: EachFile, use: FileUse): string | null =>
  path === null ? null : each(path, use);

/** The error of a mapping that lacks what its kind cannot do without. */
export const missingKey = (kind: string, key: string, hint: string): BootgaugeError =>
  usageError(`guest of kind ${kind}: the key '${key}' is missing`, hint);
