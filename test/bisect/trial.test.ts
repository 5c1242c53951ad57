// Trying one commit of a bisection with builds and boots that are made up: what is remembered of it, and what is not.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lookedAt } from '../../src/bisect/bisect-report.ts';
import { checkTrees, holdOthers } from '../../src/bisect/held-sources.ts';
import { type Journal, journalPath, readJournal, type Tried, writeJournal } from '../../src/bisect/journal.ts';
import { type BuiltSide, ignoredOfBase, scenarioOf, sideAt } from '../../src/bisect/pair.ts';
import { findStep, tryCommit } from '../../src/bisect/trial.ts';
import { SourceFault, sourceFault } from '../../src/build/faults.ts';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import type { ScenarioReport } from '../../src/model/report.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { AcceleratorFault } from '../../src/qemu/accelerator.ts';
import { checkoutAt, missingTools, openBench } from '../build/little-qemu.ts';
import { comparison, reportOf } from './bisect-reports.ts';

const slower = comparison({ word: 'slower', ratio: 1.4, interval: { low: 1.3, high: 1.5 } });
const open = comparison({ word: 'slower', ratio: 1.15, interval: { low: 1.05, high: 1.3 } });

const journalOf = (...tried: Tried[]): Journal => ({
  schema: 1,
  question: 'q'.repeat(64),
  good: 'good',
  bad: 'bad',
  step: { metric: 'time-to-ssh', ratio: 1.44 },
  tried,
});

interface Story {
  /** What each build throws. */
  readonly builds?: Readonly<Record<string, Error>>;
  /** What each run of boots gives or throws, in order. */
  readonly runs?: readonly (ScenarioReport | Error)[];
  readonly journal?: Journal;
}

async function tryOne({ builds = {}, runs = [], journal = journalOf() }: Story) {
  const asked: number[] = [];
  const tried = await tryCommit('commit', {
    journal,
    step: { metric: 'time-to-ssh', ratio: 1.44 },
    subjectOf: async () => 'A change',
    build: async (name) => {
      if (builds[name]) throw builds[name];
      return `digest of ${name}`;
    },
    measure: async (_, more) => {
      const run = runs[asked.length];
      asked.push(more);
      if (run === undefined || run instanceof Error) throw run ?? new Error('no boots were to be taken');
      return { report: run, folder: `run ${asked.length}` };
    },
  });
  return { tried, asked };
}

const fault = (message: string) => (error: unknown) =>
  error instanceof BootgaugeError && error.exitCode === 3 && error.message.includes(message);

test('a commit that does not build or boot is skipped, and the reason is remembered', async () => {
  const broken = await tryOne({ builds: { commit: sourceFault('head does not compile:\n  main.c:1') } });
  assert.deepEqual(
    [broken.tried.answer, broken.tried.because, broken.tried.digest],
    ['skip', 'does not build: head does not compile:', ''],
  );
  const dead = await tryOne({ runs: [reportOf('failed', { rule: 'head-never-booted' })] });
  assert.deepEqual([dead.tried.answer, dead.tried.run], ['skip', 'run 1']);
  const stuck = await tryOne({ runs: [new AcceleratorFault('kvm runs no guests', '', 'digest of commit')] });
  assert.equal(stuck.tried.answer, 'skip');
});

test('what good, bad or the machine is at fault for is thrown, and not remembered of the commit', async () => {
  for (const end of ['good', 'bad']) {
    const story = { builds: { [end]: sourceFault('the tree is gone') } };
    await assert.rejects(tryOne(story), (error) => !(error instanceof SourceFault) && fault(`${end} `)(error));
  }
  await assert.rejects(tryOne({ runs: [sourceFault('base does not compile')] }), fault('base does not compile'));
  const elsewhere = new AcceleratorFault('kvm runs no guests', '', 'digest of good');
  await assert.rejects(tryOne({ runs: [elsewhere] }), elsewhere);
  const silent = reportOf('incomparable', { rule: 'base-never-booted' });
  await assert.rejects(tryOne({ runs: [silent] }), fault('commit cannot be judged: it was so'));
  const few = reportOf('undecided', comparison({ because: 'too few boots' }));
  await assert.rejects(tryOne({ runs: [few, few] }), fault('too few boots'));
});

test('what more boots leave open is counted to the nearer half, and shown as a guess', async () => {
  const { tried, asked } = await tryOne({ runs: [reportOf('slower', open), reportOf('slower', open)] });
  assert.deepEqual(asked, [1, 2]);
  assert.deepEqual([tried.answer, tried.uncertain, tried.run], ['good', true, 'run 2']);
  const text = lookedAt({ tried: [tried] }).join('\n');
  assert.match(text, /not certain: 1 marked with \?/);
  assert.match(text, /commit +fast\? +A change/);
  const sure = await tryOne({ runs: [reportOf('slower', open), reportOf('slower', slower)] });
  assert.deepEqual([sure.tried.answer, sure.tried.uncertain], ['bad', false]);
  assert.doesNotMatch(lookedAt({ tried: [sure.tried] }).join('\n'), /not certain|\?/);
});

test('the same bytes are not booted again, and a guess stays one', async () => {
  const known: Tried = {
    commit: 'c0ffee',
    subject: '',
    digest: 'digest of commit',
    answer: 'good',
    because: '',
    run: 'run 1',
    uncertain: true,
  };
  const { tried } = await tryOne({ journal: journalOf(known) });
  assert.deepEqual(
    [tried.answer, tried.because, tried.uncertain, tried.run],
    ['good', 'builds the same bytes as c0ffee', true, ''],
  );
});

test('the search for the step ends where a slowdown is sure, not where a phase or a number got worse', async () => {
  const unsure = comparison({ because: 'who knows' });
  const phase = reportOf('slower', unsure, { rule: 'phase' });
  const looks: string[] = [];
  const step = findStep({ good: 'v1', bad: 'v2', metric: undefined }, async ({ more, look }) => {
    looks.push(`${more} ${look(phase).decision} ${look(reportOf('slower', slower)).decision}`);
    return { report: more === 1 ? phase : reportOf('slower', slower), folder: '' };
  });
  assert.deepEqual(await step, { metric: 'time-to-ssh', ratio: 1.4 });
  assert.deepEqual(looks, ['1 go-on enough', '2 go-on enough']);
  const asked = { good: 'v1', bad: 'v2', metric: undefined };
  const never = findStep(asked, async () => ({ report: phase, folder: '' }));
  await assert.rejects(never, /v2 is not slower than v1: time-to-ssh: who knows/);
  const dead = reportOf('incomparable', { rule: 'base-never-booted' });
  await assert.rejects(
    findStep(asked, async () => ({ report: dead, folder: '' })),
    fault('v1 does not boot'),
  );
});

test('a journal is read again as it was written; another question, damage and an older form are not', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'bootgauge-journal-'));
  context.after(() => rm(root, { recursive: true, force: true }));
  const { tried } = await tryOne({ runs: [reportOf('slower', slower)] });
  const journal = journalOf(tried);
  const path = journalPath(root, journal.question);
  assert.equal(await readJournal(path, journal.question), null);
  await writeJournal(path, journal);
  assert.deepEqual(await readJournal(path, journal.question), journal);
  assert.equal(await readJournal(path, 'another'), null);
  const { uncertain: _, ...older } = tried;
  await writeFile(path, JSON.stringify({ ...journal, tried: [older] }));
  assert.equal(await readJournal(path, journal.question), null);
  await writeFile(path, '{"schema": 1');
  assert.equal(await readJournal(path, journal.question), null);
});

test('both sides are the scenario as head has it, and nothing but the commit differs', () => {
  const scenarioAt = (text: string) => {
    const config = parseConfig(text, { path: '/project/bootgauge.yml', name: 'bootgauge.yml' });
    const [scenario] = scenariosOf(config, [], { base: { ref: 'v1' }, head: { ref: 'main' } });
    assert.ok(scenario);
    return scenario;
  };
  const own = scenarioAt(`version: 1
qemu: { source: . }
scenarios:
  wfi-sleep:
    base: { ref: main..., cpus: 1 }
    head: { patches: [wfi-sleep.patch] }
`);
  const { base, head } = scenarioOf(own, { base: 'a'.repeat(40), head: 'b'.repeat(40) });
  assert.deepEqual(base, sideAt(own, 'a'.repeat(40)));
  assert.deepEqual({ ...base, qemu: null }, { ...head, qemu: null });
  for (const side of [base, head]) {
    assert.ok(side.qemu.from === 'build');
    assert.deepEqual(side.qemu.build.patches, ['/project/wfi-sleep.patch']);
    assert.equal(side.machine.cpus, 2);
  }
  assert.deepEqual(ignoredOfBase(own), ['its machine', 'its patches']);
  const plain = 'version: 1\nqemu: { source: . }\nscenarios: { one: { base: { ref: main... }, head: {} } }\n';
  assert.deepEqual(ignoredOfBase(scenarioAt(plain)), []);
  assert.deepEqual(ignoredOfBase(scenarioAt('version: 1\nqemu: { source: . }\n')), []);
});

test('of a dependency that is bisected nothing but its commit differs, and what base has of it is not missed', () => {
  const text = `version: 1
qemu:
  source: .
  ref: v10
  dependencies: [{name: epoxy, source: epoxy, ref: one}, {name: mesa, source: mesa, ref: two}]
scenarios:
  one: {base: {qemu: {dependencies: [{name: mesa, ref: main...}]}}, head: {}}
`;
  const config = parseConfig(text, { path: '/project/bootgauge.yml', name: 'bootgauge.yml' });
  const [scenario] = scenariosOf(config, [], {});
  assert.ok(scenario);
  const refs = (side: Scenario['base']) => {
    assert.ok(side?.qemu.from === 'build');
    return [side.qemu.build.ref, ...side.qemu.build.dependencies.map(({ ref }) => ref)];
  };
  const { base, head } = scenarioOf(scenario, { base: 'good', head: 'bad' }, 'mesa');
  assert.deepEqual(
    [refs(base), refs(head)],
    [
      ['v10', 'one', 'good'],
      ['v10', 'one', 'bad'],
    ],
  );
  assert.deepEqual(ignoredOfBase(scenario, 'mesa'), []);
  assert.deepEqual(ignoredOfBase(scenario, 'epoxy'), ['its QEMU']);
  assert.throws(
    () => sideAt(scenario, null, 'virglrenderer'),
    (error) => error instanceof BootgaugeError && error.exitCode === 2 && error.hint.endsWith(': epoxy, mesa'),
  );
});

test('a tree that is not bisected, and that no commit names, counts at each step', {
  skip: missingTools(),
}, async () => {
  await using bench = await openBench();
  const { checkout, options } = bench;
  const config = parseConfig(
    `version: 1\nqemu: {source: ${checkout.folder}, dependencies: [{name: pace, source: pace}]}\n`,
    {
      path: join(bench.folder, 'bootgauge.yml'),
      name: 'bootgauge.yml',
    },
  );
  const pace = checkoutAt(join(bench.folder, 'pace'));
  await pace.write('pace.c', 'quick');
  pace.git('init', '--quiet', '.');
  pace.commit('A pace');
  const [scenario] = scenariosOf(config) as [Scenario & { readonly head: BuiltSide }];
  // Committed, it stays at its commit whatever becomes of the tree.
  const held = await holdOthers({ scenario, of: 'pace' }, options);
  assert.deepEqual(held.trees, []);
  await checkout.write('README', 'not committed');
  await checkTrees({ ...held, of: 'pace' }, options);
  const loose = await holdOthers({ scenario, of: 'pace' }, options);
  assert.equal(loose.trees.length, 1);
  await checkTrees({ ...loose, of: 'pace' }, options);
  await checkout.write('README', 'changed meanwhile');
  await assert.rejects(
    checkTrees({ ...loose, of: 'pace' }, options),
    fault('a source that is not bisected was changed meanwhile: QEMU, or another dependency'),
  );
});
