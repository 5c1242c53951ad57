// bootgauge guest authorize: puts this cache's key into a clone of a guest's disk, so that logins and probes can be timed.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { kitOptionsOf } from '../cli/kit-options.ts';
import { loadConfig } from '../config/config.ts';
import { scenariosOf } from '../config/scenarios.ts';
import { authorize } from '../guest/authorize.ts';
import { holdPorts } from '../guest/hold-ports.ts';
import { prepareSide } from '../guest/prepare.ts';
import { ensureKeys } from '../kit/keys.ts';
import { usageError } from '../model/errors.ts';
import { bootedGuest } from '../model/guests/guests.ts';
import type { Side } from '../model/scenario.ts';
import { rememberIn } from '../store/memory.ts';

interface AuthorizeOptions {
  readonly config?: string;
  readonly output: string;
  readonly user?: string;
  readonly asset?: string;
  readonly side: Side;
}

/** The password of the guest's user; never an argument, which every process can read. */
const passwordVariable = 'BOOTGAUGE_GUEST_PASSWORD';

export function defineAuthorize(guest: Command, context: CommandContext): void {
  guest
    .command('authorize')
    .summary("put this cache's key into a clone of your guest's disk")
    .description(
      'Boots a clone of the disk of a scenario whose guest is custom or a launcher, logs in on its serial console, and\n' +
        "adds the public key of this cache to the user's authorized keys. The original disk is not changed. Swap space whose\n" +
        'signature does not fit the page size of the kernel is formatted again on the clone.',
    )
    .argument('<scenario>', 'a scenario from bootgauge.yml')
    .requiredOption('-o, --output <file>', 'the file for the new disk; it must not exist')
    .option('-c, --config <file>', 'configuration to use')
    .option('--user <name>', "user to log in as; default: the guest's")
    .option('--asset <place>', 'for a launcher: which of its assets is the disk')
    .addOption(new Option('--side <name>', 'whose guest').choices(['base', 'head']).default('head'))
    .addHelpText(
      'after',
      `\nThe password, if the user has one, is read from the variable ${passwordVariable}.\n\nExample:\n  bootgauge guest authorize fork --asset images/alpine.qcow2 --output ~/images/alpine-with-key.qcow2\n  then, in bootgauge.yml: use that file as the original, and ssh: {key: cache}`,
    )
    .action(async (name: string, options: AuthorizeOptions) => {
      const output = resolve(context.folder, options.output);
      if (existsSync(output)) throw usageError(`${options.output} already exists`, 'name a new file');
      const config = loadConfig(context.folder, options.config);
      const [scenario] = scenariosOf(config, [name]);
      const side = options.side === 'base' ? scenario?.base : scenario?.head;
      if (!scenario || !side) throw usageError(`the scenario ${name} has no ${options.side} side`);
      const guest = bootedGuest(side.guest);
      if (guest.kind !== 'custom' && guest.kind !== 'launcher') {
        throw usageError(`a guest of kind ${side.guest.kind} has this cache's key already`);
      }
      const kit = kitOptionsOf(context, config.kit);
      const plan = await prepareSide(side, 'timing', { kit, remembered: rememberIn(join(kit.cache, 'trials.json')) });
      const { privateKeyPath } = await ensureKeys(kit);
      await using _ports = await holdPorts([plan], context);
      await authorize({
        plan,
        publicKey: (await readFile(`${privateKeyPath}.pub`, 'utf8')).trim(),
        user: options.user ?? guest.access?.user ?? 'root',
        password: context.environment[passwordVariable] ?? '',
        output,
        asset: options.asset ?? null,
        timeoutMs: Math.max(scenario.deadlines.totalMs, 600_000),
        options: kit,
      });
      context.out(`${relative(context.folder, output)}\n`);
    });
}
