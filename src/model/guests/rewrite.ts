// What is changed in the arguments that a launcher gives to its QEMU.
import { z } from 'zod';
import { defined } from '../defined.ts';
import { filePath, line, memory } from '../fields.ts';
import type { Stored } from '../stored.ts';
import type { EachFile, Place } from './guest-kind.ts';

// As in scenario.ts, which imports this file.
const accel = z.enum(['hvf', 'kvm', 'tcg']);
const gpu = z.enum(['none', 'plain', 'venus']);
const cpus = z.int().min(1).max(512);

const changesSchema = z.object({
  accel: accel.exactOptional(),
  cpus: cpus.exactOptional(),
  memoryMiB: z.number().positive().exactOptional(),
  gpu: gpu.exactOptional(),
  /** Words for the kernel; one with a dash before it is taken away. */
  append: z.string().exactOptional(),
  /** Absolute paths. */
  kernel: z.string().exactOptional(),
  initrd: z.string().exactOptional(),
  qemuArguments: z.array(z.string()).exactOptional(),
});
/** What is absent stays as the launcher has it. */
export type LauncherChanges = Stored<typeof changesSchema>;

export const rewriteSchema = z.union([z.literal('none'), changesSchema]);
/** none: not one argument is touched, not even for measuring. */
export type Rewrite = LauncherChanges | 'none';

export const rewriteKeys = z
  .union([
    z.enum(['none']),
    z.strictObject({
      accel: accel.optional().meta({ description: 'accelerator, with a CPU model that it can run' }),
      cpus: cpus.optional().meta({ description: 'processors of the guest' }),
      memory: memory('memory of the guest').optional(),
      gpu: gpu.optional().meta({ description: 'graphics device: none, plain virtio-gpu, or venus' }),
      append: line(
        'words added to the kernel command line; a dash before a word takes it away: -quiet loglevel=7',
      ).optional(),
      kernel: filePath("kernel that is booted instead of the launcher's").optional(),
      initrd: filePath("initial ramdisk instead of the launcher's").optional(),
      'qemu-arguments': z
        .array(line('one argument of QEMU'))
        .max(100)
        .optional()
        .meta({ description: 'added at the end' }),
    }),
  ])
  .meta({
    description: 'what is changed in the arguments that the command gives to the QEMU at binary; none: nothing at all',
  });

export function settleRewrite(
  written: z.output<typeof rewriteKeys> | undefined,
  before: Rewrite | undefined,
  { folder, resolve }: Place,
): Rewrite | undefined {
  if (written === undefined || written === 'none') return written ?? before;
  const { memory: memoryMiB, 'qemu-arguments': qemuArguments, kernel, initrd, ...plain } = written;
  const path = (one: string | undefined): string | undefined => one && resolve(folder, one);
  return {
    ...(before === 'none' ? {} : before),
    ...defined({ ...plain, memoryMiB, qemuArguments, kernel: path(kernel), initrd: path(initrd) }),
  };
}

export function rewriteFiles(rewrite: Rewrite, each: EachFile): Rewrite {
  if (rewrite === 'none') return rewrite;
  const file = (name: 'kernel' | 'initrd') =>
    rewrite[name] && each(rewrite[name], { key: `rewrite.${name}`, is: 'file', held: 'base' });
  return { ...rewrite, ...defined({ kernel: file('kernel'), initrd: file('initrd') }) };
}
