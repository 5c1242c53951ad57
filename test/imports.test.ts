// The house keeps its walls: which room may import which, and what pure rooms may not touch. The table is ARCHITECTURE.md's.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import test from 'node:test';

const src = resolve(import.meta.dirname, '../src');

/** Room -> rooms it may import, as the table in ARCHITECTURE.md says. A file directly in src is a room of its own name. */
const allowed = roomsOf(readFileSync(join(src, '../ARCHITECTURE.md'), 'utf8'));

const pure = [
  'model',
  'probe',
  'stats',
  'timeline',
  'diagnose',
  'blame',
  'study',
  'verdict',
  'report',
  'trend',
  'runs',
  'vulkan',
  'analyze.ts',
];
/** Packages without I/O that pure rooms may use. */
const purePackages = ['d3-scale', 'markdown-table', 'picocolors', 're2js', 'string-width', 'wrap-ansi', 'zod'];

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
}

function roomOf(file: string): string {
  return relative(src, file).split(sep)[0] as string;
}

const files = globSync('**/*.ts', { cwd: src }).map((file) => join(src, file));
const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from\s+|import\s+|import\(\s*)'([^'\n]+)'/g)].map((match) => ({
    file,
    room: roomOf(file),
    target: match[1] as string,
  })),
);

test('every file lies in a room of the table, and the table names no other', () => {
  assert.deepEqual([...new Set(files.map(roomOf))].sort(), Object.keys(allowed).sort());
  for (const [room, names] of Object.entries(allowed)) {
    for (const name of names) assert.ok(name in allowed, `the row of ${room} names ${name}, which is no row`);
  }
});

test('every file that ARCHITECTURE.md names by its room is there', () => {
  const text = readFileSync(join(src, '../ARCHITECTURE.md'), 'utf8');
  const named = [...text.matchAll(/(?<![\w./-])(?:src\/)?([a-z]+\/[\w/-]+\.ts)\b/g)].map((match) => match[1] as string);
  assert.ok(named.length > 40, `${named.length}`);
  const wrong = named.filter((file) => !existsSync(join(src, file)) && !existsSync(join(src, '..', file)));
  assert.deepEqual(wrong, []);
});

test('rooms import only what the table allows', () => {
  const wrong = imports
    .filter((entry) => entry.target.startsWith('.'))
    .map((entry) => ({ ...entry, to: roomOf(resolve(dirname(entry.file), entry.target)) }))
    .filter((entry) => entry.to !== entry.room && !allowed[entry.room]?.includes(entry.to))
    .map((entry) => `${relative(src, entry.file)} -> ${entry.target}`);
  assert.deepEqual(wrong, []);
});

test('pure rooms import no platform module and no package with I/O', () => {
  const wrong = imports
    .filter(
      (entry) => pure.includes(entry.room) && !entry.target.startsWith('.') && !purePackages.includes(entry.target),
    )
    .map((entry) => `${relative(src, entry.file)} -> ${entry.target}`);
  assert.deepEqual(wrong, []);
});

test('pure rooms read no clock, no randomness, no process and no console', () => {
  const wrong = files
    .filter((file) => pure.includes(roomOf(file)))
    .filter((file) =>
      /\b(Date\.now|new Date\(\)|Math\.random|performance\.|process\.|console\.(log|error|warn)|fetch\()/.test(
        code(file),
      ),
    )
    .map((file) => relative(src, file));
  assert.deepEqual(wrong, []);
});

test('only the github room imports @actions packages', () => {
  const wrong = imports
    .filter((entry) => entry.target.startsWith('@actions/') && entry.room !== 'github')
    .map((entry) => relative(src, entry.file));
  assert.deepEqual(wrong, []);
});

test('programs are started by the runner alone, and by execa', () => {
  const runners = ['host/processes.ts', 'host/reaper.ts'];
  const wrong = imports
    .filter(({ target }) => /^(node:)?child_process$|^execa$/.test(target))
    .filter(({ file, target }) => target !== 'execa' || !runners.includes(relative(src, file)))
    // Types alone start nothing.
    .filter(({ file, target }) => !readFileSync(file, 'utf8').includes(`import type { ChildProcess } from '${target}'`))
    .map(({ file, target }) => `${relative(src, file)} -> ${target}`);
  assert.deepEqual(wrong, []);
});

test('no file imports itself in a circle', () => {
  const graph = new Map<string, string[]>();
  for (const entry of imports.filter((candidate) => candidate.target.startsWith('.'))) {
    graph.set(entry.file, [...(graph.get(entry.file) ?? []), resolve(dirname(entry.file), entry.target)]);
  }
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file))
      circles.push([...path.slice(path.indexOf(file)), file].map((name) => relative(src, name)).join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(circles, []);
});

/** Where code is loaded late, how many such places a file has, and why. Elsewhere every import stands at the top. */
const late: Readonly<Record<string, readonly [number, string]>> = {
  'cli.ts': [5, 'the Node version is checked and signals are answered before anything else is read'],
  'program.ts': [20, 'one per command: help and one command do not wait for the others'],
  'cli/output.ts': [1, 'most commands show no progress'],
  'action.ts': [1, 'its first line does not wait for all that a measurement needs'],
  'comment.ts': [1, 'its first line does not wait for all that a comment needs'],
  'github/artifact.ts': [1, '@actions/artifact is 3.5 MB'],
  'github/shared-builds.ts': [1, '@actions/cache shares those 3.5 MB'],
  'host/systems.ts': [2, 'each system loads its own half: who only takes a lock does not wait for execa'],
};

test('code is loaded late only where it pays', () => {
  const found = files.flatMap((file) => {
    const count = code(file).match(/(?<!typeof )\bimport\(/g)?.length ?? 0;
    return count === 0 ? [] : [[relative(src, file), count] as const];
  });
  const allowed = Object.entries(late).map(([file, [count]]) => [file, count] as const);
  assert.deepEqual(Object.fromEntries(found), Object.fromEntries(allowed));
});

test('no source file is longer than 300 lines, and none re-exports what another one holds', () => {
  const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 301);
  const barrels = files.filter((file) => file.endsWith('index.ts') || /(^|\/)utils?\.ts$/.test(file));
  assert.deepEqual(
    [...long, ...barrels].map((file) => relative(src, file)),
    [],
  );
  const forwarding = files.filter((file) => /^export (type )?(\{[^}]*\}|\*.*) from/m.test(readFileSync(file, 'utf8')));
  assert.deepEqual(
    forwarding.map((file) => relative(src, file)),
    [],
  );
});

/** Source without comments and string contents. */
function code(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '')
    .replace(/'[^'\n]*'|`[^`]*`/g, "''");
}

/** Rows are | `room/` | what it holds | imports |, where the last is -, a list, or all, all folders, all but a list. */
function roomsOf(architecture: string): Record<string, readonly string[]> {
  const rows = [...architecture.matchAll(/^\| `([a-z.-]+\/?)` \|.*\| ([^|]+) \|$/gm)].map(
    ([, room = '', imports = '']) => ({ room, imports }),
  );
  const plain = (room: string): string => room.replace('/', '');
  return Object.fromEntries(
    rows.map(({ room, imports }) => {
      const [, all, folders, but = ''] = /^(all)( folders)?(?: but (.*))?$/.exec(imports) ?? [];
      const named = imports === '-' ? [] : imports.split(', ');
      const everyOther = rows
        .filter((row) => folders === undefined || row.room.endsWith('/'))
        .map((row) => plain(row.room));
      return [plain(room), all === undefined ? named : everyOther.filter((other) => !but.split(', ').includes(other))];
    }),
  );
}
