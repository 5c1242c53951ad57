// The guest that Bootgauge assembles itself from distribution packages.
import { z } from 'zod';
import { usageError } from '../errors.ts';
import type { Stored } from '../stored.ts';
import { architectureKey, architectureSchema, type GuestKind } from './guest-kind.ts';

const schema = z.object({
  kind: z.literal('reference'),
  architecture: architectureSchema,
  sshd: z.enum(['dropbear', 'openssh']),
  /** Page size of the guest kernel; 16k exists for arm64 only. */
  pages: z.enum(['4k', '16k']),
});
export type ReferenceGuest = Stored<typeof schema>;

const keys = z.strictObject({
  kind: z.literal('reference').meta({ description: 'the guest that Bootgauge assembles from distribution packages' }),
  arch: architectureKey,
  sshd: schema.shape.sshd.optional().meta({ description: 'SSH server in the guest; default dropbear' }),
  pages: schema.shape.pages.optional().meta({ description: 'page size of its kernel, 16k for arm64 only; default 4k' }),
});

export const reference = {
  kind: 'reference',
  schema,
  keys,
  bare: true,
  settle(written, before, place) {
    const architecture = written.arch ?? place.architecture;
    const pages = written.pages ?? before?.pages ?? '4k';
    // The file's own contradictions were found with their lines; this one came with the command line.
    if (pages === '16k' && architecture !== 'arm64') throw usageError('a kernel with 16k pages exists for arm64 only');
    return { kind: 'reference', architecture, sshd: written.sshd ?? before?.sshd ?? 'dropbear', pages };
  },
  files: (guest) => guest,
  boots: null,
} as const satisfies GuestKind<ReferenceGuest, z.output<typeof keys>, null>;
