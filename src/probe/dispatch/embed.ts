// node embed.ts FOLDER: writes programs.ts from what `build FOLDER` compiled. The programs travel inside the code, so that one bundled
// file is all that a machine needs.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const folder = process.argv[2] ?? '.';
const lines = (name: string): string =>
  gzipSync(readFileSync(join(folder, name)), { level: 9 })
    .toString('base64')
    .replace(/.{1,110}/g, "    '$&',\n");
const compiler = execFileSync('gcc', ['-dumpfullversion'], { encoding: 'utf8' }).trim();

writeFileSync(
  join(import.meta.dirname, 'programs.ts'),
  `// Made by embed.ts from dispatch.c: the compiled program for each processor, gzip and base64.

/** Version of gcc that compiled them. */
export const compiler = '${compiler}';

export const programs = {
  arm64: [
${lines('dispatch-arm64')}  ].join(''),
  x86_64: [
${lines('dispatch-x86_64')}  ].join(''),
};
`,
);
