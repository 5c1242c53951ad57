// An emulator built from source: what is to be built, and what is known of a build afterwards. Plain data.

/** minimal: only what a boot needs; fork-macos: the line of the macOS fork; none: nothing but the flags given. */
export type BuildPreset = 'minimal' | 'fork-macos' | 'none';

export interface BuildSpec {
  /** Absolute path of a checkout or an archive, or the URL of a git repository. */
  readonly source: string;
  /**
   * What git calls a revision; `A...B` is the merge base of the two. null: the source's tree as it stands, changes that are not
   * committed included.
   */
  readonly ref: string | null;
  /** Absolute paths or globs, in the order in which they are applied. */
  readonly patches: readonly string[];
  readonly preset: BuildPreset;
  /** Arguments of `configure` after those of the preset. */
  readonly configure: readonly string[];
  /** Python that the build's own environment is made from; null: what configure finds. */
  readonly python: string | null;
  /** Variables of the running emulator, which count as a part of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Built first and linked against; null: the system's, if any. */
  readonly virglrenderer: { readonly source: string; readonly ref: string | null } | null;
}

export interface PatchFacts {
  /** File name without its folder. */
  readonly name: string;
  /** sha256 of the file, hex. */
  readonly digest: string;
  /** Of a patch in mail format; else empty. */
  readonly subject: string;
  readonly state: 'applied' | 'already-applied' | 'empty';
}

/** Where an emulator that was built here comes from. */
export interface BuildFacts {
  /** Full id of the commit, without patches. */
  readonly commit: string;
  readonly subject: string;
  /** As asked for; empty for the tree as it stood. */
  readonly ref: string;
  /** What was changed and not committed, as a diff (cut at 64 KiB) and its sha256; null: nothing. */
  readonly uncommitted: { readonly digest: string; readonly diff: string } | null;
  readonly patches: readonly PatchFacts[];
  /** Id of the git tree that was built: commit, changes and patches together. */
  readonly tree: string;
  readonly configure: readonly string[];
  readonly compiler: string;
  /** Library -> version, as the build's package tool names them. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Of all the above but the names of things, and of what else is known to decide a build: equal keys, equal binaries. */
  readonly key: string;
}
