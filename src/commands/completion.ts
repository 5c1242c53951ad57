// bootgauge completion: what the Tab key offers in a shell, made from the commands themselves.
import { Argument, type Command, type Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';

/** One command as it is typed, with what may follow it. */
interface Line {
  /** Empty for the program itself, `guest build` for a command of a command. */
  readonly words: string;
  readonly command: Command;
}

/** `load` answers the program with all of its commands. */
export function defineCompletion(command: Command, context: CommandContext, load: () => Promise<Command>): void {
  command
    .description('Prints a script that lets the shell complete commands, options and their values.')
    .addArgument(new Argument('<shell>', 'the shell that you type in').choices(Object.keys(shells)))
    .addHelpText(
      'after',
      `
Examples:
  bash  source <(bootgauge completion bash)              in ~/.bashrc
  zsh   source <(bootgauge completion zsh)               in ~/.zshrc, after compinit
  fish  bootgauge completion fish > ~/.config/fish/completions/bootgauge.fish`,
    )
    .action(async (shell: keyof typeof shells) => {
      context.out(shells[shell](linesOf(await load(), '')));
    });
}

const shells = { bash, zsh, fish };

function linesOf(command: Command, words: string): Line[] {
  const inner = command.commands.flatMap((one) => linesOf(one, `${words} ${one.name()}`.trim()));
  return [{ words, command }, ...inner];
}

const optionsOf = (command: Command): readonly Option[] => command.createHelp().visibleOptions(command);
const flagsOf = (option: Option): string[] => [option.short, option.long].filter((flag) => flag !== undefined);

/** The values that a command's words may have, where there are few. */
const choicesOf = (command: Command): string[] =>
  command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(lines: readonly Line[]): string {
  const cases = lines.map(({ words, command }) => {
    const offered = [
      ...command.commands.map((one) => one.name()),
      ...choicesOf(command),
      ...optionsOf(command).flatMap(flagsOf),
    ];
    const values = optionsOf(command).flatMap((option) =>
      option.argChoices === undefined
        ? []
        : flagsOf(option).map(
            (flag) => `      ${quoted(`${words}:${flag}`)}) words=${quoted(option.argChoices?.join(' ') ?? '')} ;;`,
          ),
    );
    return { offer: `      ${quoted(words)}) words=${quoted(offered.join(' '))} ;;`, values };
  });
  const nested = lines.filter(({ words }) => words.includes(' ')).map(({ words }) => quoted(words));
  return `# bash completion of bootgauge
_bootgauge() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) continue ;; esac
    if [ -z "$path" ]; then path=$word
    else case "$path $word" in ${nested.join('|')}) path="$path $word" ;; esac
    fi
  done
  case "$path:$previous" in
${cases.flatMap(({ values }) => values).join('\n')}
    *) case "$path" in
${cases.map(({ offer }) => offer).join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _bootgauge bootgauge
`;
}

/** zsh plays bash's part itself, and shows no less. */
function zsh(lines: readonly Line[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(lines)}`;
}

function fish(lines: readonly Line[]): string {
  const offers = lines.flatMap(({ words, command }) => {
    const at = `complete -c bootgauge -n ${quoted(fishPlace(words))}`;
    return [
      ...command.commands.map((one) => `${at} -f -a ${one.name()} -d ${quoted(one.summary())}`),
      ...choicesOf(command).map((choice) => `${at} -f -a ${choice}`),
      ...optionsOf(command).map((option) => {
        const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
        const long = option.long === undefined ? '' : ` -l ${option.long.slice(2)}`;
        const values = option.argChoices === undefined ? '' : ` -x -a ${quoted(option.argChoices.join(' '))}`;
        const value = values === '' && (option.required || option.optional) ? ' -r' : values;
        return `${at}${short}${long}${value} -d ${quoted(option.description.split('\n')[0] ?? '')}`;
      }),
    ];
  });
  return `# fish completion of bootgauge\n${offers.join('\n')}\n`;
}

function fishPlace(words: string): string {
  if (words === '') return '__fish_use_subcommand';
  return words
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
}
