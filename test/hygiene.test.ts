// What a public repository must not hold: hosts of somebody's registry or mirror, paths of somebody's machine, keys. And what its errors
// have in common.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { type TestContext } from 'node:test';

const root = resolve(import.meta.dirname, '..');

/** Lines of files that git keeps, as `file:line:text`. */
function linesWith(pattern: string, context: TestContext, ...paths: string[]): string[] {
  const words = ['grep', '-nIE', '-e', pattern, '--', ...paths, `:!${join('test', 'hygiene.test.ts')}`];
  try {
    return execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      .trim()
      .split('\n');
  } catch (error) {
    const { status } = error as { status: number };
    if (status !== 1) context.skip('this is no git checkout');
    return [];
  }
}

test('no file names the host of a package registry or of a mirror', (context) => {
  const hosts =
    '(deb|security|snapshot|ftp)\\.debian\\.org|registry\\.(npmjs|yarnpkg)|(archive|ports)\\.ubuntu\\.com|dl-cdn\\.alpinelinux';
  assert.deepEqual(linesWith(hosts, context), []);
  assert.deepEqual(linesWith('"resolved":', context, 'package-lock.json'), []);
});

test("no source names a folder of somebody's home, and no file holds a private key", (context) => {
  assert.deepEqual(linesWith('(/home|/Users)/[a-z]', context, 'src', 'dist', '*.yml', '*.json', 'README.md'), []);
  // What every OpenSSH key begins with.
  const key = Buffer.from('openssh-key-v1').toString('base64').slice(0, 18);
  assert.deepEqual(linesWith(key, context), []);
});

test('hints of errors begin in lower case, as their messages do', () => {
  const text = String.raw`(?:'(?:[^'\\\n]|\\.)*'|\x60(?:[^\x60\\]|\\.)*\x60)`;
  const hint = new RegExp(
    String.raw`(?:(?:usageError|measurementError|sourceFault)\(\s*${text},\s*|hint: )['\x60][A-Z]`,
  );
  const wrong = globSync('src/**/*.ts', { cwd: root }).filter((file) =>
    hint.test(readFileSync(join(root, file), 'utf8')),
  );
  assert.deepEqual(wrong, []);
});

test('what the command line imports is installed without the tools of tests', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !/^src\/(?:github|action)\//.test(file));
  const imported = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const names = text.matchAll(/^(?:import|\} from).* '((?:@[\w-]+\/)?[\w-]+)[^':]*';$/gm);
    return [...names, ...text.matchAll(/import\('((?:@[\w-]+\/)?[\w-]+)[^':]*'\)/g)].map(([, name = '']) => name);
  });
  const missing = new Set(imported.filter((name) => !Object.hasOwn(dependencies, name)));
  assert.deepEqual([...missing], []);
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => !imported.includes(name)),
    [],
  );
});
