// What the pages say is true: their commands and options exist, their configurations are right, their links lead somewhere, and the
// README's own tour works when it is walked with a program that plays QEMU.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { exitCodeOf } from '../src/cli/exit-code.ts';
import { parseConfig } from '../src/config/config.ts';
import { parseStudy } from '../src/config/study-file.ts';
import type { Verdict } from '../src/model/comparison.ts';
import { runProgram } from '../src/program.ts';
import { duels } from './bench/peers/duel.ts';
import { peers } from './bench/peers/rules.ts';
import { cases, groups } from './bench/verdict-cases.ts';
import { courses } from './bench/verdict-histories.ts';
import { type Figures, verdictSummary } from './bench/verdict-summary.ts';
import { goodBoot } from './faults/scripts.ts';
import { openWorld } from './faults/world.ts';

const root = resolve(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const pages = [...globSync('*.md', { cwd: root }), ...globSync('{docs,baselines}/*.md', { cwd: root })].map((name) => ({
  name,
  text: read(name),
}));

/** Every command line that a page shows, in a block or inside a sentence, without its comment. */
const commandLines = pages.flatMap(({ name, text }) =>
  [...text.matchAll(/^ *((?:npm|bootgauge) .*)$|`((?:npm|bootgauge) [^`]*)`/gm)].flatMap(([, line, span]) =>
    (line ?? span ?? '')
      .replace(/\s[#>]\s.*/, '')
      .split('&&')
      .map((words) => ({ name, line: words.trim() })),
  ),
);

async function help(words: readonly string[]): Promise<string> {
  let out = '';
  const add = (text: string): void => {
    out += text;
  };
  await runProgram([...words, '--help'], {
    out: add,
    err: add,
    environment: {},
    folder: root,
    signal: new AbortController().signal,
    progress: () => {},
    terminal: { isTerminal: false, columns: 200, colour: false },
    version: '1.2.3',
    finish: () => {},
  });
  return out;
}

/** Commands that a help lists, with their aliases left out. */
const listed = (text: string): string[] =>
  [...(/\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(text)?.[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(
    ([, name = '']) => name,
  );

test('every npm script that a page names is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = commandLines.flatMap(({ name, line }) => {
    const script = /^npm (?:run )?([a-z:-]+\*?)/.exec(line)?.[1] ?? '';
    return ['', 'ci', 'install', 'run'].includes(script) || script.endsWith('*') ? [] : [{ name, script }];
  });
  assert.ok(named.length > 5);
  assert.deepEqual(
    named.filter(({ script }) => !(script in scripts)),
    [],
  );
});

test('every command and option that a page shows is one that help knows', async () => {
  const shown = commandLines.filter(({ line }) => /^bootgauge [a-z]/.test(line));
  assert.ok(shown.length > 15);
  const commands = listed(await help([]));
  for (const { name, line } of shown) {
    const words = line.split(' ').slice(1);
    const [command = '', inner = ''] = words;
    assert.ok(commands.includes(command), `${name}: ${line}`);
    const known = await help([command]);
    const text = listed(known).includes(inner) ? await help([command, inner]) : known;
    for (const option of words.filter((word) => word.startsWith('--')))
      assert.match(text, new RegExp(`${option}[ ,\n]`), `${name}: ${line}`);
  }
});

test('the table of commands in the README is the list of the program', async () => {
  const rows = [...read('README.md').matchAll(/^\| `([a-z]+)(?: ([^`]*))?` \|/gm)];
  const commands = listed(await help([])).filter((name) => name !== 'help');
  assert.deepEqual(rows.map(([, name]) => name).sort(), commands.sort());
  for (const [, name = '', words = ''] of rows.filter(([, , words = '']) => words.includes('\\|'))) {
    const inner = listed(await help([name])).filter((word) => word !== 'help');
    assert.deepEqual(words.split('\\|').sort(), inner.sort());
  }
});

test('the verdict table in the README has every word with its exit code', () => {
  const rows = [...read('README.md').matchAll(/^\| ([a-z]+) \| .* \| ([013])(?:, or (1) with .*)? \|$/gm)];
  assert.equal(rows.length, 7);
  for (const [, word, code, strict] of rows) {
    const verdict = { word } as Verdict;
    assert.equal(exitCodeOf(verdict, 'pass'), Number(code), word);
    assert.equal(exitCodeOf(verdict, 'fail'), Number(strict ?? code), word);
  }
});

/** Cells by the first cell, of all tables of a text. */
const tableRows = (text: string): Map<string, readonly string[]> =>
  new Map(
    [...text.matchAll(/^\| (.*) \|$/gm)].map(([, cells = '']) => {
      const [name = '', ...others] = cells.split(' | ').map((cell) => cell.trim());
      return [name.replaceAll('*', ''), others];
    }),
  );

test('the page of accuracy has every row that the bench of the verdict plays, and the table of rules is taken from it', () => {
  const rows = tableRows(/^## The verdict: [\s\S]*?(?=^## )/m.exec(read('docs/accuracy.md'))?.[0] ?? '');
  for (const { title } of [...cases, ...courses]) assert.match(rows.get(title)?.[0] ?? '', /^\d+\.\d\d$/, title);
  const shown = tableRows(read('ARCHITECTURE.md'));
  const columns = ['stored', 'interleaved', 'up5', 'up10'].map((id) => duels.findIndex((duel) => duel.id === id));
  for (const name of [...peers.map((peer) => peer.name), 'Bootgauge']) {
    const figures = rows.get(name) ?? assert.fail(name);
    assert.deepEqual(
      shown.get(name),
      columns.map((column) => figures[column]),
      name,
    );
  }
});

test('the short tables of the page of accuracy are what its long ones come to', () => {
  const page = read('docs/accuracy.md');
  const long = /^## The verdict: [\s\S]*?(?=^## )/m.exec(page)?.[0] ?? '';
  const figures = Object.entries(groups).flatMap(([group, members]) => {
    const rows = tableRows(long.split(/\n{2,}/).find((part) => part.startsWith(`| ${group} `)) ?? assert.fail(group));
    return members.map(({ id, title }) => {
      const [flagged, , same, faster, pairs] = (rows.get(title) ?? assert.fail(title)).map(Number);
      return [id, { flagged, same, faster, pairs } as Figures] as const;
    });
  });
  const byId = new Map(figures);
  const tables = verdictSummary((id) => byId.get(id));
  assert.equal(tables.length, 3);
  for (const table of tables) assert.ok(page.includes(`\n\n${table}\n\n`), `docs/accuracy.md should have\n${table}`);
});

test('every configuration that a page or this repository shows is right', () => {
  const shown = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
      .map(([, yaml = '']) => ({ name, yaml }))
      .filter(({ yaml }) => /^version: 1$/m.test(yaml)),
  );
  assert.ok(shown.length > 0);
  const path = join(root, 'bootgauge.yml');
  for (const { name, yaml } of [...shown, { name: 'bootgauge.yml', yaml: read('bootgauge.yml') }]) {
    if (/^factors:$/m.test(yaml)) parseStudy(yaml, { name, folder: root });
    else parseConfig(yaml, { path, name });
  }
});

test('links between pages lead to files', () => {
  const broken = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(resolve(root, name, '..', target)))
      .map((target) => `${name}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test("the README's tour: its configuration, a run, the reports, a baseline and every look at them", async () => {
  await using world = await openWorld();
  const yaml = /```yaml\n(version: 1\n[\s\S]*?)^```/m.exec(read('README.md'))?.[1] ?? '';
  const file = join(world.workspace, 'bootgauge.yml');
  await writeFile(file, yaml.replace('accel: auto', 'accel: tcg'));
  await appendFile(file, `qemu:\n  binary: ${JSON.stringify(await world.player(goodBoot()))}\n`);
  const walk = async (line: string, code = 0): Promise<string> => {
    const ended = await world.run(...line.split(' '));
    assert.equal(ended.code, code, `${line}\n${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  await walk('run default --warmup 0 --boots 3 --max-boots 3');
  const folder = world.runs()[0] as string;
  const reports = ['report.json', 'report.md', 'report.svg', 'report.html', 'trace.json'];
  const written = reports.map((name) => readFileSync(join(folder, name)));
  await walk('analyze');
  assert.deepEqual(
    reports.map((name) => readFileSync(join(folder, name))),
    written,
  );
  assert.match(await walk('blame'), /openrc/);
  assert.match(await walk('open --print'), /report\.html\n$/);
  // Whether this machine is quiet enough for a reference is not what the tour is about.
  await walk('baseline accept --force=tour');
  assert.match(await walk('baseline list'), /default/);
  assert.match(await walk('history'), /time-to-ssh/);
  await walk('run verbose-console --warmup 0 --boots 2 --max-boots 2');
  await walk('run default --warmup 0 --boots 3 --max-boots 3');
  assert.match(await walk(`compare ${world.runs()[0]} ${world.runs()[2]}`), /time-to-ssh/);
  await walk('schema --output .bootgauge/schema.json');
  assert.ok(existsSync(join(world.workspace, '.bootgauge/schema.json')));
  assert.match(await walk('guest list'), /reference-arm64-dropbear/);
  assert.match(await walk('guest path reference-arm64-dropbear'), /^\//);
});
