// What bootgauge.yml may say of the emulator: a finished one, or one to be built from source.
import { z } from 'zod';
import { buildPresetSchema } from '../model/build.ts';
import { filePath, line } from '../model/fields.ts';

const source = filePath('checkout, archive (a file or folder, relative to this one) or URL of a git repository');
const revision = line('a commit, branch or tag; A...B is the merge base of A and B');
const patchList = (description: string) =>
  z.array(filePath('a patch or a glob, relative to this file')).max(200).meta({ description });

const dependency = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.+-]{0,60}$/, 'is no name of a library')
    .meta({ description: 'its name; virglrenderer gets -Dvenus=true if nothing else is said' }),
  source: source.optional(),
  ref: revision.optional(),
  meson: z.array(line('one argument')).max(100).optional().meta({ description: 'arguments of meson setup' }),
});

export const qemuSchema = z
  .strictObject({
    binary: filePath(
      'which QEMU: kit (default) is the one that Bootgauge assembles, path the one that PATH finds, anything else a file, relative to this one',
    ).optional(),
    source: source.optional(),
    ref: revision.optional(),
    patches: patchList('applied in this order, to both sides').optional(),
    preset: buildPresetSchema.optional().meta({
      description:
        'minimal (default): only what a boot needs; fork-macos: HVF, Cocoa and virglrenderer; none: only the flags of configure',
    }),
    configure: z
      .array(line('one argument'))
      .max(200)
      .optional()
      .meta({ description: "arguments of QEMU's configure, after those of the preset" }),
    python: filePath("Python for the build's own environment").optional(),
    environment: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable'), line('its value'))
      .optional()
      .meta({ description: 'variables of the running QEMU; they count as a part of it' }),
    virglrenderer: z
      .strictObject({ source, ref: revision.optional() })
      .optional()
      .meta({ description: 'short for a dependency of this name, after the others' }),
    dependencies: z.array(dependency).max(20).optional().meta({
      description:
        'libraries to build first, in this order, and to link against; base and head may change those of the same name',
    }),
  })
  .refine(
    (qemu) => qemu.binary === undefined || Object.keys(qemu).length === 1,
    'binary names a finished QEMU: keys of a build cannot stand beside it',
  )
  .meta({ description: 'the emulator: binary, or what it is built from' });

/** What only base and head may say besides. */
export const sideBuildKeys = {
  ref: revision.optional(),
  patches: patchList('applied to this side only, after those of qemu.patches').optional(),
};

export type RawQemu = z.output<typeof qemuSchema>;
