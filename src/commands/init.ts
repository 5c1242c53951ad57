// bootgauge init: looks at a repository and the machine, and writes the first configuration and workflow.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { choose } from '../cli/ask.ts';
import type { CommandContext } from '../cli/context.ts';
import { configJsonSchema } from '../config/schema.ts';
import { configuration, type Guest, guestsOf, guestWords } from '../init/configuration.ts';
import { type Found, lookAt } from '../init/look.ts';
import { type Runner, runnerWords, workflow } from '../init/workflow.ts';
import { type NewFile, type Outcome, writeFiles } from '../init/write.ts';

interface InitOptions {
  readonly yes?: true;
  readonly dryRun?: true;
}

export function defineInit(command: Command, context: CommandContext): void {
  command
    .description(
      'Looks at this repository and writes a first bootgauge.yml, a workflow for its pull requests, and what git is to ignore. ' +
        'Asks two questions at most. A file that is there already is left alone.',
    )
    .option('-y, --yes', 'ask nothing, and take the likeliest answers')
    .option('--dry-run', 'only show what would be written')
    .addHelpText('after', '\nExamples:\n  bootgauge init\n  bootgauge init --yes --dry-run')
    .action((options: InitOptions) => init(options, context));
}

async function init({ yes, dryRun }: InitOptions, context: CommandContext): Promise<void> {
  const folder = repositoryOf(context.folder);
  const found = await lookAt(folder);
  const asked = yes ? { ...context, keyboard: undefined } : context;
  const guests = guestsOf(found);
  const guest = await choose(
    'What shall be booted?',
    guests.map((one) => [one, guestWords(one)] as const),
    asked,
  );
  const runner = await choose('Who measures pull requests?', runnersFor(found, guest), asked);
  const files = filesFor(guest, found, runner);
  const outcomes = await writeFiles(folder, files, dryRun === true);
  context.out(summary(files, outcomes, dryRun === true));
  context.err(dryRun ? '' : nextStep(guest));
}

/** The top of the git repository, or the folder itself. */
function repositoryOf(folder: string): string {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return folder;
  }
}

/** The likeliest first. What a launcher starts needs the machine that it was written for, and what is built here its tools. */
function runnersFor({ tree }: Found, guest: Guest): (readonly [Runner | null, string])[] {
  const own = process.platform === 'darwin' ? 'self-hosted-mac' : 'self-hosted-linux';
  const isBuilt = tree !== null && tree !== 'linux';
  const both: Runner[] = guest.from === 'reference' && tree === null ? ['hosted-linux', own] : [own, 'hosted-linux'];
  const runners: Runner[] = isBuilt || guest.from === 'launcher' ? [own] : both;
  return [...runners.map((runner) => [runner, runnerWords(runner)] as const), [null, 'nobody: no workflow'] as const];
}

function filesFor(guest: Guest, { tree }: Found, runner: Runner | null): NewFile[] {
  return [
    { path: 'bootgauge.yml', text: configuration(guest, tree, process.platform) },
    ...(runner === null ? [] : [{ path: '.github/workflows/bench.yml', text: workflow(runner, tree) }]),
    { path: '.gitignore', text: '.bootgauge/\n', lines: true },
    { path: '.bootgauge/schema.json', text: `${JSON.stringify(configJsonSchema(), null, 2)}\n` },
  ];
}

function summary(files: readonly NewFile[], outcomes: readonly Outcome[], dryRun: boolean): string {
  const said = {
    wrote: dryRun ? 'would write' : 'wrote',
    'added to': dryRun ? 'would add to' : 'added to',
    kept: 'kept',
  };
  return files
    .map(({ path, text, lines }, index) => {
      const outcome = outcomes[index] as Outcome;
      // The schema is for editors, not for reading.
      const shown = outcome === 'kept' || path.endsWith('.json') ? '' : `${text.replace(/^(?=.)/gm, '    ')}\n`;
      const why =
        outcome === 'kept' ? (lines ? ': it has what is needed' : ': it is there already, and was left alone') : '';
      return `${said[outcome]} ${path}${why}\n${shown}`;
    })
    .join('');
}

function nextStep(guest: Guest): string {
  const see = guest.from === 'launcher' ? 'Read bootgauge.yml once, then boot the guest:' : 'Now boot the guest:';
  return `\n${see}\n  bootgauge run\n`;
}
