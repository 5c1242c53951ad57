// The sources that a bisection does not vary: each stays what it was at the begin, or no two steps could be compared.
import type { BuildOptions } from '../build/options.ts';
import { readRevision } from '../build/revision.ts';
import { openSource } from '../build/source.ts';
import type { Dependency } from '../model/build.ts';
import { measurementError } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Bisected, BuiltSide } from './pair.ts';

interface Bisecting {
  /** Its head is what is bisected. */
  readonly scenario: Scenario & { readonly head: BuiltSide };
  readonly of: Bisected;
}

/** Sources that are not bisected stay at the commit they are at now. `trees` are those that no commit names. */
export async function holdOthers({ scenario, of }: Bisecting, options: BuildOptions) {
  const trees: string[] = [];
  const held = async <T extends Pick<Dependency, 'source' | 'ref'>>(one: T): Promise<T> => {
    const source = await openSource(one.source, options);
    const { commit, tree, uncommitted } = await readRevision(source, one.ref, options);
    if (source.kind !== 'archive' && uncommitted === null) return { ...one, ref: commit };
    trees.push(tree);
    return one;
  };
  let { build } = scenario.head.qemu;
  if (of !== null) build = await held(build);
  const dependencies: Dependency[] = [];
  for (const one of build.dependencies) dependencies.push(one.name === of ? one : await held(one));
  const head: BuiltSide = { ...scenario.head, qemu: { from: 'build', build: { ...build, dependencies } } };
  return { scenario: { ...scenario, head }, trees };
}

/** Throws a measurementError where one of those trees is no longer what it was. */
export async function checkTrees(
  bisecting: Bisecting & { readonly trees: readonly string[] },
  options: BuildOptions,
): Promise<void> {
  const { trees } = await holdOthers(bisecting, options);
  if (trees.join() === bisecting.trees.join()) return;
  const which = bisecting.of === null ? 'a dependency' : 'QEMU, or another dependency';
  throw measurementError(
    `a source that is not bisected was changed meanwhile: ${which}, whose tree is taken as it stands`,
    'commit it, or put it back, and run the same command again: what is known holds for the tree as it was',
  );
}
