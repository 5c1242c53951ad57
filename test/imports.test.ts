// The house keeps its walls: which room may import which, and what pure rooms may not touch. The table is ARCHITECTURE.md's.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import test from 'node:test';

const src = resolve(import.meta.dirname, '../src');

/** Room -> rooms it may import. A file directly in src is a room of its own name. */
const allowed: Record<string, readonly string[]> = {
  model: [],
  stats: [],
  store: ['model'],
  config: ['model'],
  report: ['model'],
  diagnose: ['model'],
  blame: ['model', 'stats'],
  study: ['model', 'stats', 'timeline'],
  progress: ['model'],
  github: ['model'],
  timeline: ['model', 'stats'],
  verdict: ['model', 'stats'],
  baseline: ['model', 'store'],
  host: ['model', 'store'],
  kit: ['model', 'store', 'host'],
  build: ['model', 'store', 'host'],
  qemu: ['model', 'host'],
  probe: ['model', 'host'],
  guest: ['model', 'store', 'host', 'kit', 'qemu', 'probe', 'timeline'],
  sampling: ['model', 'host', 'qemu', 'probe', 'timeline'],
  'analyze.ts': ['model', 'timeline', 'diagnose', 'blame', 'stats', 'verdict'],
  'record.ts': [
    'model',
    'stats',
    'store',
    'config',
    'diagnose',
    'progress',
    'timeline',
    'baseline',
    'host',
    'kit',
    'build',
    'qemu',
    'probe',
    'guest',
    'sampling',
  ],
};
allowed['record-study.ts'] = [...(allowed['record.ts'] ?? []), 'study'];
const rooms = Object.keys(allowed);
allowed.commands = [...rooms.filter((room) => room !== 'github'), 'commands'];
allowed['cli.ts'] = [...rooms.filter((room) => room !== 'github'), 'commands'];
allowed['action.ts'] = [...rooms, 'commands'];
allowed['comment.ts'] = [...rooms, 'commands'];

const pure = ['model', 'stats', 'timeline', 'diagnose', 'blame', 'study', 'verdict', 'report', 'analyze.ts'];
/** Packages without I/O that pure rooms may use. */
const purePackages = ['markdown-table'];

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
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({
    file,
    room: roomOf(file),
    target: match[1] as string,
  })),
);

test('every file lies in a room that the table knows', () => {
  const unknown = files.map(roomOf).filter((room) => !(room in allowed));
  assert.deepEqual([...new Set(unknown)], []);
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

test('only the github room and the doors import @actions packages', () => {
  const wrong = imports
    .filter(
      (entry) => entry.target.startsWith('@actions/') && !['github', 'action.ts', 'comment.ts'].includes(entry.room),
    )
    .map((entry) => relative(src, entry.file));
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

test('no source file is longer than 300 lines, and none only re-exports', () => {
  const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 301);
  const barrels = files.filter((file) => file.endsWith('index.ts') || /(^|\/)utils?\.ts$/.test(file));
  assert.deepEqual(
    [...long, ...barrels].map((file) => relative(src, file)),
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
