// The explaining commands on real boots of the reference guest: blame with initcalls, the trace, and a small study.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import type { SideBlame } from '../../src/model/blame.ts';
import type { StudyReport } from '../../src/model/study.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';

const cli = resolve(import.meta.dirname, '../../src/cli.ts');
const folder = mkdtempSync(join(tmpdir(), 'bootgauge-explain-'));
after(() => rmSync(folder, { recursive: true }));

function run(...words: string[]): string {
  const own = { BOOTGAUGE_CACHE: cacheFolder(process.env, homedir()), BOOTGAUGE_LOCK: join(folder, 'lock') };
  const environment = { ...process.env, ...own };
  const answer = spawnSync(process.execPath, [cli, ...words], { cwd: folder, env: environment, encoding: 'utf8' });
  assert.equal(answer.status, 0, answer.stdout + answer.stderr);
  return answer.stdout;
}

test('one timed and one explaining boot are blamed apart, and only the explaining one knows initcalls', () => {
  run('run', '--accel', 'tcg', '--warmup', '0', '-n', '1', '--max-boots', '1', '--explain', '1');
  const { scenarios } = JSON.parse(run('blame', '--json')) as { scenarios: { scenario: string; sides: SideBlame[] }[] };
  assert.deepEqual(
    scenarios.map(({ scenario }) => scenario),
    ['default', 'default.attribution'],
  );
  const [timing, attribution] = scenarios.map(({ sides }) => sides[0] as SideBlame) as [SideBlame, SideBlame];
  const parts = ({ phases }: SideBlame) => phases.flatMap((phase) => phase.parts);
  assert.ok(!parts(timing).some(({ kind }) => kind === 'initcall'));
  assert.ok(parts(attribution).filter(({ kind }) => kind === 'initcall').length > 10);
  assert.ok(attribution.phases.some(({ name }) => name === 'kernel'));
  assert.ok(attribution.clock !== null && attribution.clock.silentMs < attribution.clock.firstLineMs);
  for (const side of [timing, attribution]) {
    const sum = side.phases.reduce((all, { ms }) => all + ms, 0);
    assert.ok(Math.abs(sum - side.totalMs) < 0.001);
    assert.ok(parts(side).some(({ kind, name }) => kind === 'service' && name === 'hwdrivers'));
    assert.equal(side.chains[0]?.links[0]?.startMs, 0);
  }
  assert.match(run('blame'), /Critical chain to time-to-ssh/);
  const [recorded] = readdirSync(join(folder, '.bootgauge/runs')) as [string];
  const trace = JSON.parse(readFileSync(join(folder, '.bootgauge/runs', recorded, 'trace.json'), 'utf8')) as {
    traceEvents: { cat?: string }[];
  };
  assert.ok(trace.traceEvents.filter((event) => event.cat === 'initcall').length > 100);
});

test('the initial ramdisk boots packed otherwise than by gzip, and not packed', () => {
  const text = 'version: 1\nname: packed\ncommon: { accel: tcg }\nfactors:\n  initramfs: [zstd, none]\n';
  writeFileSync(join(folder, 'study.yml'), `${text}sampling: { warmup: 0, blocks: 2, max-blocks: 2 }\n`);
  const report = JSON.parse(run('study', 'study.yml', '--json')) as StudyReport;
  assert.equal(report.finished, true);
  assert.deepEqual(
    report.arms.map(({ id, boots, failed }) => [id, boots, failed]),
    [
      ['default', 2, 0],
      ['initramfs=none', 2, 0],
    ],
  );
});
