// A repository in a folder of its own, to try a gate on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { type Repository, repositoryOf } from '../../src/gate/git.ts';
import { type Rules, type RulesRequest, rulesFor } from '../../src/gate/rules.ts';
import { gitIdentity } from '../helpers.ts';

export interface Place {
  readonly repository: Repository;
  readonly folder: string;
  git(...words: string[]): string;
  write(path: string, content: string | Uint8Array): void;
  commit(): string;
}

export async function place(context: TestContext): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge ünder test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...words: string[]): string => {
    return execFileSync('git', [...gitIdentity, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  };
  git('init', '-q');
  const repository = await repositoryOf(folder);
  assert.ok(repository);
  return {
    repository,
    folder: repository.top,
    git,
    write(path, content) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), content);
    },
    commit() {
      git('add', '-A');
      git('commit', '-qm', 'change', '--allow-empty');
      return git('rev-parse', 'HEAD');
    },
  };
}

export const configWith = (limit: string): string =>
  `version: 1\ndefaults:\n  metrics:\n    time-to-ssh: { limit: ${limit} }\n`;
/** A line of a baseline. */
export const session = '{"a session":1}\n';

/** A repository whose base commit has a limit of 5 %, and these files. */
export async function strictPlace(context: TestContext, files: Readonly<Record<string, string>> = {}) {
  const at = await place(context);
  for (const [path, text] of Object.entries({ 'bootgauge.yml': configWith('5 %'), ...files })) at.write(path, text);
  return { at, base: at.commit() };
}
export const strictLimit = 0.05;

let outputs = 0;

/** The rules by which head is judged where `base` decides. */
export function rulesAt(at: Place, base: string, more: Partial<RulesRequest> = {}): Promise<Rules> {
  outputs += 1;
  const output = join(at.folder, '.git', `out ${outputs}`);
  return rulesFor({ folder: at.folder, workspace: at.folder, output, file: '', gateRef: base, ...more });
}

export const limitOf = ({ config }: Rules): number | null | undefined =>
  scenariosOf(config)[0]?.metrics['time-to-ssh']?.limit;
