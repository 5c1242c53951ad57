// The self-test of doctor on this machine, with the kit: it ends, every line says what was found, and its report names nobody.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Command } from 'commander';
import type { CommandContext } from '../../src/cli/context.ts';
import { defineDoctor } from '../../src/commands/doctor.ts';

test('the self-test tries a build, two boots and all that this system is asked, and its report names nobody', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bootgauge-self-test-'));
  t.after(() => rm(folder, { recursive: true }));
  let out = '';
  let code = -1;
  const context: CommandContext = {
    out: (text) => {
      out += text;
    },
    err: (text) => assert.fail(text),
    // A secret of the job's.
    environment: { ...process.env, RUNNER_NAME: 'secret-runner' },
    ...{ folder, signal: t.signal, progress: () => {}, version: '0.0.0' },
    terminal: { isTerminal: false, columns: 200, colour: false },
    finish: (wanted) => {
      code = wanted;
    },
  };
  const program = new Command('bootgauge').exitOverride();
  // However busy this machine is.
  defineDoctor(program.command('doctor'), context, { limit: AbortSignal.timeout(900_000) });
  await program.parseAsync(['doctor', '--self-test', '--report', 'report.md'], { from: 'user' });
  for (const title of [
    'processes that leave their group',
    'build of a small program',
    'library path through a launcher',
  ])
    assert.match(out, new RegExp(`^ok +${title} `, 'm'));
  assert.match(out, /^ok +boot of the reference guest +SSH answered after [\d.]+ s$/m);
  assert.match(out, /^ok +boot by a launcher +SSH answered after [\d.]+ s$/m);
  assert.match(out, /\nreport\.md\n$/);
  assert.equal(code, /^problem /m.test(out) ? 3 : 0, out);
  const report = await readFile(join(folder, 'report.md'), 'utf8');
  for (const line of out.split('\n').filter((row) => /^(?:ok|problem|skipped) /.test(row)))
    assert.ok(report.includes(line.slice(9).split(/ {2}/)[0] ?? ''), line);
  for (const secret of ['secret-runner', `${homedir()}/`, hostname()]) assert.ok(!report.includes(secret), secret);
});

test('a report without a self-test is refused, and so is a place that cannot be written to', async () => {
  const program = new Command('bootgauge').exitOverride();
  const context = { environment: process.env, folder: tmpdir() } as unknown as CommandContext;
  defineDoctor(program.command('doctor'), context);
  const asked = program.parseAsync(['doctor', '--report', 'x.md'], { from: 'user' });
  await assert.rejects(asked, /--report belongs to --self-test/);
});
