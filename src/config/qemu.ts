// What bootgauge.yml and the command line say of the emulator, laid over what was said before.
import { resolve } from 'node:path';
import type { BuildSpec, Dependency } from '../model/build.ts';
import { usageError } from '../model/errors.ts';
import { isRepositoryUrl } from '../model/repository.ts';
import type { QemuChoice } from '../model/scenario.ts';
import type { RawQemu } from './qemu-schema.ts';

/** `kit`, `path`, or a file relative to `folder`. */
export function qemuChoice(binary: string, folder: string): QemuChoice {
  if (binary === 'kit' || binary === 'path') return { from: binary };
  return { from: 'file', path: resolve(folder, binary) };
}

/** Keys of a build that are not given stay as they are; without a source it is the checkout that holds the configuration. */
export function withQemu(before: QemuChoice, raw: RawQemu | undefined, folder: string): QemuChoice {
  if (raw === undefined || Object.keys(raw).length === 0) return before;
  if (raw.binary !== undefined) return qemuChoice(raw.binary, folder);
  const build = buildOf(before, folder);
  return {
    from: 'build',
    build: {
      source: raw.source === undefined ? build.source : sourcePath(raw.source, folder),
      ref: raw.ref ?? build.ref,
      patches: raw.patches === undefined ? build.patches : paths(raw.patches, folder),
      preset: raw.preset ?? build.preset,
      configure: raw.configure ?? build.configure,
      python: raw.python === undefined ? build.python : resolve(folder, raw.python),
      environment: raw.environment ?? build.environment,
      dependencies: withDependencies(build.dependencies, raw, folder),
    },
  };
}

/** What makes one side of a comparison of builds differ from the other. */
export interface SideBuild {
  readonly ref?: string | undefined;
  readonly patches?: readonly string[] | undefined;
}

/** A side that is built: its own ref in place of the common one, its own patches after the common ones. */
export function withSideBuild(before: QemuChoice, side: SideBuild, folder: string): QemuChoice {
  const build = buildOf(before, folder);
  const patches = [...build.patches, ...paths(side.patches ?? [], folder)];
  return { from: 'build', build: { ...build, ref: side.ref ?? build.ref, patches } };
}

/** `main...` asks for the merge base of main and what head is built from. */
export function withMergeBase(base: QemuChoice, head: QemuChoice): QemuChoice {
  if (base.from !== 'build' || head.from !== 'build' || base.build.ref?.endsWith('...') !== true) return base;
  return { from: 'build', build: { ...base.build, ref: `${base.build.ref}${head.build.ref ?? 'HEAD'}` } };
}

function buildOf(choice: QemuChoice, folder: string): BuildSpec {
  if (choice.from === 'build') return choice.build;
  return {
    source: folder,
    ref: null,
    patches: [],
    preset: 'minimal',
    configure: [],
    python: null,
    environment: {},
    dependencies: [],
  };
}

/** One of a name that is known keeps its place, and what is not said of it. */
function withDependencies(before: readonly Dependency[], raw: RawQemu, folder: string): readonly Dependency[] {
  const { dependencies = [], virglrenderer } = raw;
  const written: typeof dependencies =
    virglrenderer === undefined ? dependencies : [...dependencies, { name: 'virglrenderer', ...virglrenderer }];
  const merged = new Map(before.map((dependency) => [dependency.name, dependency]));
  for (const { name, source, ref, meson } of written) {
    const known = merged.get(name);
    const place = source === undefined ? known?.source : sourcePath(source, folder);
    if (place === undefined)
      throw usageError(
        `the dependency ${name} of QEMU has no source`,
        `give it one in bootgauge.yml: {name: ${name}, source: URL}`,
      );
    const usual = name === 'virglrenderer' ? ['-Dvenus=true'] : [];
    // A ref belongs to the source that it was written for.
    const revision = ref ?? (source === undefined ? known?.ref : null) ?? null;
    merged.set(name, { name, source: place, ref: revision, meson: meson ?? known?.meson ?? usual });
  }
  return [...merged.values()];
}

const paths = (written: readonly string[], folder: string): string[] => written.map((path) => resolve(folder, path));

function sourcePath(written: string, folder: string): string {
  return isRepositoryUrl(written) ? written : resolve(folder, written);
}
