// The whole command line as one function: arguments in, exit code out. The only place that catches, explains and maps errors.
import { Command, CommanderError } from 'commander';
import { BootgaugeError, type ExitCode } from '../model/errors.ts';
import type { CommandContext } from './context.ts';
import { describeError, describeFault } from './error-text.ts';
import { registerSchema } from './schema.ts';

/** Each adds its command to the program, in the order in which help lists them. */
const registrations: readonly ((program: Command, context: CommandContext) => void)[] = [registerSchema];

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
  const program = createProgram({ ...context, finish });
  try {
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
  for (const register of registrations) register(program, context);
  for (const command of program.commands) {
    command.showHelpAfterError(`Run 'bootgauge ${command.name()} --help' for what it takes.`);
  }
  return program.showHelpAfterError("Run 'bootgauge --help' for the list of commands.");
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
