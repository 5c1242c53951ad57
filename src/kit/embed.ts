// node src/kit/embed.ts FOLDER NAME FILE.ts: writes FILE.ts from FOLDER/NAME-arm64 and FOLDER/NAME-x86_64, as a `build FOLDER` compiled
// them. What is compiled travels inside the code, so that one bundled file is all that a machine needs. Run it by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { outputOf } from '../host/processes.ts';

const [folder = '.', name = '', file = ''] = process.argv.slice(2);
const lines = (architecture: string): string =>
  gzipSync(readFileSync(join(folder, `${name}-${architecture}`)), { level: 9 })
    .toString('base64')
    .replace(/.{1,110}/g, "    '$&',\n");
const version = await outputOf('gcc', ['-dumpfullversion'], { signal: new AbortController().signal });
const compiler = String(version).trim();

writeFileSync(
  file,
  `// Made by src/kit/embed.ts from ${name}.c: what was compiled for each processor, gzip and base64.

/** Version of gcc that compiled them. */
export const compiler = '${compiler}';

export const programs = {
  arm64: [
${lines('arm64')}  ].join(''),
  x86_64: [
${lines('x86_64')}  ].join(''),
};
`,
);
