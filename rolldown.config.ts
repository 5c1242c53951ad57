// Builds dist: what the action, the comment action and the npm package run. The same sources give the same bytes.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const node = readFileSync(new URL('.node-version', import.meta.url), 'utf8').trim();

export default defineConfig({
  input: { main: 'src/action.ts', comment: 'src/comment.ts', cli: 'src/cli.ts' },
  platform: 'node',
  transform: { target: `node${node}` },
  output: {
    dir: process.env.BOOTGAUGE_DIST ?? 'dist',
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    // No hashes in names: a rebuilt file replaces the one that it comes from.
    chunkFileNames: 'parts/[name].js',
    minify: { compress: true, mangle: false, codegen: true },
    comments: { legal: true },
  },
});
