// Whose rules hold: configuration, limits and baselines. For a pull request they are read from the base commit, and what head changed in
// them is only reported.
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { type Config, loadConfig, parseConfig } from '../config/config.ts';
import { usageError } from '../model/errors.ts';
import { configFileName } from '../model/file-names.ts';
import { neededCommit } from './commits.ts';
import { type Repository, repositoryOf } from './git.ts';
import { type Held, heldFile } from './held-files.ts';
import { type CommitTree, openTree } from './tree.ts';

export interface RulesRequest {
  /** Absolute path of the folder of the project. */
  readonly folder: string;
  /** Absolute path of the folder that holds the checkout. */
  readonly workspace: string;
  /** Receives the baselines that hold. */
  readonly output: string;
  /** Configuration, relative to `folder`; empty: bootgauge.yml. */
  readonly file: string;
  /** Commit or branch that decides; empty: the files as they lie there. */
  readonly gateRef: string;
}

export interface Rules {
  readonly config: Config;
  /** Holds the baselines that count and receives the run. */
  readonly root: string;
  readonly notes: readonly string[];
  /** Whose files are used; null: the ones that lie there. */
  readonly held: Held | null;
  /** Commit that decides, and the paths of its rules from the top of the repository. */
  readonly decides: { readonly commit: string; readonly paths: readonly string[] } | null;
}

export const rulesFor = (request: RulesRequest): Promise<Rules> =>
  request.gateRef === '' ? ownRules(request) : baseRules(request);

/** Limits, baselines and the guest's files as the base commit has them. */
async function baseRules(request: RulesRequest): Promise<Rules> {
  const { folder, workspace, output, file, gateRef } = request;
  const repository = await repositoryOf(folder, workspace);
  if (repository === null)
    throw usageError(`${folder} is not a git repository`, 'run actions/checkout before this step');
  const commit = await neededCommit(repository, gateRef);
  const tree = await openTree(repository, commit);
  const held = { repository, tree, folder: join(output, 'held'), used: new Set<string>() };
  const configPath = await configPathOf(request, repository, tree);
  const configFile = await tree.file(configPath);
  const baselines = join(dirname(configPath), 'baselines');
  const root = join(output, dirname(configPath));
  await mkdir(root, { recursive: true });
  for (const each of await tree.below(baselines)) {
    const file = each.link ? await tree.file(each.name) : each;
    if (file !== null) await tree.write(file, join(output, each.name));
  }
  const decides = { commit, paths: [configPath, baselines] };
  if (configFile === null) {
    if (tree.has(configPath)) {
      throw usageError(
        `${configPath} of the base ${commit.slice(0, 10)} is not a file that can be read`,
        'keep it as a file in the repository itself: not in a submodule, and not as a broken link',
      );
    }
    const config = loadConfig(folder, file || (existsSync(join(folder, configFileName)) ? configFileName : undefined));
    const note = `The base ${commit.slice(0, 10)} has no ${configPath}: the limits are this change's own.`;
    return { config, root, notes: config.file === null ? [] : [note], held, decides };
  }
  const name = `${configPath} at ${commit.slice(0, 10)}`;
  const written = parseConfig(await tree.text(configFile), { path: join(repository.top, configPath), name });
  const keyring = written.kit.keyring === null ? null : await heldFile(written.kit.keyring, held);
  // Behind a link lies what it leads to: a change of either is shown.
  const paths = [...new Set([configPath, configFile.path, baselines])];
  const config = { ...written, kit: { ...written.kit, keyring } };
  return { config, root, notes: [], held, decides: { commit, paths } };
}

/** As the command line looks for it, but in the base: what head puts nearer, or away, does not count. */
async function configPathOf({ folder, file }: RulesRequest, { top }: Repository, tree: CommitTree): Promise<string> {
  const wanted = relative(top, resolve(folder, file || configFileName));
  if (wanted.startsWith('..') || isAbsolute(wanted)) {
    throw usageError(`the configuration ${file || wanted} lies outside the repository`);
  }
  if (file !== '' || tree.has(wanted)) return wanted;
  let above = dirname(wanted);
  while (above !== '.') {
    above = dirname(above);
    const path = join(above, configFileName);
    if (tree.has(path)) return path;
  }
  return wanted;
}

/** Pushes and dispatches on a branch of one's own: the files that lie there. Baselines are copied beside the run. */
async function ownRules({ folder, output, file }: RulesRequest): Promise<Rules> {
  const config = loadConfig(folder, file || undefined);
  const baselines = join(config.folder, 'baselines');
  if (existsSync(baselines)) await cp(baselines, join(output, 'baselines'), { recursive: true });
  return { config, root: output, notes: [], held: null, decides: null };
}
