// bootgauge markers: how a console log would be read, line by line, so that a user can write markers of their own.

import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { loadConfig } from '../config/config.ts';
import { markerChoices } from '../config/defaults.ts';
import { markersOf } from '../config/scenarios.ts';
import { usageError } from '../model/errors.ts';
import type { Profile, Scenario } from '../model/scenario.ts';
import { chosenProfile } from '../timeline/choose-profile.ts';
import { markerProfileOf } from '../timeline/custom-markers.ts';
import { readMarkedLog, renderMarkedLog } from '../timeline/marked-log.ts';
import { looksVerbose } from '../timeline/marker-profiles.ts';

interface MarkersOptions {
  readonly config?: string;
  readonly markers?: string;
  readonly profile?: Profile;
}

const largestLog = 16 * 1024 * 1024;

export function defineMarkers(command: Command, context: CommandContext): void {
  command
    .argument('<console.log>', 'a recorded console: a file of a run (boots/*.console), or one of your own')
    .description(
      'Prints every line of a console log with its phase and the markers that matched there, and then the markers that never\n' +
        'matched. Use it to write and try a marker profile of your own in bootgauge.yml without booting anything.',
    )
    .option('-c, --config <file>', 'configuration that holds your profiles; default: bootgauge.yml here or above')
    .option('-m, --markers <name>', `marker profile: ${markerChoices}, or one of your own`)
    .addOption(
      new Option(
        '--profile <name>',
        'whether the console is quiet (timing) or verbose (attribution); default: detected',
      ).choices(['timing', 'attribution']),
    )
    .addHelpText('after', '\nExample:\n  bootgauge markers --markers my-guest .bootgauge/runs/<id>/boots/0001.console')
    .action(async (file: string, options: MarkersOptions) => {
      const bytes = await readLog(file, context);
      const asked = markerProfileOf(await chosen(options, context));
      const profile = chosenProfile(asked, bytes);
      const boot = options.profile ?? (looksVerbose(bytes) ? 'attribution' : 'timing');
      if (options.profile === undefined) {
        context.err(
          `read with the markers of ${profile.name}${asked === profile ? '' : ' (as the console shows)'}, ` +
            `as a ${boot === 'timing' ? 'quiet' : 'verbose'} console\n`,
        );
      }
      context.out(renderMarkedLog(readMarkedLog(bytes, profile, boot)));
    });
}

async function chosen(
  { config: file, markers }: MarkersOptions,
  context: CommandContext,
): Promise<Pick<Scenario, 'markers' | 'customMarkers'>> {
  return markersOf(markers, loadConfig(context.folder, file));
}

async function readLog(file: string, context: CommandContext): Promise<Uint8Array> {
  try {
    await using handle = await open(resolve(context.folder, file));
    if (!(await handle.stat()).isFile()) throw usageError(`${file} is not a regular file`);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(largestLog + 1), 0, largestLog + 1, 0);
    if (bytesRead > largestLog) context.err(`${file} is longer than 16 MiB: its first 16 MiB are shown\n`);
    return buffer.subarray(0, Math.min(bytesRead, largestLog));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw usageError(`there is no file ${file}`, '', cause);
    throw cause instanceof Error && 'code' in cause
      ? usageError(`${file} cannot be read: ${String(cause.code)}`, '', cause)
      : cause;
  }
}
