// bootgauge open: shows the page of a recorded run in the browser.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../model/errors.ts';
import type { CommandContext } from './context.ts';

export function registerOpen(program: Command, context: CommandContext): void {
  program
    .command('open')
    .argument('[run]', 'folder or id of a run; default: the newest one in .bootgauge/runs')
    .summary('show the page of a recorded run in the browser')
    .description(
      "Opens a run's report.html with the system's own way to open a file. Where there is none, as on a runner or over\n" +
        'SSH, the path is printed.',
    )
    .option('--print', 'print the path and open nothing')
    .action(async (name: string | undefined, options: { readonly print?: true }) => {
      const { findRun } = await import('../store/run-folder.ts');
      const path = resolve(context.folder, join(await findRun(context.folder, name), 'report.html'));
      if (!(await stat(path).catch(() => null))?.isFile()) {
        throw usageError(`there is no ${path}`, '`bootgauge analyze` writes it from what was recorded.');
      }
      context.out(`${path}\n`);
      if (options.print !== true && hasDesktop(context)) await openFile(path, context);
    });
}

const hasDesktop = ({ environment, terminal }: CommandContext): boolean =>
  process.platform === 'darwin' ? terminal.isTerminal : Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);

async function openFile(path: string, context: CommandContext): Promise<void> {
  const { runProgram } = await import('../host/processes.ts');
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const environment = Object.fromEntries(
    desktopVariables.flatMap((key) => {
      const value = context.environment[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const answer = await runProgram(opener, [path], { timeoutMs: 10_000, environment }).catch(() => null);
  if (answer?.code !== 0) context.err(`${opener} could not open it; open the file yourself.\n`);
}

const desktopVariables = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];
