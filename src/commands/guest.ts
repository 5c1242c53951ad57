// bootgauge guest: make, find, remove and move the guests that Bootgauge assembles itself.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { cacheOf, kitOptionsOf } from '../cli/kit-options.ts';
import { loadConfig } from '../config/config.ts';
import { type CachedGuest, cachedGuests, removeCached } from '../guest/cached.ts';
import { guestByName } from '../kit/guest-recipe.ts';
import { rebuildGuest } from '../kit/kit.ts';
import type { KitOptions } from '../kit/options.ts';
import { exportGuest, importGuest, importGuestFrom } from '../kit/transfer.ts';
import { usageError } from '../model/errors.ts';
import type { ReferenceGuest } from '../model/guests/reference.ts';
import { hashFile } from '../store/digest.ts';
import { defineAuthorize } from './guest-authorize.ts';

interface ArchiveOptions {
  readonly config?: string;
  readonly mirror?: string;
  readonly keyring?: string;
}

interface BuildOptions extends ArchiveOptions {
  readonly arch: ReferenceGuest['architecture'];
  readonly sshd: ReferenceGuest['sshd'];
  readonly pages: ReferenceGuest['pages'];
}

export function defineGuest(command: Command, context: CommandContext): void {
  command.description(
    'Reference guests are assembled from Debian packages, without root, in the cache (BOOTGAUGE_CACHE, else ' +
      'XDG_CACHE_HOME/bootgauge, else ~/.cache/bootgauge). `bootgauge run` builds the one it needs by itself.',
  );
  defineBuild(command, context);
  defineList(command, context);
  definePath(command, context);
  defineRemove(command, context);
  defineMoves(command, context);
  defineAuthorize(command, context);
}

function defineBuild(guest: Command, context: CommandContext): void {
  guest
    .command('build')
    .summary("assemble a guest from the archive's current packages")
    .description(
      "Assembles a guest from the archive's current packages, even if the cache already has it, and prints its digest.",
    )
    .argument('[name]', 'a name from `guest list`; instead of a name, use the options below')
    .addOption(new Option('--arch <name>', 'architecture').choices(['arm64', 'x86_64']).default('arm64'))
    .addOption(new Option('--sshd <name>', 'SSH server').choices(['dropbear', 'openssh']).default('dropbear'))
    .addOption(new Option('--pages <size>', 'page size of the kernel').choices(['4k', '16k']).default('4k'))
    .option('-c, --config <file>', 'configuration to take the archive from')
    .option('--mirror <url>', "Debian archive; default: the configuration's, else that of this machine's apt")
    .option('--keyring <file>', 'keys that the archive is signed with')
    .action(async (name: string | undefined, options: BuildOptions) => {
      const spec: ReferenceGuest | null = name
        ? guestByName(name)
        : { kind: 'reference', architecture: options.arch, sshd: options.sshd, pages: options.pages };
      if (spec === null) {
        throw usageError(
          `there is no guest named ${name}`,
          'names are like reference-arm64-dropbear or reference-arm64-openssh-16k',
        );
      }
      if (spec.pages === '16k' && spec.architecture !== 'arm64') {
        throw usageError('kernels with 16k pages exist for arm64 only', 'leave --pages out, or use --arch arm64');
      }
      const files = await rebuildGuest(spec, archiveOptions(options, context));
      context.out(`${files.identity.name} ${files.identity.digest}\n`);
    });
}

function defineList(guest: Command, context: CommandContext): void {
  guest
    .command('list')
    .summary('list the guests in the cache')
    .description('Shows every guest in the cache by name, with the first half of its digest, its kernel and its size.')
    .option('--json', 'print JSON, with the versions of all packages')
    .action(async ({ json }: { json?: true }) => {
      const guests = await cachedGuests(cacheOf(context));
      if (json) {
        const facts = guests.map(({ bytes: _, ...others }) => others);
        context.out(`${JSON.stringify(facts, null, 2)}\n`);
        return;
      }
      if (guests.length === 0) context.err('No guest yet. Build one: bootgauge guest build\n');
      const width = Math.max(...guests.map(({ name }) => name.length));
      for (const { name, digest, kernel, bytes, problem } of guests) {
        const words = digest
          ? `${digest.slice(0, 16)}  Linux ${kernel}  ${Math.round(bytes / 1e6)} MB`
          : `damaged: ${problem}`;
        context.out(`${name.padEnd(width)}  ${words}\n`);
      }
    });
}

function definePath(guest: Command, context: CommandContext): void {
  guest
    .command('path')
    .summary('print the folder of a guest: kernel, initrd and disk')
    .description(
      'Prints the folder with the files kernel, initrd and disk of a guest, for a script of your own to boot. The folder belongs to\n' +
        'the cache: copy the disk before you write to it.',
    )
    .argument('<name>', 'a name from `guest list`')
    .action(async (name: string) => {
      const { digest, problem, folder } = await cachedGuest(name, cacheOf(context));
      if (digest === null)
        throw usageError(`the guest ${name} is damaged: ${problem}`, `make it again: bootgauge guest build ${name}`);
      context.out(`${folder}\n`);
    });
}

function defineRemove(guest: Command, context: CommandContext): void {
  guest
    .command('remove')
    .summary('remove a guest from the cache')
    .description(
      'Removes a guest from the cache. Keys and downloaded packages stay, so building it again downloads nothing.',
    )
    .argument('<name>', 'a name from `guest list`')
    .action(async (name: string) => {
      const options = kitOptionsOf(context);
      await cachedGuest(name, options.cache);
      await removeCached(name, options);
    });
}

async function cachedGuest(name: string, cache: string): Promise<CachedGuest> {
  const found = (await cachedGuests(cache)).find((entry) => entry.name === name);
  if (found !== undefined) return found;
  throw usageError(`there is no guest ${name} in the cache`, '`bootgauge guest list` shows what there is');
}

function defineMoves(guest: Command, context: CommandContext): void {
  guest
    .command('export')
    .summary('write a guest to a file, for a machine without apt')
    .description(
      'Writes a guest to a tar file, for `bootgauge guest import` on a machine without apt, such as a Mac. The digest stays the same.\n' +
        'Keys are left out: every cache has its own.',
    )
    .argument('<name>', 'a name from `guest list`')
    .argument('<file.tar>', 'the file to write; it must not exist')
    .action(async (name: string, file: string) => {
      await exportGuest(name, resolve(context.folder, file), kitOptionsOf(context));
    });
  guest
    .command('import')
    .summary('add a guest from a file or address that `guest export` wrote')
    .description(
      'Adds a guest from a tar file that `bootgauge guest export` wrote, checks every byte of it and puts the keys of this cache in.\n' +
        'A release of Bootgauge has such a file, and its sha256 in the notes.',
    )
    .argument('<file.tar|url>', 'the file to read, or the address to load it from')
    .option('--sha256 <hex>', 'what the file must have; needed with an address')
    .action(async (source: string, { sha256 }: { readonly sha256?: string }) => {
      const { manifest } = await importFrom(source, sha256, context);
      context.out(`${manifest.name} ${manifest.digest}\n`);
    });
}

async function importFrom(source: string, sha256: string | undefined, context: CommandContext) {
  const options = kitOptionsOf(context);
  const isAddress = /^https?:\/\//i.test(source);
  if (sha256 !== undefined && !/^[\da-f]{64}$/i.test(sha256))
    throw usageError('--sha256 is no SHA-256 digest', 'give its 64 hexadecimal digits');
  if (isAddress && !URL.canParse(source)) throw usageError(`${source} is no address`);
  if (isAddress && sha256 === undefined)
    throw usageError(
      'an address needs the digest of its file',
      'add --sha256 with the 64 digits that its maker tells; a release has them in its notes',
    );
  if (isAddress) return importGuestFrom(source, (sha256 ?? '').toLowerCase(), options);
  const file = resolve(context.folder, source);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw usageError(`${file} is not a file`);
  if (sha256 !== undefined && (await hashFile(file)) !== sha256.toLowerCase())
    throw usageError(`${file} is not what was asked for: its sha256 is another one`, 'copy the file again');
  return importGuest(file, options);
}

/** Options over configuration over the machine's own apt. */
function archiveOptions(options: ArchiveOptions, context: CommandContext): KitOptions {
  const fromConfig = kitOptionsOf(context, loadConfig(context.folder, options.config).kit);
  const keyring = options.keyring === undefined ? fromConfig.keyring : resolve(context.folder, options.keyring);
  return { ...fromConfig, mirror: options.mirror ?? fromConfig.mirror, keyring };
}
