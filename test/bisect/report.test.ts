// What a bisection says at its end: the commit it found is said, whatever becomes of the rest.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { printBisection } from '../../src/bisect/bisect-report.ts';
import type { PairedRun } from '../../src/bisect/pair.ts';
import { sourceFault } from '../../src/build/faults.ts';
import type { Source } from '../../src/build/source.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { measurementError } from '../../src/model/errors.ts';
import { checkoutAt } from '../build/little-qemu.ts';
import { comparison, reportOf } from './bisect-reports.ts';

async function historyOfTwo(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'bootgauge-report-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const checkout = checkoutAt(folder);
  checkout.git('init', '--quiet', '-b', 'main', '.');
  return { folder, first: checkout.commit('The very first'), second: checkout.commit('Sleep') };
}

/** What is said of a commit when its boots beside its parent give this. */
async function told(folder: string, commit: string, run: PairedRun | Error) {
  let text = '';
  const out = (more: string): void => {
    text += more;
  };
  const ended = await printBisection({
    source: { folder } as Source,
    context: { out, folder, signal: new AbortController().signal } as unknown as CommandContext,
    of: null,
    result: { kind: 'found', commit },
    journal: {
      schema: 1,
      question: '',
      good: '',
      bad: '',
      step: { metric: 'time-to-ssh', ratio: 1.4 },
      tried: [{ commit, subject: 'S', answer: 'bad', because: 'so', digest: 'd', run: '', uncertain: false }],
    },
    measure: async () => {
      if (run instanceof Error) throw run;
      return run;
    },
  }).then(
    () => null,
    (error: unknown) => error,
  );
  return { text, ended };
}

const slower = comparison({ word: 'slower', ratio: 1.4, interval: { low: 1.3, high: 1.5 } });

test('the commit, what it costs, and how it was found', async (context) => {
  const { folder, first, second } = await historyOfTwo(context);
  const { text } = await told(folder, second, { report: reportOf('slower', slower), folder: join(folder, 'run') });
  assert.match(text, /^First slower commit: [0-9a-f]{7,} Sleep\n {2}A\. U\. Thor, \d{4}-/);
  assert.ok(
    text.includes(
      `  time-to-ssh +40.0 % [+30.0 %, +50.0 %] compared with its parent ${first.slice(0, 10)}\n  run: run\n`,
    ),
  );
  assert.match(text, /Tested 1 commit:\n {2}[0-9a-f]{10} slow {5}S\n +so\n/);
});

test('a commit without a parent is found all the same', async (context) => {
  const { folder, first } = await historyOfTwo(context);
  const { text, ended } = await told(folder, first, new Error('no boots are to be taken'));
  assert.equal(ended, null);
  assert.match(text, /First slower commit: .* The very first\n.*\n {2}it has no parent .*\n\nTested 1 commit/);
});

test('whatever keeps the cost from being measured, the commit and how it was found are said', async (context) => {
  const { folder, second } = await historyOfTwo(context);
  const all = /First slower commit: .* Sleep\n[\s\S]*Tested 1 commit/;
  for (const [error, said] of [
    [sourceFault('base does not compile'), /its parent [0-9a-f]{10} does not build, so/],
    [measurementError('the disk is full'), /its cost compared with its parent was not measured: the disk is full/],
  ] as const) {
    const { text, ended } = await told(folder, second, error);
    assert.equal(ended, null);
    assert.match(text, all);
    assert.match(text, said);
  }
  const fault = new Error('a fault of ours');
  const { text, ended } = await told(folder, second, fault);
  assert.equal(ended, fault);
  assert.match(text, all);
});
