// An emulator built from source: what is to be built, and what is known of a build afterwards. Plain data.
import { z } from 'zod';
import type { Stored } from './stored.ts';

/** minimal: only what a boot needs; fork-macos: the line of the macOS fork; none: nothing but the flags given. */
export const buildPresetSchema = z.enum(['minimal', 'fork-macos', 'none']);

/** A library that is built before QEMU, with meson, and found through pkg-config. */
const dependencySchema = z.object({
  name: z.string(),
  /** As a build's own source. */
  source: z.string(),
  ref: z.string().nullable(),
  /** Arguments of `meson setup`. */
  meson: z.array(z.string()),
});
export type Dependency = Stored<typeof dependencySchema>;

const writtenBuildSpec = z.object({
  /** Absolute path of a checkout or an archive, or the URL of a git repository. */
  source: z.string(),
  /**
   * What git calls a revision; `A...B` is the merge base of the two. null: the source's tree as it stands, changes that are not
   * committed included.
   */
  ref: z.string().nullable(),
  /** Absolute paths or globs, in the order in which they are applied. */
  patches: z.array(z.string()),
  preset: buildPresetSchema,
  /** Arguments of `configure` after those of the preset. */
  configure: z.array(z.string()),
  /** Python that the build's own environment is made from; null: what configure finds. */
  python: z.string().nullable(),
  /** Variables of the running emulator, which count as a part of it. */
  environment: z.record(z.string(), z.string()),
  /** Built first, in this order. */
  dependencies: z.array(dependencySchema),
});
/** Runs of earlier commits know one library only, and have a key of its own for it. */
export const buildSpecSchema = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || !('virglrenderer' in value)) return value;
  const { virglrenderer, ...spec } = value;
  if (virglrenderer === null) return { ...spec, dependencies: [] };
  return { ...spec, dependencies: [{ name: 'virglrenderer', ...virglrenderer, meson: ['-Dvenus=true'] }] };
}, writtenBuildSpec);
export type BuildSpec = Stored<typeof buildSpecSchema>;

const patchFactsSchema = z.object({
  /** File name without its folder. */
  name: z.string(),
  /** sha256 of the file, hex. */
  digest: z.string(),
  /** Of a patch in mail format; else empty. */
  subject: z.string(),
  state: z.enum(['applied', 'already-applied', 'empty']),
});
export type PatchFacts = Stored<typeof patchFactsSchema>;

/** Where an emulator that was built here comes from. */
export const buildFactsSchema = z.object({
  /** Full id of the commit, without patches. */
  commit: z.string(),
  subject: z.string(),
  /** As asked for; empty for the tree as it stood. */
  ref: z.string(),
  /** What was changed and not committed, as a diff (cut at 64 KiB) and its sha256; null: nothing. */
  uncommitted: z.object({ digest: z.string(), diff: z.string() }).nullable(),
  patches: z.array(patchFactsSchema),
  /** Id of the git tree that was built: commit, changes and patches together. */
  tree: z.string(),
  configure: z.array(z.string()),
  compiler: z.string(),
  /** Library -> version, as the build's package tool names them; the commit of one that was built here. */
  dependencies: z.record(z.string(), z.string()),
  /** Keys of those that were built here, in their order: source with its changes, arguments and tools. Absent: none was. */
  dependencyKeys: z.array(z.string()).exactOptional(),
  /** Of all the above but the names of things, and of what else is known to decide a build: equal keys, equal binaries. */
  key: z.string(),
});
export type BuildFacts = Stored<typeof buildFactsSchema>;

/** Finished builds of other machines of the same kind, for example in a CI service's cache. */
export interface SharedBuilds {
  /**
   * Fills `folder` with what was saved under the key or, if there is nothing, with the newest under one that begins with `beginning`;
   * false when there is none.
   */
  restore(key: string, beginning: string, folder: string): Promise<boolean>;
  save(key: string, folder: string): Promise<void>;
}
