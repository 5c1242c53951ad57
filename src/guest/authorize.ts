// Puts a public key into a clone of a guest's disk, by logging in on its serial console as a person would: for guests that
// Bootgauge did not make and whose maker's key it does not have.
import { constants, copyFile, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { asTask } from '../host/task.ts';
import type { KitOptions } from '../kit/options.ts';
import { measurementError, usageError } from '../model/errors.ts';
import type { LaunchPlan } from '../model/launch-plan.ts';
import { launch } from '../qemu/launch.ts';
import type { RunningVm } from '../qemu/running-vm.ts';
import { endOf, logIn, runLine, type SerialTalk, shutDown, talkTo } from './serial.ts';

export interface AuthorizeRequest {
  readonly plan: LaunchPlan;
  /** `ssh-ed25519 AAAA... name`. */
  readonly publicKey: string;
  readonly user: string;
  readonly password: string;
  /** Where the changed disk goes; nothing may be there. */
  readonly output: string;
  /** Of a launcher: which asset, by its place, is the disk; null: the only one. */
  readonly asset: string | null;
  readonly timeoutMs: number;
  readonly options: KitOptions;
}

/** The original disk is not written to. Throws a BootgaugeError with the console's last words when the guest does not let us in. */
export async function authorize(request: AuthorizeRequest): Promise<void> {
  const { plan, output, options } = request;
  const draft = `${output}.part`;
  await asTask(options, 'putting the key into a clone of the disk', async () => {
    try {
      if (plan.kind === 'launcher') {
        const { to } = assetOf(plan.assets, request.asset);
        await using vm = await launch(plan, { signal: options.signal });
        await enter(vm, request);
        await clone(join(vm.tree ?? plan.tree, relative(plan.tree, plan.folder), to), draft);
      } else {
        const [disk, ...others] = plan.disks;
        if (disk === undefined) throw usageError('the guest has no disk to put a key into');
        await clone(disk.path, draft);
        const disks = [{ ...disk, path: draft, writable: true as const }, ...others];
        await using vm = await launch({ ...plan, disks }, { signal: options.signal });
        await enter(vm, request);
      }
      await rename(draft, output);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    return output;
  });
}

function assetOf(assets: readonly { readonly to: string }[], wanted: string | null): { readonly to: string } {
  const found =
    wanted === null ? (assets.length === 1 ? assets[0] : undefined) : assets.find(({ to }) => to === wanted);
  if (found !== undefined) return found;
  const places = assets.map(({ to }) => to).join(', ') || 'none';
  throw usageError(
    wanted === null ? 'it is not clear which asset of the launcher is its disk' : `the launcher has no asset ${wanted}`,
    `name one with --asset; there are: ${places}`,
  );
}

async function enter(vm: RunningVm, request: AuthorizeRequest): Promise<void> {
  const { options, user, password, publicKey, timeoutMs } = request;
  using talk = talkTo(vm, options.signal);
  await logIn(talk, { user, password }, timeoutMs);
  const key = publicKey.replaceAll("'", '');
  const put = [
    'mkdir -p ~/.ssh',
    'chmod 700 ~/.ssh',
    `{ grep -qF '${key}' ~/.ssh/authorized_keys 2>/dev/null || echo '${key}' >> ~/.ssh/authorized_keys; }`,
    'chmod 600 ~/.ssh/authorized_keys',
    'sync',
  ].join(' && ');
  if ((await runLine(talk, put, 'the key', 60_000)) !== 0) {
    throw measurementError(`the key could not be written\n${talk.lastLines(5)}`);
  }
  await mendSwap(talk, options);
  talk.type(`${shutDown}\n`);
  // Its own shutdown writes everything back; what still runs after that is killed, and sync has been called.
  await endOf(vm, 60_000);
}

/** A swap signature has the page size of the kernel that made it: made anew where the running one refuses it. */
async function mendSwap(talk: SerialTalk, options: KitOptions): Promise<void> {
  const line = [
    `for device in $(awk '$3 == "swap" && $1 !~ /^#/ { print $1 }' /etc/fstab)`,
    'do grep -q "^$(readlink -f "$device") " /proc/swaps || { mkswap "$device" > /dev/null && swapon "$device" && echo "bootgauge-swap-$((0)) $device"; }',
    'done',
  ].join('; ');
  await runLine(talk, line, 'the swap', 60_000);
  if (/bootgauge-swap-0/.test(talk.lastLines())) {
    options.progress({ kind: 'note', text: 'made the swap again, for the page size of this kernel' });
  }
}

/** A clone where the file system can, else a copy. */
async function clone(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
}
