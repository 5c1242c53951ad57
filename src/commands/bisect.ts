// bootgauge bisect: finds the commit that made the guest slower. git chooses the commits; each is built and booted in turn with the
// good one, as many times as the verdict needs.
import { homedir } from 'node:os';
import type { Command } from 'commander';
import type { BisectResult } from '../build/bisect.ts';
import type { Source } from '../build/source.ts';
import type { Config } from '../config/config.ts';
import { usageError } from '../model/errors.ts';
import type { ScenarioReport } from '../model/report.ts';
import type { RecordedScenario } from '../model/run.ts';
import type { Scenario } from '../model/scenario.ts';
import type { StopRule } from '../record.ts';
import { answerOf, nearestAnswer, type Step, stepOf } from './bisect-answer.ts';
import { type Journal, journalPath, readJournal, type Tried, writeJournal } from './bisect-journal.ts';
import { tellBisection, words } from './bisect-report.ts';
import type { SideBuilder } from './build-side.ts';
import type { CommandContext } from './context.ts';
import { addScenarioOptions, type ScenarioOptions, scenariosFor } from './scenario-options.ts';

interface BisectOptions extends ScenarioOptions {
  readonly scenario?: string;
  readonly metric?: string;
  readonly anew?: true;
}

export function registerBisect(program: Command, context: CommandContext): void {
  const command = program
    .command('bisect')
    .argument('<good>', 'a commit that is fast')
    .argument('<bad>', 'a later one that is slow')
    .summary('find the commit that made the guest slower')
    .description(
      'Builds commits between <good> and <bad> of the source that qemu: names (default: this checkout) and boots each in\n' +
        'turn with the good one. Commits that do not build or boot are passed over. Ends with the commit, what it costs\n' +
        'against its parent and the phase that carries it. Killed or interrupted, the same command goes on where it was.',
    );
  addScenarioOptions(command)
    .optionsGroup('Bisect:')
    .option('--scenario <name>', 'scenario of bootgauge.yml to boot; default: the only one')
    .option('--metric <name>', 'metric to follow; default: the first that is slower')
    .option('--anew', 'forget what an earlier, unfinished one has learned')
    .action(async (good: string, bad: string, options: BisectOptions) => {
      const bisection = await openBisection({ good, bad, options, context });
      const result = await follow(bisection);
      await tellBisection({ ...bisection, result, measure: (base, head) => pairedRun(bisection, base, head) });
    });
}

interface Asked {
  readonly good: string;
  readonly bad: string;
  readonly options: BisectOptions;
  readonly context: CommandContext;
}

interface Bisection extends Asked {
  readonly config: Config;
  readonly scenario: Scenario;
  readonly source: Source;
  readonly path: string;
  readonly builder: SideBuilder;
  journal: Journal;
}

async function openBisection(asked: Asked): Promise<Bisection> {
  const { options, context } = asked;
  const name = options.scenario;
  const [{ openSource }, { resolveRef }, { patchFiles }, { hashFile, hashValue }, { sideBuilder }] = await Promise.all([
    import('../build/source.ts'),
    import('../build/revision.ts'),
    import('../build/patch-files.ts'),
    import('../store/digest.ts'),
    import('./build-side.ts'),
  ]);
  const sides = { base: { ref: asked.good }, head: { ref: asked.bad } };
  const { config, scenarios } = await scenariosFor(name === undefined ? [] : [name], options, context, sides);
  const [scenario] = scenarios;
  if (scenario === undefined || scenarios.length > 1) {
    throw usageError('several scenarios could be bisected', `Name one: ${scenarios.map(({ id }) => id).join(', ')}`);
  }
  const { qemu } = scenario.head;
  if (qemu.from !== 'build') throw usageError('bisect builds QEMU from source', 'Give qemu.source in bootgauge.yml.');
  const settings = await buildOptions(context);
  const source = await openSource(qemu.build.source, settings);
  const good = await resolveRef(source, asked.good, settings);
  const bad = await resolveRef(source, asked.bad, settings);
  if (good === bad) throw usageError(`${asked.good} and ${asked.bad} are the same commit`);
  const patches = await Promise.all((await patchFiles(qemu.build.patches)).map((file) => hashFile(file)));
  const question = hashValue([good, bad, scenario, options.metric ?? '', patches]);
  const path = journalPath(config.folder, question);
  const earlier = options.anew ? null : await readJournal(path, question);
  if (earlier !== null && earlier.tried.length > 0) {
    context.progress({ kind: 'note', text: `going on: ${counted(earlier.tried.length)} known from before` });
  }
  const journal = earlier ?? { schema: 1 as const, question, good, bad, step: null, tried: [] };
  const builder = sideBuilder({ cache: settings.cache, context, mostBytes: config.buildCacheBytes });
  return { ...asked, config, scenario, source, path, builder, journal };
}

async function buildOptions({ environment, progress, signal }: CommandContext) {
  const { cacheFolder } = await import('../store/cache-folder.ts');
  return { cache: cacheFolder(environment, homedir()), environment, progress, signal };
}

async function follow(bisection: Bisection): Promise<BisectResult> {
  const { journal, source, context } = bisection;
  const { bisect } = await import('../build/bisect.ts');
  const step = journal.step ?? (await measureStep(bisection));
  return bisect(
    {
      source,
      good: journal.good,
      bad: journal.bad,
      known: new Map(journal.tried.map(({ commit, answer }) => [commit, answer])),
      judge: async (commit, left) => {
        const tried = await tryCommit(bisection, commit, step);
        const short = `${tried.commit.slice(0, 10)} is ${words[tried.answer]}: ${tried.because}`;
        context.progress({ kind: 'note', text: `${short} (about ${left} more to look at)` });
        return tried.answer;
      },
    },
    await buildOptions(context),
  );
}

/** What bad costs against good: without it there is nothing to look for. */
async function measureStep(bisection: Bisection): Promise<Step> {
  const { journal, options } = bisection;
  let step: Step | string = '';
  for (const more of [1, 2]) {
    const { report } = await pairedRun(bisection, journal.good, journal.bad, { more });
    step = stepOf(report, options.metric);
    if (report.verdict.word !== 'undecided') break;
  }
  if (typeof step === 'string') {
    throw usageError(
      `${bisection.bad} is not slower than ${bisection.good}: ${step}`,
      'Take more boots, or name other commits.',
    );
  }
  await remember(bisection, { ...journal, step });
  return step;
}

async function tryCommit(bisection: Bisection, commit: string, step: Step): Promise<Tried> {
  const { git } = await import('../build/git.ts');
  const { SourceFault } = await import('../build/source-fault.ts');
  const { AcceleratorFault } = await import('../qemu/accelerator.ts');
  const { source, journal, context } = bisection;
  const subject = await git(source.folder, ['log', '-1', '--format=%s', commit], { signal: context.signal });
  let digest = '';
  const keep = async (rest: Pick<Tried, 'answer' | 'because' | 'run'>): Promise<Tried> => {
    const tried = { commit, subject, digest, ...rest };
    await remember(bisection, { ...bisection.journal, tried: [...bisection.journal.tried, tried] });
    return tried;
  };
  try {
    digest = await digestOf(bisection, commit);
    const same = await sameBytes(bisection, digest);
    if (same !== null) return await keep({ ...same, run: '' });
    let { report, folder } = await pairedRun(bisection, journal.good, commit, { step });
    let answered = answerOf(report, step);
    if (answered.answer === 'undecided') {
      ({ report, folder } = await pairedRun(bisection, journal.good, commit, { step, more: 2 }));
      answered = answerOf(report, step);
    }
    if (answered.answer === 'undecided') answered = nearestAnswer(report, step);
    return await keep({ answer: answered.answer as Tried['answer'], because: answered.because, run: folder });
  } catch (error) {
    if (error instanceof AcceleratorFault && error.emulator === digest) {
      return keep({ answer: 'skip', because: `does not boot: ${error.message}`, run: '' });
    }
    if (!(error instanceof SourceFault)) throw error;
    return keep({ answer: 'skip', because: `does not build: ${error.message.split('\n')[0]}`, run: '' });
  }
}

async function digestOf({ scenario, builder }: Bisection, ref: string): Promise<string> {
  const { qemu, guest } = scenario.head;
  if (qemu.from !== 'build') throw new Error('bisect builds from source');
  const request = { spec: { ...qemu.build, ref }, architecture: guest.architecture, slot: 'head' };
  return (await builder.build(request)).digest;
}

/** What was built to the same bytes before needs no boot. */
async function sameBytes(bisection: Bisection, digest: string): Promise<Pick<Tried, 'answer' | 'because'> | null> {
  const { good, bad, tried } = bisection.journal;
  if (digest === (await digestOf(bisection, good))) return { answer: 'good', because: 'builds the same bytes as good' };
  if (digest === (await digestOf(bisection, bad))) return { answer: 'bad', because: 'builds the same bytes as bad' };
  const known = tried.find((one) => one.digest === digest);
  return known === undefined
    ? null
    : { answer: known.answer, because: `builds the same bytes as ${known.commit.slice(0, 10)}` };
}

async function remember(bisection: Bisection, journal: Journal): Promise<void> {
  bisection.journal = journal;
  await writeJournal(bisection.path, journal);
}

interface Pairing {
  /** Stop as soon as it is clear on which side of the step head lies; else when the verdict is. */
  readonly step?: Step;
  /** So many times as many boots as the scenario says. */
  readonly more?: number;
}

/** Boots two commits in turn. */
async function pairedRun(
  { scenario, config, context }: Bisection,
  base: string,
  head: string,
  { step, more = 1 }: Pairing = {},
): Promise<{ readonly report: ScenarioReport; readonly folder: string }> {
  const [{ runScenarios }, { withSideBuild }, { analyze, stopRule: usualRule }] = await Promise.all([
    import('./run.ts'),
    import('../config/qemu.ts'),
    import('../analyze.ts'),
  ]);
  const at = (side: Scenario['head'], ref: string) => ({
    ...side,
    qemu: withSideBuild(side.qemu, { ref }, config.folder),
  });
  const { sampling } = scenario;
  const pair: Scenario = {
    ...scenario,
    base: at(scenario.base ?? scenario.head, base),
    head: at(scenario.head, head),
    // Each commit is a new binary.
    sampling: {
      ...sampling,
      warmup: Math.max(1, sampling.warmup),
      maxBoots: sampling.maxBoots * more,
      timeBudgetMs: sampling.timeBudgetMs * more,
    },
  };
  const reportOf = (recorded: RecordedScenario): ScenarioReport => {
    const run = {
      schema: 1,
      id: '',
      startedAt: '',
      tool: '',
      finished: false,
      onUndecided: 'pass',
      commit: '',
    } as const;
    return analyze({ ...run, scenarios: [recorded] }).scenarios[0] as ScenarioReport;
  };
  const stopRule: StopRule = (recorded) => {
    const { answer, because } = answerOf(reportOf(recorded), step as Step);
    return answer === 'good' || answer === 'bad' ? { decision: 'enough', because } : usualRule(recorded);
  };
  const asked = { config, scenarios: [pair], onUndecided: 'pass' as const, context };
  const { report, folder } = await runScenarios(step === undefined ? asked : { ...asked, stopRule });
  return { report: report.scenarios[0] as ScenarioReport, folder };
}

const counted = (commits: number): string => (commits === 1 ? '1 commit is' : `${commits} commits are`);
