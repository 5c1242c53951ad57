// The whole command line as one function: arguments in, exit code out. The only place that catches, explains and maps errors.
import { Command, CommanderError } from 'commander';
import type { CommandContext } from './cli/context.ts';
import { describeError, describeFault } from './cli/error-text.ts';
import { machineLimit } from './cli/machine-limits.ts';
import { BootgaugeError, type ExitCode } from './model/errors.ts';

type Define = (command: Command, context: CommandContext) => void;

interface CommandEntry {
  /** What follows the name in a line of usage. */
  readonly words: string;
  readonly summary: string;
  readonly load: () => Promise<Define>;
}

/** In the order in which help lists them. A command's file, and all that it needs, is loaded when that command is asked for. */
const commands: Readonly<Record<string, CommandEntry>> = {
  init: {
    words: '[options]',
    summary: 'write a first bootgauge.yml and a workflow for this repository',
    load: async () => (await import('./commands/init.ts')).defineInit,
  },
  run: {
    words: '[options] [scenario...]',
    summary: 'boot the guest many times, measure and judge',
    load: async () => (await import('./commands/run.ts')).defineRun,
  },
  analyze: {
    words: '[options] [run]',
    summary: 'judge a recorded run again without booting anything',
    load: async () => (await import('./commands/analyze.ts')).defineAnalyze,
  },
  open: {
    words: '[options] [run]',
    summary: 'open the report of a recorded run in the browser',
    load: async () => (await import('./commands/open.ts')).defineOpen,
  },
  blame: {
    words: '[options] [run]',
    summary: 'show where the time of a recorded run went',
    load: async () => (await import('./commands/blame.ts')).defineBlame,
  },
  study: {
    words: '[options] [file]',
    summary: 'boot several variants and show what each one changes',
    load: async () => (await import('./commands/study.ts')).defineStudy,
  },
  soak: {
    words: '[options] [scenario]',
    summary: 'boot until it is known how often a boot fails',
    load: async () => (await import('./commands/soak.ts')).defineSoak,
  },
  compare: {
    words: '[options] <base> <head>',
    summary: 'compare two recorded runs',
    load: async () => (await import('./commands/compare.ts')).defineCompare,
  },
  diff: {
    words: '[options] <before> [after]',
    summary: 'show what changed underneath: QEMU, libraries, drivers, guest packages',
    load: async () => (await import('./commands/diff.ts')).defineDiff,
  },
  merge: {
    words: '[options] <run...>',
    summary: 'join several recorded runs and judge them as one',
    load: async () => (await import('./commands/merge.ts')).defineMerge,
  },
  calibrate: {
    words: '[options] [run]',
    summary: 'show how small a slowdown this machine can detect',
    load: async () => (await import('./commands/calibrate.ts')).defineCalibrate,
  },
  history: {
    words: '[options] [scenario...]',
    summary: 'show the baselines over time and where they changed',
    load: async () => (await import('./commands/history.ts')).defineHistory,
  },
  site: {
    words: '[options]',
    summary: 'write a static site of all baselines and kept runs',
    load: async () => (await import('./commands/site.ts')).defineSite,
  },
  bisect: {
    words: '[options] <good> <bad>',
    summary: 'find the commit that made the boot slower',
    load: async () => (await import('./commands/bisect.ts')).defineBisect,
  },
  baseline: {
    words: '',
    summary: 'accept runs as baselines, and list them',
    load: async () => (await import('./commands/baseline.ts')).defineBaseline,
  },
  markers: {
    words: '[options] <console.log>',
    summary: 'show how the lines of a console log are understood',
    load: async () => (await import('./commands/markers.ts')).defineMarkers,
  },
  guest: {
    words: '',
    summary: 'build, list, remove, export and import reference guests',
    load: async () => (await import('./commands/guest.ts')).defineGuest,
  },
  doctor: {
    words: '[options]',
    summary: 'check what this machine can do',
    load: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  schema: {
    words: '[options]',
    summary: 'print the JSON Schema of bootgauge.yml, for editors',
    load: async () => (await import('./commands/schema.ts')).defineSchema,
  },
  completion: {
    words: '[options] <shell>',
    summary: 'print what makes a shell complete commands and options',
    load: async () => {
      const { defineCompletion } = await import('./commands/completion.ts');
      return (command, context) => defineCompletion(command, context, () => wholeProgram(context));
    },
  },
};

/**
 * Runs one command. `args` are the words after the program's name. Never throws and never ends the process: whatever goes
 * wrong is written to `context.err` and becomes the exit code.
 */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  let finished: ExitCode = 0;
  const finish = (code: ExitCode): void => {
    finished = code;
    context.finish(code);
  };
  const program = createProgram(context);
  try {
    await addCommands(program, args, { ...context, finish, words: args });
    await program.parseAsync([...args], { from: 'user' });
    return interruptedCode(context) ?? finished;
  } catch (error) {
    return explain(error, context, program.opts().verbose === true);
  }
}

function createProgram(context: CommandContext): Command {
  const program = new Command('bootgauge')
    .summary('measures how long a Linux guest takes to boot in QEMU')
    .description(
      'Boots a Linux guest in QEMU many times, shows where the time goes, and tells whether a change made it slower.',
    )
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .option('-v, --verbose', 'show what caused an error')
    .exitOverride()
    .configureOutput({
      writeOut: context.out,
      writeErr: context.err,
      getOutHelpWidth: () => context.terminal.columns,
      getErrHelpWidth: () => context.terminal.columns,
      getOutHasColors: () => context.terminal.colour,
      getErrHasColors: () => context.terminal.colour,
    })
    .configureHelp({
      styleTitle: (title) => `\u001b[1m${title}\u001b[0m`,
      showGlobalOptions: true,
    })
    .addHelpText('after', closingHelp);
  return program.showHelpAfterError("Run 'bootgauge --help' for the list of commands.");
}

/** Adds the command that is asked for. Help and a word that is none need no more than the names, words and summaries of all. */
async function addCommands(program: Command, args: readonly string[], context: CommandContext): Promise<void> {
  const words = args.filter((word) => !word.startsWith('-'));
  const name = (words[0] === 'help' ? words[1] : words[0]) ?? '';
  const asked = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (asked === undefined) {
    for (const [known, { words, summary }] of Object.entries(commands)) {
      program.command(`${known} ${words}`).summary(summary);
    }
    return;
  }
  const command = program.command(name).summary(asked.summary);
  (await asked.load())(command, context);
  explainUsage(command, `bootgauge ${name}`);
}

/** With every command, however long that takes to load. */
async function wholeProgram(context: CommandContext): Promise<Command> {
  const program = createProgram(context);
  for (const name of Object.keys(commands)) await addCommands(program, [name], context);
  return program;
}

function explainUsage(command: Command, words: string): void {
  // Help wraps to the terminal's width; line ends inside a paragraph are the source's.
  command.description(command.description().replace(/(?<!\n)\n(?![\n ])/g, ' '));
  command.showHelpAfterError(`Run '${words} --help' to see its options.`);
  for (const inner of command.commands) explainUsage(inner, `${words} ${inner.name()}`);
}

const closingHelp = `
Exit codes:
  0    pass; also undecided, unless on-undecided is fail
  1    a regression, a limit exceeded, or the changed side does not boot
  2    a mistake in the arguments or in the configuration
  3    nothing was measured: the machine or the base side failed, or Bootgauge itself
  130  interrupted (143: terminated); finished boots are kept

Bootgauge reads bootgauge.yml in the current folder or one above it, and runs without one too.
NO_COLOR=1 turns colours off, FORCE_COLOR=1 turns them on. BOOTGAUGE_CACHE is the folder of the cache.`;

function interruptedCode(context: CommandContext): ExitCode | null {
  if (!context.signal.aborted) return null;
  return context.signal.reason instanceof BootgaugeError ? context.signal.reason.exitCode : 130;
}

function explain(error: unknown, context: CommandContext, verbose: boolean): ExitCode {
  const interrupted = interruptedCode(context);
  if (interrupted !== null) {
    if (verbose) context.err(describeError(error, context.terminal, 'with causes'));
    return interrupted;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const told = error instanceof BootgaugeError ? error : machineLimit(error);
  if (told !== null) {
    context.err(describeError(told, context.terminal, verbose ? 'with causes' : 'short'));
    return told.exitCode;
  }
  context.err(describeFault(error, context.version));
  return 3;
}
