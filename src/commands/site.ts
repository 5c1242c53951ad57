// bootgauge site: everything that a repository keeps of its measurements, as a few pages that need no server.
import { copyFile, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { CommandContext } from '../cli/context.ts';
import { loadConfig } from '../config/config.ts';
import { siteSources } from '../measure/site-sources.ts';
import { usageError } from '../model/errors.ts';
import { siteSchema } from '../model/site.ts';
import { formatCount } from '../model/units.ts';
import { siteIndex } from '../report/site-front.ts';
import { historyPage } from '../report/site-page.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { makeFolder } from '../store/make-folder.ts';

interface SiteOptions {
  readonly output: string;
  readonly title?: string;
  readonly config?: string;
}

export function defineSite(command: Command, context: CommandContext): void {
  command
    .description(
      'Writes a static site of all baselines, what git remembers of them, and the runs kept in .bootgauge/runs: each metric over\n' +
        'the commits, changes of level with the commits between, who accepted what, and two commits side by side. It needs no server,\n' +
        'and its data lie beside it: site.json, described by site.schema.json.',
    )
    .option(
      '-o, --output <folder>',
      'where to write it: a new folder, or the site of an earlier time',
      '.bootgauge/site',
    )
    .option('--title <text>', "the site's name; default: the folder's")
    .option('-c, --config <file>', 'configuration whose folder holds baselines/')
    .addHelpText('after', '\nExample:\n  bootgauge site --output public')
    .action((options: SiteOptions) => writeSite(options, context));
}

async function writeSite(options: SiteOptions, context: CommandContext): Promise<void> {
  const { folder } = loadConfig(context.folder, options.config);
  const output = resolve(context.folder, options.output);
  const { histories, pages } = await siteSources({ folder, signal: context.signal });
  if (histories.length === 0) {
    throw usageError(
      `there is nothing to show: no baseline in ${join(folder, 'baselines')}, and no run with a report`,
      '`bootgauge run` makes a run, `bootgauge baseline accept` a baseline of it',
    );
  }
  await prepareOutput(output, options.output);
  const site = { schema: 1 as const, title: options.title ?? basename(folder), histories };
  const files: readonly (readonly [string, string])[] = [
    ['site.json', `${JSON.stringify(site)}\n`],
    ['site.schema.json', `${JSON.stringify(z.toJSONSchema(siteSchema), null, 2)}\n`],
    ...histories.map((history) => [history.page, historyPage(history, site.title)] as const),
    ['index.html', siteIndex(site)],
  ];
  // site.json first: by it a later command knows that the folder is a site.
  for (const [name, text] of files) await writeFileAtomically(join(output, name), text);
  for (const [page, from] of pages) await copyFile(from, join(output, page));
  context.err(`wrote ${formatCount(histories.length, 'history', 'histories')} to ${options.output}\n`);
  context.out(`${join(output, 'index.html')}\n`);
}

/** Nothing of somebody else's is written over. */
async function prepareOutput(output: string, named: string): Promise<void> {
  const present: readonly string[] = await readdir(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw usageError(`cannot write a site to ${named}: ${error.message}`, 'name a folder', error);
  });
  if (present.length > 0 && !present.includes('site.json'))
    throw usageError(`${named} holds other files`, 'name a new folder, or one that holds an earlier site');
  await makeFolder(join(output, 'runs'));
}
