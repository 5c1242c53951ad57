// A whole bisection: git chooses the commits, each is built and booted in turn with the good one as often as the verdict needs, and the
// journal is written after every answer, so that the same question asked again goes on where it was.
import { git } from '../build/git.ts';
import type { BuildOptions } from '../build/options.ts';
import { patchFiles } from '../build/patch-files.ts';
import { resolveRef } from '../build/revision.ts';
import { openSource, type Source } from '../build/source.ts';
import type { CommandContext } from '../cli/context.ts';
import { cacheOf } from '../cli/kit-options.ts';
import type { Config } from '../config/config.ts';
import { type SideBuilder, sideBuilder } from '../measure/side-builder.ts';
import { usageError } from '../model/errors.ts';
import { emulatorContent } from '../model/launch-plan.ts';
import type { ScenarioReport } from '../model/report.ts';
import type { Scenario } from '../model/scenario.ts';
import { formatCount } from '../model/units.ts';
import { hashFile, hashValue } from '../store/digest.ts';
import { acquireProjectLock } from '../store/project-lock.ts';
import { lookForAnswer } from './answer.ts';
import { answerWords, printBisection } from './bisect-report.ts';
import { type BisectResult, bisect, provideHistory } from './git-bisect.ts';
import { checkTrees, holdOthers } from './held-sources.ts';
import { type Journal, journalLock, journalPath, readJournal, writeJournal } from './journal.ts';
import { type Bisected, type BuiltSide, runPair, sideAt } from './pair.ts';
import { findStep, tryCommit } from './trial.ts';

export interface BisectionRequest {
  /** As the user named them. */
  readonly good: string;
  readonly bad: string;
  readonly config: Config;
  /** Its head is what is bisected. */
  readonly scenario: Scenario & { readonly head: BuiltSide };
  readonly of: Bisected;
  /** Metric to follow; undefined: the first that is slower. */
  readonly metric: string | undefined;
  readonly offline: boolean;
  /** Ignores what the journal of an earlier one knows. */
  readonly anew: boolean;
}

interface Bisection extends BisectionRequest {
  readonly context: CommandContext;
  readonly source: Source;
  /** Full ids of good and bad. */
  readonly ends: { readonly good: string; readonly bad: string };
  readonly builder: SideBuilder;
  readonly buildOptions: BuildOptions;
  /** Digest of all that must be equal for answers to hold, and the file that keeps them. */
  readonly question: string;
  readonly path: string;
  /** Of sources that are not bisected, those that no commit names. */
  readonly trees: readonly string[];
}

/**
 * Prints the first slower commit and how it was found. Throws a usage error when bad is not slower than good or no way leads from one to
 * the other; what keeps good, bad or the machine from being measured is thrown as it is.
 */
export async function findSlowerCommit(
  request: BisectionRequest,
  context: CommandContext,
): Promise<BisectResult & Pick<Journal, 'step' | 'tried'>> {
  const bisection = await prepare(request, context);
  const { path, config, source } = bisection;
  const hint = 'make the folder writable: a bisection keeps its journal there';
  await using _lock = await acquireProjectLock(config.folder, journalLock(path), {
    ...context,
    what: 'the journal of this bisection',
    hint,
  });
  const notes = await openNotes(bisection);
  const result = await follow(bisection, notes);
  const measure = (base: string, head: string) => runPair(bisection, { base, head });
  await printBisection({ source, of: request.of, context, journal: notes.journal, result, measure });
  const { step, tried } = notes.journal;
  return { ...result, step, tried };
}

async function prepare(request: BisectionRequest, context: CommandContext): Promise<Bisection> {
  const { config, of, metric, offline } = request;
  const { environment, progress, signal } = context;
  const cache = cacheOf(context);
  const buildOptions = { cache, environment, progress, signal, offline };
  const { scenario, trees } = await holdOthers(request, buildOptions);
  const spec = scenario.head.qemu.build;
  const source = await openSource(
    spec.dependencies.find(({ name }) => name === of)?.source ?? spec.source,
    buildOptions,
  );
  const good = await resolveRef(source, request.good, buildOptions);
  const bad = await resolveRef(source, request.bad, buildOptions);
  if (good === bad) throw usageError(`${request.good} and ${request.bad} are the same commit`);
  const named = { good: { name: request.good, commit: good }, bad: { name: request.bad, commit: bad } };
  await provideHistory(source, named, buildOptions);
  const patches = await Promise.all((await patchFiles(spec.patches)).map((file) => hashFile(file)));
  const question = hashValue([good, bad, scenario, metric ?? '', patches, ...trees]);
  return {
    ...request,
    scenario,
    context,
    source,
    ends: { good, bad },
    builder: sideBuilder({ cache, context, mostBytes: config.buildCacheBytes, offline }),
    buildOptions,
    question,
    trees,
    path: journalPath(config.folder, question),
  };
}

/** The journal in memory and on disk: what is learned is written before it is used. */
interface Notes {
  readonly journal: Journal;
  learn(more: Partial<Journal>): Promise<void>;
}

async function openNotes({ ends, question, path, anew, context }: Bisection): Promise<Notes> {
  const earlier = anew ? null : await readJournal(path, question);
  const known = earlier?.tried.length ?? 0;
  if (known > 0) {
    const text = `going on with an earlier bisection, which tested ${formatCount(known, 'commit')}`;
    context.progress({ kind: 'note', text });
  }
  let journal = earlier ?? { schema: 1 as const, question, ...ends, step: null, tried: [] };
  return {
    get journal() {
      return journal;
    },
    async learn(more) {
      journal = { ...journal, ...more };
      await writeJournal(path, journal);
    },
  };
}

async function follow(bisection: Bisection, notes: Notes): Promise<BisectResult> {
  const { source, context, ends, buildOptions } = bisection;
  const step =
    notes.journal.step ??
    (await findStep(bisection, (pair) => runPair(bisection, { base: ends.good, head: ends.bad, ...pair })));
  await notes.learn({ step });
  const look = (report: ScenarioReport) => lookForAnswer(report, step);
  const known = new Map(notes.journal.tried.map(({ commit, answer }) => [commit, answer]));
  const judge = async (commit: string, left: number) => {
    const tried = await tryCommit(commit, {
      journal: notes.journal,
      step,
      subjectOf: (name) => git(source.folder, ['log', '-1', '--format=%s', name], { signal: context.signal }),
      build: (name) => buildAt(bisection, name),
      measure: (head, more) => runPair(bisection, { base: ends.good, head, more, look }),
    });
    await checkTrees(bisection, buildOptions);
    await notes.learn({ tried: [...notes.journal.tried, tried] });
    const answer = `${tried.commit.slice(0, 10)} is ${answerWords[tried.answer]}: ${tried.because}`;
    context.progress({ kind: 'note', text: `${answer} (about ${left} more to test)` });
    return tried.answer;
  };
  return bisect({ source, ...ends, known, judge }, buildOptions);
}

async function buildAt({ scenario, of, builder }: Bisection, ref: string): Promise<string> {
  const { qemu, guest } = sideAt(scenario, ref, of);
  const built = await builder.build({ spec: qemu.build, architecture: guest.architecture, slot: 'head' });
  return emulatorContent(built);
}
