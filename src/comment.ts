// The door of the comment action: posts a stored report and does nothing else.
import { readFileSync } from 'node:fs';
import { enter } from './action/door.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.stdout.write(`bootgauge ${version}, comment\n`);
await enter(version, async () => {
  const { postStored } = await import('./action/post-stored.ts');
  return ({ signal }) => postStored(signal);
});
