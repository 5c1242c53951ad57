// How soon the bundled action says something, and how large it is: `npm run bench:action [-- --json]`. Uses dist as it lies there.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { quantile } from '../../src/stats/quantiles.ts';
import { finishBench } from './table.ts';

const dist = resolve(import.meta.dirname, '../../dist');
const starts = 20;
const programs = ['main.js', 'comment.js', 'cli.js'] as const;

/** Milliseconds from the spawn to the first byte of output. */
function firstWord(program: string): Promise<number> {
  const started = performance.now();
  const words = program === 'cli.js' ? ['--version'] : [];
  const child = spawn(process.execPath, [join(dist, program), ...words], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Promise((done) => {
    child.stdout.once('data', () => {
      const ms = performance.now() - started;
      child.once('close', () => done(ms));
    });
  });
}

const rows: [string, number, number][] = [];
for (const program of programs) {
  const times: number[] = [];
  // The first start reads the files from disk.
  for (let start = 0; start <= starts; start += 1) times.push(await firstWord(program));
  const warm = times.slice(1);
  rows.push([program, Math.round(quantile(warm, 0.5)), Math.round(quantile(warm, 0.95))]);
}
const bytes = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
const worst = Math.max(...rows.map(([, median]) => median));
finishBench(
  {
    name: 'Start of the bundle',
    columns: ['program', 'median ms', '95 % ms'],
    rows,
    promises: [
      { what: 'the first line within 200 ms', measured: `${worst} ms`, met: worst <= 200 },
      { what: 'dist below 6 MB', measured: `${(bytes / 1e6).toFixed(1)} MB`, met: bytes < 6e6 },
    ],
    notes: [],
    data: { rows, bytes },
  },
  process.argv.includes('--json') ? 'json' : 'table',
);
