// bootgauge markers: a console log, read as a boot's console would be.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { runIn } from './commands/in-memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootgauge-markers-'));
after(() => rmSync(folder, { recursive: true }));
const consoles = join(import.meta.dirname, 'fixtures/consoles');

const markers = (...words: string[]) => runIn(folder, 'markers', ...words);

test('a log is shown with its phases and markers, and what never matched', async () => {
  const { code, out, err } = await markers(join(consoles, 'alpine-3.22-failed-services.console'));
  assert.equal(code, 0);
  assert.match(err, /markers of alpine \(as the console shows\), as a quiet console/);
  assert.match(out, /mdev .*Starting busybox mdev.*<- mdev \(starts\)/);
});

test('a log with very many lines says how many are not shown, and numbers the rest rightly', async () => {
  const text = Array.from({ length: 250_000 }, (_, index) => `line ${index + 1}\n`).join('');
  writeFileSync(join(folder, 'long.log'), text);
  const { out } = await markers('long.log');
  const rows = out.split('\n');
  assert.match(out, /^\.\.\. 50000 lines in the middle are not read and not shown \.\.\.$/m);
  for (const row of [rows[0], rows[99_999], rows[100_001], rows[200_000]]) {
    const [, number, said] = /^ *(\d+) .*line (\d+)$/.exec(row ?? '') ?? [];
    assert.ok(number !== undefined && number === said, row);
  }
  assert.match(rows[200_000] ?? '', /^250000 /);
});

test('whether a console is verbose is seen by itself', async () => {
  for (const file of readdirSync(consoles).filter((name) => name.endsWith('.console'))) {
    const verbose = /verbose|initcalls|panic|debian-13/.test(file);
    const { err } = await markers(join(consoles, file));
    assert.match(err, verbose ? /as a verbose console/ : /as a quiet console/, file);
  }
});

test('a profile of the configuration is tried without a boot', async () => {
  writeFileSync(
    join(folder, 'bootgauge.yml'),
    `version: 1
markers:
  mine:
    services: none
    markers:
      - {name: loader, pattern: "U-Boot \\\\d"}
      - {name: application, pattern: "app: ready"}
      - {name: never, pattern: "not there", kind: mark}
`,
  );
  writeFileSync(join(folder, 'console.log'), 'U-Boot 2024.01\nloading\napp: ready\n');
  const { code, out } = await markers('--markers', 'mine', '--profile', 'timing', 'console.log');
  assert.equal(code, 0);
  assert.equal(
    out,
    `1  loader       U-Boot 2024.01   <- loader (starts)
2  loader       loading
3  application  app: ready   <- application (starts)
never matched: never
`,
  );
});

test('a missing file and an unknown profile are usage errors', async () => {
  const missing = await markers('nowhere.log');
  assert.deepEqual([missing.code, missing.out], [2, '']);
  assert.match(missing.err, /there is no file nowhere\.log/);
  const unknown = await markers('--markers', 'alpin', 'console.log');
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /no marker profile 'alpin'.*alpine/);
  assert.equal((await markers('.')).code, 2);
});
