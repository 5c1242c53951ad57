// Sides from source, for every command that boots: the build room with this command's cache, environment and signal.

import type { BuildRequest } from '../build/build.ts';
import { buildEmulator, checkBuild } from '../build/build.ts';
import type { BuildOptions } from '../build/options.ts';
import type { CommandContext } from '../cli/context.ts';
import type { SharedBuilds } from '../model/build.ts';
import type { Emulator } from '../model/launch-plan.ts';
import type { SideSpec } from '../model/scenario.ts';

export interface BuildPlace {
  readonly cache: string;
  readonly context: CommandContext;
  /** Bytes that builds may take together; null: the usual. */
  readonly mostBytes: number | null;
  /** Finished builds of other machines; null: none. */
  readonly shared?: SharedBuilds | null;
  /** Nothing may be fetched. */
  readonly offline: boolean;
}

export interface SideBuilder {
  /**
   * Proves sources, refs, patches and tools of all sides, so that none is built when another one cannot be. What refs and trees are
   * here, they are when they are built.
   */
  check(sides: readonly Pick<SideSpec, 'qemu'>[]): Promise<void>;
  build(request: BuildRequest): Promise<Emulator>;
}

export function sideBuilder({ cache, context, mostBytes, offline, shared = null }: BuildPlace): SideBuilder {
  const { signal, environment } = context;
  // What is found out while checking is found out again while building.
  const said = new Set<string>();
  const options: BuildOptions = {
    cache,
    environment,
    signal,
    offline,
    revisions: new Map(),
    progress: (event) => {
      if (event.kind === 'note' && said.has(event.text)) return;
      if (event.kind === 'note') said.add(event.text);
      context.progress(event);
    },
    ...(mostBytes === null ? {} : { mostBytes }),
    ...(shared === null ? {} : { shared }),
  };
  let all: readonly string[] = [];
  return {
    async check(sides) {
      const specs = sides.flatMap(({ qemu }) => (qemu.from === 'build' ? [qemu.build] : []));
      const different = new Map(specs.map((spec) => [JSON.stringify(spec), spec]));
      // A single one is proved by its own build.
      if (different.size < 2) return;
      all = [...different.keys()];
      for (const spec of different.values()) await checkBuild(spec, options);
    },
    async build(request) {
      const place = 1 + all.indexOf(JSON.stringify(request.spec));
      const count = place === 0 ? {} : { count: `build ${place} of ${all.length}` };
      const { emulator, isNew } = await buildEmulator({ ...request, ...count }, options);
      return isNew ? { ...emulator, fresh: true } : emulator;
    },
  };
}
