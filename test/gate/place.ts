// A repository in a folder of its own, to try a gate on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Repository, repositoryOf } from '../../src/gate/git.ts';
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
