// bootgauge bisect: finds the commit that made the guest slower. git chooses the commits; each is built and booted in turn with the
// good one, as many times as the verdict needs.

import { homedir } from 'node:os';
import type { Command } from 'commander';
import { lookForAnswer, lookForStep, type NoStep, type Step, stepOf } from '../bisect/answer.ts';
import { tellBisection, words } from '../bisect/bisect-report.ts';
import type { BisectResult } from '../bisect/git-bisect.ts';
import { bisect, provideHistory } from '../bisect/git-bisect.ts';
import { type Journal, journalLock, journalPath, readJournal, writeJournal } from '../bisect/journal.ts';
import { type BuiltSide, leftAside, runPair, sideAt } from '../bisect/pair.ts';
import { tryCommit } from '../bisect/trial.ts';
import { git } from '../build/git.ts';
import { patchFiles } from '../build/patch-files.ts';
import { resolveRef } from '../build/revision.ts';
import type { Source } from '../build/source.ts';
import { openSource } from '../build/source.ts';
import type { CommandContext } from '../cli/context.ts';
import { addScenarioOptions, type ScenarioOptions, scenariosFor } from '../cli/scenario-options.ts';
import type { Config } from '../config/config.ts';
import type { SideBuilder } from '../measure/side-builder.ts';
import { sideBuilder } from '../measure/side-builder.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { ScenarioReport } from '../model/report.ts';
import type { Scenario } from '../model/scenario.ts';
import { cacheFolder } from '../store/cache-folder.ts';
import { hashFile, hashValue } from '../store/digest.ts';
import { acquireProjectLock } from '../store/project-lock.ts';

interface BisectOptions extends ScenarioOptions {
  readonly scenario?: string;
  readonly metric?: string;
  readonly anew?: true;
}

export function defineBisect(command: Command, context: CommandContext): void {
  command
    .argument('<good>', 'a commit that is fast')
    .argument('<bad>', 'a later one that is slow')
    .description(
      'Builds commits between <good> and <bad> of the source that qemu: names (default: this checkout) and boots each in\n' +
        'turn with the good one. Nothing but the commit differs: patches, guest and machine are those of the scenario, or of\n' +
        'its head: where it has one; base: is left aside. Commits that do not build or boot are passed over. Ends with the\n' +
        'commit, what it costs against its parent and the phase that carries it. Killed or interrupted, the same command\n' +
        'goes on where it was.',
    );
  addScenarioOptions(command)
    .optionsGroup('Bisect:')
    .option('--scenario <name>', 'scenario of bootgauge.yml to boot; default: the only one')
    .option('--metric <name>', 'metric to follow; default: the first that is slower')
    .option('--anew', 'forget what an earlier one has learned')
    .action(async (good: string, bad: string, options: BisectOptions) => {
      const asked = await ask({ good, bad, options, context });
      await using _lock = await lock(asked);
      const bisection = { ...asked, journal: await openJournal(asked) };
      const result = await follow(bisection);
      const measure = (base: string, head: string) => runPair(bisection, { base, head });
      await tellBisection({ ...bisection, result, measure });
    });
}

interface CommandLine {
  readonly good: string;
  readonly bad: string;
  readonly options: BisectOptions;
  readonly context: CommandContext;
}

interface Asked extends CommandLine {
  readonly config: Config;
  /** Its head is what is bisected; its base is left aside. */
  readonly scenario: Scenario & { readonly head: BuiltSide };
  readonly offline: boolean;
  readonly source: Source;
  /** Full ids of good and bad. */
  readonly ends: { readonly good: string; readonly bad: string };
  /** Digest of all that must be equal for answers to hold, and where they are kept. */
  readonly question: string;
  readonly path: string;
  readonly builder: SideBuilder;
}

interface Bisection extends Asked {
  journal: Journal;
}

async function ask(line: CommandLine): Promise<Asked> {
  const { options, context } = line;
  const { config, scenario } = await scenarioFor(line);
  const spec = scenario.head.qemu.build;
  const offline = options.offline ?? false;
  const settings = { ...(await buildOptions(context)), offline };
  const source = await openSource(spec.source, settings);
  const good = await resolveRef(source, line.good, settings);
  const bad = await resolveRef(source, line.bad, settings);
  if (good === bad) throw usageError(`${line.good} and ${line.bad} are the same commit`);
  const ends = { good: { name: line.good, commit: good }, bad: { name: line.bad, commit: bad } };
  await provideHistory(source, ends, settings);
  const patches = await Promise.all((await patchFiles(spec.patches)).map((file) => hashFile(file)));
  const question = hashValue([good, bad, scenario, options.metric ?? '', patches]);
  const path = journalPath(config.folder, question);
  const builder = sideBuilder({ cache: settings.cache, context, mostBytes: config.buildCacheBytes, offline });
  return { ...line, config, scenario, offline, source, ends: { good, bad }, question, path, builder };
}

async function scenarioFor({ good, bad, options, context }: CommandLine) {
  const name = options.scenario;
  const sides = { base: { ref: good }, head: { ref: bad } };
  const { config, scenarios } = await scenariosFor(name === undefined ? [] : [name], options, context, sides);
  const [scenario] = scenarios;
  if (scenario === undefined || scenarios.length > 1) {
    throw usageError('several scenarios could be bisected', `Name one: ${scenarios.map(({ id }) => id).join(', ')}`);
  }
  const aside = leftAside(scenario);
  if (aside.length > 0) {
    const text = `${scenario.id}: what base: has of its own is left aside (${aside.join(', ')}): all commits are built and booted as head: says`;
    context.progress({ kind: 'note', text });
  }
  return { config, scenario: { ...scenario, base: null, head: sideAt(scenario, null) } };
}

async function lock({ path, config, context }: Asked): Promise<AsyncDisposable> {
  const hint = 'A bisection keeps its journal there: make it writable.';
  return acquireProjectLock(config.folder, journalLock(path), { ...context, what: 'this very bisection', hint });
}

async function openJournal({ ends, question, path, options, context }: Asked): Promise<Journal> {
  const earlier = options.anew ? null : await readJournal(path, question);
  if (earlier !== null && earlier.tried.length > 0) {
    context.progress({ kind: 'note', text: `going on: ${counted(earlier.tried.length)} known from before` });
  }
  return earlier ?? { schema: 1, question, ...ends, step: null, tried: [] };
}

async function buildOptions({ environment, progress, signal }: CommandContext) {
  return { cache: cacheFolder(environment, homedir()), environment, progress, signal };
}

async function follow(bisection: Bisection): Promise<BisectResult> {
  const { source, context, ends } = bisection;
  const step = bisection.journal.step ?? (await measureStep(bisection));
  const look = (report: ScenarioReport) => lookForAnswer(report, step);
  const { signal } = context;
  return bisect(
    {
      source,
      ...ends,
      known: new Map(bisection.journal.tried.map(({ commit, answer }) => [commit, answer])),
      judge: async (commit, left) => {
        const { journal } = bisection;
        const tried = await tryCommit(commit, {
          journal,
          step,
          subjectOf: (name) => git(source.folder, ['log', '-1', '--format=%s', name], { signal }),
          digestOf: (name) => digestOf(bisection, name),
          measure: (head, more) => runPair(bisection, { base: ends.good, head, more, look }),
        });
        await remember(bisection, { ...journal, tried: [...journal.tried, tried] });
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
  const { ends, options, good, bad, scenario } = bisection;
  const { metric } = options;
  // The report's own rule, which judges repeated runs together, ends a run at any metric that is slower or above its ceiling.
  const needsOwnRule = metric !== undefined || Object.values(scenario.metrics).some(({ max }) => max !== null);
  const look = (report: ScenarioReport) => lookForStep(report, metric);
  let step: Step | NoStep = { because: '', open: true };
  for (const more of [1, 2]) {
    const pair = { base: ends.good, head: ends.bad, more };
    const { report } = await runPair(bisection, needsOwnRule ? { ...pair, look } : pair);
    step = stepOf(report, metric);
    if ('metric' in step) {
      await remember(bisection, { ...bisection.journal, step });
      return step;
    }
    if (report.verdict.rule === 'base-never-booted') throw measurementError(`${good} does not boot: ${step.because}`);
    if (!step.open) break;
  }
  const hint = 'Take more boots, or name other commits.';
  throw usageError(`${bad} is not slower than ${good}: ${step.because}`, hint);
}

async function digestOf({ scenario, builder }: Bisection, ref: string): Promise<string> {
  const { qemu, guest } = sideAt(scenario, ref);
  return (await builder.build({ spec: qemu.build, architecture: guest.architecture, slot: 'head' })).digest;
}

async function remember(bisection: Bisection, journal: Journal): Promise<void> {
  bisection.journal = journal;
  await writeJournal(bisection.path, journal);
}

const counted = (commits: number): string => (commits === 1 ? '1 commit is' : `${commits} commits are`);
