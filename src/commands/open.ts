// bootgauge open: shows the page of a recorded run in the browser.

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { runProgram } from '../host/processes.ts';
import { usageError } from '../model/errors.ts';
import { findRun, runsHereAndAbove } from '../store/run-folder.ts';

export function defineOpen(command: Command, context: CommandContext): void {
  command
    .argument('[run]', 'folder or id of a run; default: the newest one in .bootgauge/runs that has a page')
    .description(
      "Opens a run's report.html in the browser. Where there is no desktop, as on a runner or over SSH, only the path is\n" +
        'printed.',
    )
    .option('--print', 'only print the path')
    .action(async (name: string | undefined, options: { readonly print?: true }) => {
      const path = await (name === undefined ? newestPage(context) : pageOf(name, context));
      context.out(`${path}\n`);
      if (options.print !== true && hasDesktop(context)) await openFile(path, context);
    });
}

async function pageOf(name: string, context: CommandContext): Promise<string> {
  const folder = resolve(context.folder, await findRun(context.folder, name));
  if (await isFile(join(folder, page))) return shown(folder, context);
  throw usageError(`there is no ${join(folder, page)}`, await howToSee(folder));
}

/** A study and an interrupted run have none; they are passed over, which is said. */
async function newestPage(context: CommandContext): Promise<string> {
  const passed: string[] = [];
  for await (const folder of runsHereAndAbove(context.folder)) {
    if (await isFile(join(folder, page))) {
      const [newest] = passed;
      const others = passed.length > 1 ? ` and ${passed.length - 1} more` : '';
      if (newest !== undefined)
        context.err(`skipped ${basename(newest)}${others}, newer but without a page: ${await howToSee(newest)}\n`);
      return shown(folder, context);
    }
    passed.push(folder);
  }
  const newest = await findRun(context.folder, undefined);
  throw usageError(`no run has a page, the newest is ${basename(newest)}`, await howToSee(newest));
}

/** The page of a run; one that is older than what was recorded is told as such. */
async function shown(folder: string, context: CommandContext): Promise<string> {
  const path = join(folder, page);
  const [written, recorded] = await Promise.all(
    [path, join(folder, 'run.json')].map((file) => stat(file).catch(() => null)),
  );
  if (written && recorded && recorded.mtimeMs > written.mtimeMs + clockMs) {
    context.err(`the page of ${basename(folder)} is older than what was recorded: ${await howToSee(folder)}\n`);
  }
  return path;
}

/** An archive keeps times to two seconds. */
const clockMs = 2000;

const page = 'report.html';
async function howToSee(folder: string): Promise<string> {
  const run = basename(folder);
  if (await isFile(join(folder, 'study.json')))
    return `it is a study, which \`bootgauge study --report ${run}\` shows.`;
  return `\`bootgauge analyze ${run}\` writes it from what was recorded.`;
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() === true;

const hasDesktop = ({ environment, terminal }: CommandContext): boolean =>
  process.platform === 'darwin' ? terminal.isTerminal : Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);

async function openFile(path: string, context: CommandContext): Promise<void> {
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
