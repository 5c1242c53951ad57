// How reports are laid out for the place where a command's output goes.
import type { TerminalStyle } from '../report/terminal-table.ts';
import type { CommandContext } from './context.ts';

/** Unicode where the locale says UTF-8, as the C library reads it: LC_ALL before LC_CTYPE before LANG. */
export function terminalStyle({
  terminal,
  environment,
}: Pick<CommandContext, 'terminal' | 'environment'>): TerminalStyle {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  return {
    columns: terminal.columns,
    colour: terminal.colour ? 'colour' : 'none',
    characters: /utf-?8/i.test(locale) || environment.GITHUB_ACTIONS === 'true' ? 'unicode' : 'ascii',
  };
}
