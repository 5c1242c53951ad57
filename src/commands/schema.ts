// bootgauge schema: the JSON Schema of bootgauge.yml, for editors.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { configJsonSchema } from '../config/schema.ts';
import { usageError } from '../model/errors.ts';

export function defineSchema(command: Command, context: CommandContext): void {
  command
    .description(
      'Writes the JSON Schema of bootgauge.yml. Editors complete and check the file when its first line is\n' +
        '  # yaml-language-server: $schema=.bootgauge/schema.json',
    )
    .option('-o, --output <file>', 'write to this file instead of standard output; its folder is made')
    .addHelpText('after', '\nExample:\n  bootgauge schema --output .bootgauge/schema.json')
    .action(async (options: { readonly output?: string }) => {
      const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
      if (options.output === undefined) context.out(text);
      else await writeText(options.output, text, context);
    });
}

async function writeText(file: string, text: string, context: CommandContext): Promise<void> {
  const path = resolve(context.folder, file);
  try {
    // Not recursively: under /proc that never returns in Node 24.
    await mkdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await writeFile(path, text);
  } catch (error) {
    throw usageError(`cannot write ${file}`, 'name a place that this user may write to', error);
  }
  context.err(`wrote ${file}\n`);
}
