// A launcher run up to the moment when it starts its QEMU, to know before the first boot what can be changed in what it gives to it.
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assetDigest } from '../host/assets.ts';
import { backingFilesOf } from '../host/backing-files.ts';
import { insideOf } from '../host/clone-tree.ts';
import { BootgaugeError, usageError } from '../model/errors.ts';
import type { LauncherLaunchPlan } from '../model/launch-plan.ts';
import { plainLine } from '../model/plain-text.ts';
import { lastValue, readCommandLine } from '../qemu/command-line.ts';
import { launch } from '../qemu/launch.ts';
import type { RunningVm } from '../qemu/running-vm.ts';
import type { Asked } from '../qemu/stand-in.ts';
import { hashValue } from '../store/digest.ts';
import { systemPath } from './launcher-notes.ts';

const usualLimitMs = 30_000;

/**
 * Throws a usageError when the launcher does not start its QEMU from `binary`, or gives nothing to it that the plan's changes could be
 * made to. `use` is called while the clone that it ran in is there, with what QEMU would have been given.
 */
export async function rehearse<Used>(
  plan: LauncherLaunchPlan,
  signal: AbortSignal,
  use: (asked: Asked, clone: string) => Promise<Used>,
  limitMs = usualLimitMs,
): Promise<Used> {
  const asked = Promise.withResolvers<Asked>();
  await using vm = await launch(plan, { signal, rehearse: asked.resolve });
  using over = new DisposableStack();
  const timer = new AbortController();
  over.defer(() => timer.abort());
  const ended = vm.exited.then(() => null);
  const within = AbortSignal.any([timer.signal, signal]);
  const late = delay(limitMs, 'late' as const, { signal: within }).catch(() => null);
  const heard = await Promise.race([asked.promise, ended, late]);
  signal.throwIfAborted();
  if (heard === null || heard === 'late')
    throw notStarted(plan, vm, heard === null ? '' : ` within ${limitMs / 1000} s`);
  return await use(heard, vm.tree ?? plan.tree);
}

/**
 * What its QEMU sees of the graphics around it, and the plan's changes by disks outside of the tree that it opens; nothing where it does
 * not start it in time. Throws a usageError when the plan's changes cannot be made.
 */
export async function seenBy(plan: LauncherLaunchPlan, signal: AbortSignal): Promise<Partial<LauncherLaunchPlan>> {
  const { rewrite } = plan;
  const isChanged = rewrite !== 'none' && Object.keys(rewrite).length > 0;
  const begunMs = Date.now();
  const use = async ({ words, folder, environment }: Asked, clone: string) => {
    const gpu = words.some((word) => glDevice.test(word)) ? 'venus' : 'none';
    const disks = await sharedDisks(words, { folder, clone, begunMs });
    return { seen: { gpu: (rewrite !== 'none' && rewrite.gpu) || gpu, environment }, ...(await sharing(plan, disks)) };
  };
  try {
    return await rehearse(plan, signal, use);
  } catch (error) {
    if (isChanged || signal.aborted || !(error instanceof BootgaugeError)) throw error;
    // Its boots will show why.
    return {};
  }
}

interface Rehearsed {
  readonly folder: string;
  readonly clone: string;
  readonly begunMs: number;
}

/** Disks outside of its clone that QEMU opens, by way of overlays that the script has only just made, too; not these themselves. */
async function sharedDisks(
  words: readonly string[],
  { folder, clone, begunMs }: Rehearsed,
): Promise<readonly string[]> {
  const names = words.flatMap((word) =>
    [...word.matchAll(fileInWord)].map(([, name = '']) => name.replaceAll(',,', ',')),
  );
  const found = new Set<string>();
  for (const name of names) {
    const path = await realpath(resolve(folder, name)).catch(() => null);
    const about = path === null ? null : await stat(path).catch(() => null);
    if (path === null || !about?.isFile()) continue;
    // What may not be read is told by the QEMU of the boots.
    const below = await backingFilesOf(path).catch(() => []);
    for (const disk of about.birthtimeMs < begunMs ? [path, ...below] : below) {
      if (insideOf(clone, disk) === null && !systemPath.test(disk)) found.add(disk);
    }
  }
  return [...found].sort();
}

const fileInWord = /(?:^|,)(?:file|filename|file\.filename)=((?:[^,]|,,)+)/g;

/** Held like the backing files that lay in the tree before, and a part of what makes runs comparable. */
async function sharing(plan: LauncherLaunchPlan, disks: readonly string[]): Promise<Partial<LauncherLaunchPlan>> {
  const found = disks.filter((path) => !plan.backing.includes(path));
  if (found.length === 0) return {};
  const contents = await Promise.all(found.map((path) => assetDigest(path).catch(() => '')));
  const text = `${basename(plan.command[0] ?? '')} gives QEMU ${found.join(', ')}, outside of the clone of its tree: all boots share what lies there`;
  return {
    backing: [...plan.backing, ...found].sort(),
    guest: { ...plan.guest, digest: hashValue([plan.guest.digest, contents]) },
    notes: [...plan.notes, { code: 'launcher-shared', text }],
  };
}

const glDevice = /^virtio-(?:gpu|vga)-gl|\bvenus=on\b/;

/** The initial ramdisk that the launcher gives to its QEMU. Throws a usageError where it gives none. */
export async function initrdOf(plan: LauncherLaunchPlan, signal: AbortSignal): Promise<Buffer> {
  const content = await rehearse(plan, signal, async ({ words, folder }) => {
    const initrd = lastValue(readCommandLine(words), 'initrd');
    return initrd === null ? null : readFile(resolve(folder, initrd));
  });
  if (content === null) throw usageError('the launcher gives QEMU no -initrd, so there is none to compress anew');
  return content;
}

const ownWord = 'bootgauge: ';

function notStarted({ command, binary }: LauncherLaunchPlan, vm: RunningVm, within: string): Error {
  const console = new TextDecoder().decode(vm.console.snapshot().bytes.slice(-4096));
  const lines = `${console}\n${vm.stderr()}`.split('\n').map((line) => plainLine(line).trim());
  const words = lines.findLast((line) => line !== '') ?? 'it said nothing';
  const refused = lines.find((line) => line.startsWith(ownWord))?.slice(ownWord.length);
  return usageError(
    refused ??
      `${basename(command[0] ?? '')} does not start its QEMU from ${binary}${within}, so nothing can be changed in what it gives to it: ${words}`,
    'correct guest.binary in bootgauge.yml, or give the launcher variables of its own for what is to be changed',
  );
}
