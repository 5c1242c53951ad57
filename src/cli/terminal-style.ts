// How reports are laid out for the place where a command's output goes.
import { isUtf8 } from '../model/variables.ts';
import type { TerminalStyle } from '../report/terminal-table.ts';
import type { CommandContext } from './context.ts';

export function terminalStyle({
  terminal,
  environment,
}: Pick<CommandContext, 'terminal' | 'environment'>): TerminalStyle {
  return {
    columns: terminal.columns,
    colour: terminal.colour ? 'colour' : 'none',
    characters: isUtf8(environment) || environment.GITHUB_ACTIONS === 'true' ? 'unicode' : 'ascii',
  };
}
