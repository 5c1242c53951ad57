// The door for GitHub: `uses: <owner>/bootgauge@v1`. Says who it is; `door.ts` does the rest.
import { readFileSync } from 'node:fs';
import { enter } from './action/door.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.stdout.write(`bootgauge ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}\n`);
await enter(version, async () => (await import('./action/step.ts')).runStep);
