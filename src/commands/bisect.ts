// bootgauge bisect: finds the commit that made the guest slower. git chooses the commits; each is built and booted in turn with the
// good one, as many times as the verdict needs.
import { homedir } from 'node:os';
import { relative } from 'node:path';
import type { Command } from 'commander';
import type { BisectResult } from '../build/bisect.ts';
import type { Source } from '../build/source.ts';
import type { Config } from '../config/config.ts';
import { usageError } from '../model/errors.ts';
import type { ScenarioReport } from '../model/report.ts';
import type { Scenario } from '../model/scenario.ts';
import { answerOf, nearestAnswer, percent, type Step, stepOf } from './bisect-answer.ts';
import { type Journal, journalPath, readJournal, type Tried, writeJournal } from './bisect-journal.ts';
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
      await tell(bisection, result);
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
  journal: Journal;
}

async function openBisection(asked: Asked): Promise<Bisection> {
  const { options, context } = asked;
  const name = options.scenario;
  const [{ openSource }, { resolveRef }, { hashValue }] = await Promise.all([
    import('../build/source.ts'),
    import('../build/revision.ts'),
    import('../build/digest.ts'),
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
  const question = hashValue([good, bad, scenario, options.metric ?? '']);
  const path = journalPath(config.folder, question);
  const earlier = options.anew ? null : await readJournal(path, question);
  if (earlier !== null && earlier.tried.length > 0) {
    context.progress({ kind: 'note', text: `going on: ${earlier.tried.length} commits are known from before` });
  }
  const journal = earlier ?? { schema: 1 as const, question, good, bad, step: null, tried: [] };
  return { ...asked, config, scenario, source, path, journal };
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

const words = { good: 'fast', bad: 'slow', skip: 'passed over' } as const;

/** What bad costs against good: without it there is nothing to look for. */
async function measureStep(bisection: Bisection): Promise<Step> {
  const { journal, options } = bisection;
  const { report } = await pairedRun(bisection, journal.good, journal.bad);
  const step = stepOf(report, options.metric);
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
  const { source, journal, context } = bisection;
  const subject = await git(source.folder, ['log', '-1', '--format=%s', commit], { signal: context.signal });
  const keep = async (rest: Pick<Tried, 'answer' | 'because' | 'run'>): Promise<Tried> => {
    const tried = { commit, subject, ...rest };
    await remember(bisection, { ...bisection.journal, tried: [...bisection.journal.tried, tried] });
    return tried;
  };
  try {
    let { report, folder } = await pairedRun(bisection, journal.good, commit);
    let answered = answerOf(report, step);
    if (answered.answer === 'undecided') {
      ({ report, folder } = await pairedRun(bisection, journal.good, commit, 2));
      answered = answerOf(report, step);
    }
    if (answered.answer === 'undecided') answered = nearestAnswer(report, step);
    return await keep({ answer: answered.answer as Tried['answer'], because: answered.because, run: folder });
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    return keep({ answer: 'skip', because: `does not build: ${error.message.split('\n')[0]}`, run: '' });
  }
}

async function remember(bisection: Bisection, journal: Journal): Promise<void> {
  bisection.journal = journal;
  await writeJournal(bisection.path, journal);
}

/** Boots two commits in turn; `more` times as many boots as the scenario says. */
async function pairedRun(
  { scenario, config, context }: Bisection,
  base: string,
  head: string,
  more = 1,
): Promise<{ readonly report: ScenarioReport; readonly folder: string }> {
  const { runScenarios } = await import('./run.ts');
  const { withSideBuild } = await import('../config/qemu.ts');
  const at = (side: Scenario['head'], ref: string) => ({
    ...side,
    qemu: withSideBuild(side.qemu, { ref }, config.folder),
  });
  const { sampling } = scenario;
  const pair: Scenario = {
    ...scenario,
    base: at(scenario.base ?? scenario.head, base),
    head: at(scenario.head, head),
    sampling: { ...sampling, maxBoots: sampling.maxBoots * more, timeBudgetMs: sampling.timeBudgetMs * more },
  };
  const { report, folder } = await runScenarios({ config, scenarios: [pair], onUndecided: 'pass', context });
  return { report: report.scenarios[0] as ScenarioReport, folder };
}

/** The report: the commit, what it costs against its parent, where, and how it was found. */
async function tell(bisection: Bisection, result: BisectResult): Promise<void> {
  const { context, source, journal } = bisection;
  const { git } = await import('../build/git.ts');
  const ask = (...asked: string[]): Promise<string> => git(source.folder, asked, { signal: context.signal });
  const skipped = journal.tried.filter(({ answer }) => answer === 'skip');
  const history = [
    '',
    `Looked at ${journal.tried.length} commits${skipped.length > 0 ? `, ${skipped.length} of them passed over` : ''}:`,
    ...journal.tried.map(
      ({ commit, subject, answer, because }) =>
        `  ${commit.slice(0, 10)} ${words[answer].padEnd(11)} ${subject}\n             ${because}`,
    ),
    '',
  ];
  if (result.kind === 'among') {
    const lines = await Promise.all(result.commits.map((commit) => ask('log', '-1', '--format=  %h %s', commit)));
    context.out(`It is one of these, of which some could not be judged:\n${[...lines, ...history].join('\n')}\n`);
    context.finish(3);
    return;
  }
  const { commit } = result;
  const about = await ask('log', '-1', '--format=%h %s%n  %an, %as', commit);
  context.out(`${[`First slower commit: ${about}`, ...(await costOf(bisection, commit)), ...history].join('\n')}\n`);
}

async function costOf(bisection: Bisection, commit: string): Promise<string[]> {
  const { context, journal, config } = bisection;
  const { SourceFault } = await import('../build/source-fault.ts');
  const metric = journal.step?.metric ?? '';
  const { git } = await import('../build/git.ts');
  const parent = await git(bisection.source.folder, ['rev-parse', `${commit}^`], { signal: context.signal });
  try {
    const { report, folder } = await pairedRun(bisection, parent, commit);
    const comparison = report.comparisons.find((one) => one.metric === metric);
    if (comparison?.ratio == null)
      return [`  its parent ${parent.slice(0, 10)} cannot be measured: ${report.verdict.because}`];
    const { ratio, interval } = comparison;
    const range = interval === null ? '' : ` [${percent(interval.low)}, ${percent(interval.high)}]`;
    const where =
      report.where?.phases.map(({ name, differenceMs }) => `${name} ${signed(differenceMs)}`).join(', ') ?? '';
    return [
      `  ${metric} ${percent(ratio)}${range} against its parent ${parent.slice(0, 10)}`,
      ...(where === '' ? [] : [`  where: ${where}`]),
      `  run: ${relative(context.folder, folder) || config.folder}`,
    ];
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    return [`  its parent ${parent.slice(0, 10)} does not build, so what it costs alone is not known`];
  }
}

const signed = (milliseconds: number): string => `${milliseconds < 0 ? '' : '+'}${Math.round(milliseconds)} ms`;
