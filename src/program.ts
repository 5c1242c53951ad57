// The whole command line as one function: arguments in, exit code out. The only place that catches, explains and maps errors.
import { Command, CommanderError } from 'commander';
import type { CommandContext } from './cli/context.ts';
import { describeError, describeFault } from './cli/error-text.ts';
import { BootgaugeError, type ExitCode } from './model/errors.ts';

type Register = (program: Command, context: CommandContext) => void;

/** In the order in which help lists them. Loaded when needed: one command's rooms are none of another's start-up time. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  run: async () => (await import('./commands/run.ts')).registerRun,
  analyze: async () => (await import('./commands/analyze.ts')).registerAnalyze,
  open: async () => (await import('./commands/open.ts')).registerOpen,
  blame: async () => (await import('./commands/blame.ts')).registerBlame,
  study: async () => (await import('./commands/study.ts')).registerStudy,
  compare: async () => (await import('./commands/compare.ts')).registerCompare,
  merge: async () => (await import('./commands/merge.ts')).registerMerge,
  calibrate: async () => (await import('./commands/calibrate.ts')).registerCalibrate,
  history: async () => (await import('./commands/history.ts')).registerHistory,
  bisect: async () => (await import('./commands/bisect.ts')).registerBisect,
  baseline: async () => (await import('./commands/baseline.ts')).registerBaseline,
  markers: async () => (await import('./commands/markers.ts')).registerMarkers,
  guest: async () => (await import('./commands/guest.ts')).registerGuest,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  schema: async () => (await import('./commands/schema.ts')).registerSchema,
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
      'Boots a Linux guest in QEMU many times, finds out where the time goes, and says whether a change made it slower.',
    )
    .version(context.version, '-V, --version', 'print the version and end')
    .helpOption('-h, --help', 'print this help and end')
    .helpCommand('help [command]', 'print the help of a command')
    .option('-v, --verbose', 'show the causes behind an error')
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

/** Only the one that is asked for, or all of them for help and for a word that is none. */
async function addCommands(program: Command, args: readonly string[], context: CommandContext): Promise<void> {
  if (args.length === 1 && ['-V', '--version'].includes(args[0] ?? '')) return;
  const name = args.find((word) => !word.startsWith('-'));
  const asked = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  const loaded = await Promise.all((asked ? [asked] : Object.values(commands)).map((load) => load()));
  for (const register of loaded) register(program, context);
  for (const command of program.commands) explainUsage(command, `bootgauge ${command.name()}`);
}

function explainUsage(command: Command, words: string): void {
  // Help wraps to the terminal's width; line ends inside a paragraph are the source's.
  command.description(command.description().replace(/(?<!\n)\n(?![\n ])/g, ' '));
  command.showHelpAfterError(`Run '${words} --help' for what it takes.`);
  for (const inner of command.commands) explainUsage(inner, `${words} ${inner.name()}`);
}

const closingHelp = `
Exit codes:
  0    pass; also undecided, unless on-undecided is fail
  1    a regression, a hard limit passed, or the changed side fails to boot
  2    wrong usage or configuration
  3    no measurement: the machine, the base side or the tool cannot
  130  interrupted (143: terminated); finished boots are kept

Configuration is bootgauge.yml in the current folder or one above it; none is needed.
NO_COLOR=1 switches colours off, FORCE_COLOR=1 on. BOOTGAUGE_CACHE moves the cache.`;

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
  if (error instanceof BootgaugeError) {
    context.err(describeError(error, context.terminal, verbose ? 'with causes' : 'short'));
    return error.exitCode;
  }
  context.err(describeFault(error, context.version));
  return 3;
}
