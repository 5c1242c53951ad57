// Whose rules hold: configuration, limits and baselines. For a pull request they are read from the base commit, and what head changed in
// them is only reported.
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { type Config, loadConfig, parseConfig } from '../config/config.ts';
import { usageError } from '../model/errors.ts';
import { configFileName } from '../model/file-names.ts';
import type { GateChange } from '../model/gate.ts';
import { changesOfHead, extractFiles, fileAt, filesAt, neededCommit, repositoryOf } from './base-files.ts';
import { type Held, heldFile } from './held-files.ts';

export interface RulesRequest {
  /** Absolute path of the folder of the project. */
  readonly folder: string;
  /** Receives the baselines that hold. */
  readonly output: string;
  /** Configuration, relative to `folder`; empty: bootgauge.yml. */
  readonly file: string;
  /** Commit or branch that decides; empty: the files as they lie there. */
  readonly gateRef: string;
  /** The pull request's head commit, or empty. */
  readonly headSha: string;
}

export interface Rules {
  readonly config: Config;
  /** Holds the baselines that count and receives the run. */
  readonly root: string;
  readonly changes: readonly GateChange[];
  readonly notes: readonly string[];
  /** Whose files are used; null: the ones that lie there. */
  readonly held: Held | null;
}

export const rulesFor = (request: RulesRequest): Promise<Rules> =>
  request.gateRef === '' ? ownRules(request) : baseRules(request);

/** Limits, baselines and the guest's files as the base commit has them; what head changed in them is only told. */
async function baseRules(request: RulesRequest): Promise<Rules> {
  const { folder, output, file, gateRef, headSha } = request;
  const repository = await repositoryOf(folder);
  if (repository === null) throw usageError(`${folder} is no git repository`, 'Run actions/checkout before this step.');
  const commit = await neededCommit(repository, gateRef);
  const configPath = join(relative(repository.top, folder), file || configFileName);
  if (configPath.startsWith('..') || isAbsolute(configPath)) {
    throw usageError(`the configuration ${file} lies outside the repository`);
  }
  const text = await fileAt(repository, commit, configPath);
  const baselines = join(dirname(configPath), 'baselines');
  const root = join(output, dirname(configPath));
  await mkdir(root, { recursive: true });
  await extractFiles(repository, commit, await filesAt(repository, commit, baselines), output);
  const held = { repository, commit, folder: output };
  if (text === null) {
    const known = file !== '' || existsSync(join(folder, configFileName));
    const config = loadConfig(folder, known ? file || configFileName : undefined);
    const note = `The base ${commit.slice(0, 10)} has no ${configPath}: the limits are this change's own.`;
    return { config, root, changes: [], notes: known ? [note] : [], held };
  }
  const name = `${configPath} at ${commit.slice(0, 10)}`;
  const written = parseConfig(text, { path: join(folder, file || configFileName), name });
  const keyring = written.kit.keyring === null ? null : await heldFile(written.kit.keyring, held);
  const since = { base: commit, head: headSha, paths: [configPath, baselines] };
  const { changes, notes } = await changesOfHead(repository, since);
  return { config: { ...written, kit: { ...written.kit, keyring } }, root, changes, notes, held };
}

/** Pushes and dispatches on a branch of one's own: the files that lie there. Baselines are copied beside the run. */
async function ownRules({ folder, output, file }: RulesRequest): Promise<Rules> {
  const config = loadConfig(folder, file || undefined);
  const baselines = join(config.folder, 'baselines');
  if (existsSync(baselines)) await cp(baselines, join(output, 'baselines'), { recursive: true });
  return { config, root: output, changes: [], notes: [], held: null };
}
