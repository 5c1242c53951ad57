// What makes a guest ready: the kinds, as bootgauge.yml writes them and as a run keeps them. Each is a metric, `time-to-<name>`.
import { z } from 'zod';
import { filePath, identifier, identifierHelp, pattern } from './fields.ts';
import type { Stored } from './stored.ts';

/** Where a line may appear. The serial console of a launcher is mostly its standard output. */
const lineSourceSchema = z.enum(['console', 'stdout', 'stderr']);
export type LineSource = z.output<typeof lineSourceSchema>;

const name = z.string();
/** TCP port: of the guest where Bootgauge starts QEMU, of the host where a launcher does; null: the launcher's `{port}`. */
const portSchema = z.number().nullable();

export const readinessSchema = z.discriminatedUnion('kind', [
  /** The banner of the guest's SSH server, then the login where there is a key. */
  z.object({ kind: z.literal('ssh'), name: z.literal('ssh') }),
  z.object({ kind: z.literal('line'), name, pattern: z.string(), on: lineSourceSchema }),
  /** The started command ends with this status. */
  z.object({ kind: z.literal('exit'), name, status: z.number() }),
  /** null: a connection is enough. */
  z.object({ kind: z.literal('tcp'), name, port: portSchema, banner: z.string().nullable() }),
  z.object({
    kind: z.literal('http'),
    name,
    port: portSchema,
    path: z.string(),
    status: z.number(),
    body: z.string().nullable(),
  }),
  /** A port of the guest's virtio socket, behind the Unix socket at which an emulator offers it. */
  z.object({ kind: z.literal('vsock'), name, port: z.number(), socket: z.string() }),
  /** QEMU's guest agent; null: on the virtio-serial port that Bootgauge adds. */
  z.object({ kind: z.literal('agent'), name, socket: z.string().nullable() }),
]);
export type Readiness = Stored<typeof readinessSchema>;
export type ReadinessOf<Kind extends Readiness['kind']> = Extract<Readiness, { readonly kind: Kind }>;

/** What a scenario is waited for; the first is the main one, with which its phases end. */
export interface Awaited {
  readonly ready?: readonly Readiness[];
}

const ssh: Readiness = { kind: 'ssh', name: 'ssh' };
export const readinessesOf = ({ ready }: Awaited): readonly Readiness[] => ready ?? [ssh];
export const readyMetric = ({ name: own }: Pick<Readiness, 'name'>): string => `time-to-${own}`;
export const mainMetricOf = (scenario: Awaited): string => readyMetric(readinessesOf(scenario)[0] ?? ssh);
export const awaitsSsh = (scenario: Awaited): boolean => readinessesOf(scenario).some(({ kind }) => kind === 'ssh');

const port = z
  .int()
  .min(1)
  .max(65_535)
  .optional()
  .meta({ description: 'port of the guest; with a launcher a port of the host, or left out for its {port}' });

const one = z
  .strictObject({
    line: pattern('a regular expression that a whole line must match somewhere').optional(),
    on: lineSourceSchema.optional().meta({ description: 'where the line appears; default console' }),
    exit: z.int().min(0).max(255).optional().meta({ description: 'the status with which the launcher ends' }),
    tcp: z
      .strictObject({
        port,
        banner: pattern('what the server says first; without it a connection is enough').optional(),
      })
      .optional()
      .meta({ description: 'a TCP server that answers' }),
    http: z
      .strictObject({
        port,
        path: z
          .string()
          .regex(/^\/[\x21-\x7e]*$/, 'expected a path that begins with /')
          .max(2000)
          .optional()
          .meta({ description: 'what is asked for; default /' }),
        status: z.int().min(100).max(599).optional().meta({ description: 'default 200' }),
        body: pattern('what the answer must hold').optional(),
      })
      .optional()
      .meta({ description: 'an HTTP server that answers' }),
    vsock: z
      .strictObject({
        port: z.int().min(1).max(0xffff_fffe).meta({ description: 'the port on which a program of the guest listens' }),
        socket: filePath(
          'the Unix socket at which the emulator offers the guest: uds_path of Firecracker, socket of Cloud Hypervisor',
        ),
      })
      .optional()
      .meta({ description: 'a port of the virtio socket on which the guest listens' }),
    agent: z
      .strictObject({ socket: filePath("the Unix socket at which the launcher's QEMU offers its guest agent") })
      .optional()
      .meta({ description: "QEMU's guest agent, behind a launcher" }),
    name: z
      .string()
      .regex(identifier, identifierHelp)
      .optional()
      .meta({ description: 'its metric is time-to-NAME; default: the word that says how it is known' }),
  })
  .superRefine((written, context) => {
    const said = Object.keys(written).filter((key) => key !== 'on' && key !== 'name');
    const message = `expected one of line, exit, tcp, http, vsock and agent, found ${said.length === 0 ? 'none' : said.join(' and ')}`;
    if (said.length !== 1) context.addIssue({ code: 'custom', message });
    else if (written.on !== undefined && written.line === undefined)
      context.addIssue({ code: 'custom', path: ['on'], message: 'on says where a line appears, and belongs to line' });
  });

export const readyKeys = z
  .array(z.union([z.enum(['ssh', 'agent']), one], { error: 'expected ssh, agent, or a mapping such as line: READY' }))
  .min(1, 'needs at least one')
  .max(8, 'holds more than 8')
  .meta({
    description:
      'what makes a boot ready, all of it; the first is the main one, with which the phases end. Default: ssh',
  });
export type WrittenReady = z.output<typeof readyKeys>;

/** `place` makes a path of the file that names it absolute. */
export function settleReady(written: WrittenReady, place: (path: string) => string): readonly Readiness[] {
  return written.map((item): Readiness => {
    if (item === 'ssh') return ssh;
    if (item === 'agent') return { kind: 'agent', name: 'agent', socket: null };
    const named = <Kind extends Exclude<Readiness['kind'], 'ssh'>>(kind: Kind) => ({ kind, name: item.name ?? kind });
    if (item.line !== undefined) return { ...named('line'), pattern: item.line, on: item.on ?? 'console' };
    if (item.exit !== undefined) return { ...named('exit'), status: item.exit };
    if (item.tcp) return { ...named('tcp'), port: item.tcp.port ?? null, banner: item.tcp.banner ?? null };
    if (item.vsock) return { ...named('vsock'), port: item.vsock.port, socket: place(item.vsock.socket) };
    if (item.agent) return { ...named('agent'), socket: place(item.agent.socket) };
    const { port: own = null, path = '/', status = 200, body = null } = item.http ?? {};
    return { ...named('http'), port: own, path, status, body };
  });
}

/** What came in place of the answer that is waited for; how often it came in a row says less. */
export const lastAnswer = <Event extends { readonly probe: string; readonly detail: string }>(
  probes: readonly Event[],
  metric: string,
): Event | undefined => probes.findLast(({ probe, detail }) => probe === metric && !/^\d+ in a row$/.test(detail));

/** `the line /READY/ on the console`: what was waited for, in a sentence. */
export function readinessText(readiness: Readiness): string {
  switch (readiness.kind) {
    case 'ssh':
      return 'the SSH server';
    case 'line':
      return `the line /${readiness.pattern}/ on ${readiness.on === 'console' ? 'the console' : readiness.on}`;
    case 'exit':
      return `the end with status ${readiness.status}`;
    case 'tcp':
      return `a TCP server on port ${readiness.port ?? '{port}'}`;
    case 'http':
      return `status ${readiness.status} from http port ${readiness.port ?? '{port}'}, ${readiness.path}`;
    case 'vsock':
      return `the virtio socket's port ${readiness.port}`;
    case 'agent':
      return "QEMU's guest agent";
  }
}
