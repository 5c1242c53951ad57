// `ready` of a scenario: settled, and what it cannot be together with the rest of the scenario.
import { resolve } from 'node:path';
import { usageError } from '../model/errors.ts';
import type { GuestSpec } from '../model/guests/guests.ts';
import { type LauncherGuest, requireSshPort, takesPort } from '../model/guests/launcher.ts';
import { awaitsSsh, type Readiness, settleReady, type WrittenReady } from '../model/readiness.ts';
import type { SideSpec } from '../model/scenario.ts';
import { metricDefinitions, needsSsh } from '../probe/probes.ts';
import type { Mistake, Path } from './source.ts';

/** A launcher's sockets lie in its folder, of which each boot gets a clone; others stand where the configuration says. */
export function readyOf(
  written: WrittenReady | undefined,
  guest: GuestSpec,
  folder: string,
): readonly Readiness[] | undefined {
  // SSH alone is what is waited for anyway.
  if (written === undefined || (written.length === 1 && written[0] === 'ssh')) return undefined;
  return settleReady(written, (path) => (guest.kind === 'launcher' ? path : resolve(folder, path)));
}

/** Throws a usageError where a side's guest cannot show what makes it ready. */
export function requireReachable(
  id: string,
  ready: readonly Readiness[] | undefined,
  { head, base }: { readonly head: SideSpec; readonly base: SideSpec | null },
): void {
  for (const { guest } of base === null ? [head] : [head, base]) {
    if (awaitsSsh(ready === undefined ? {} : { ready }) && guest.kind === 'launcher') requireSshPort(guest);
    for (const one of ready ?? []) {
      const problem = guest.kind === 'launcher' ? launcherProblem(one, guest) : ownGuestProblem(one);
      if (problem !== null) throw usageError(`scenario ${id}: ready: ${one.name}: ${problem[0]}`, problem[1]);
    }
  }
}

type Problem = readonly [message: string, hint: string];

function launcherProblem(one: Readiness, guest: LauncherGuest): Problem | null {
  if (one.kind === 'agent' && one.socket === null)
    return ["a launcher's QEMU offers its guest agent on a socket", 'name it: agent: {socket: agent.sock}'];
  if ((one.kind === 'tcp' || one.kind === 'http') && one.port === null && !takesPort(guest))
    return ['the port is missing', 'name the port of the host, or use {port} in the command'];
  return null;
}

/** Of a guest in a QEMU that Bootgauge starts itself. */
function ownGuestProblem(one: Readiness): Problem | null {
  if (one.kind === 'line' && one.on === 'stdout')
    return [
      'QEMU prints nothing of its guest on standard output',
      'leave on out: the line is then looked for on the console',
    ];
  if ((one.kind === 'tcp' || one.kind === 'http') && one.port === null)
    return ['the port is missing', 'name the port on which the guest listens'];
  if (one.kind === 'tcp' && one.banner === null)
    return [
      'a forwarded port accepts connections before the guest does',
      'add banner, a pattern of what the server says first',
    ];
  return null;
}

type Mapping = Readonly<Record<string, unknown>>;

/** What can be told from what is written: names that are taken, ends that exclude each other, what needs an SSH that nobody waits for. */
export function contradictoryReadiness(path: Path, own: Mapping, inherited: unknown): Mistake[] {
  const items = Array.isArray(own.ready) ? (own.ready as readonly unknown[]) : [];
  const ends = new Set(items.flatMap((item) => (hasKey(item, 'exit') ? [item.exit] : [])));
  return [
    ...takenNames(path, items),
    ...(ends.size < 2
      ? []
      : [at([...path, 'ready'], `the command cannot end with status ${[...ends].join(' and with ')}`)]),
    ...withoutSsh(path, own, inherited),
  ];
}

function takenNames(path: Path, items: readonly unknown[]): Mistake[] {
  const seen = new Set<string>();
  return items.flatMap((item, index): Mistake[] => {
    const name = writtenName(item);
    const isTaken = seen.has(name);
    seen.add(name);
    const where = [...path, 'ready', index];
    if (isTaken) return [at(where, `two are called '${name}': give one another name`)];
    if (item !== 'ssh' && metricDefinitions.some((metric) => metric.name === `time-to-${name}`))
      return [at(where, `'time-to-${name}' is a metric that Bootgauge itself measures: choose another name`)];
    return [];
  });
}

/** The name of one item of `ready`, as far as it can be told. */
export function writtenName(item: unknown): string {
  if (typeof item === 'string') return item;
  if (hasKey(item, 'name') && typeof item.name === 'string') return item.name;
  return Object.keys(item ?? {}).find((key) => key !== 'on') ?? '';
}

function withoutSsh(path: Path, own: Mapping, inherited: unknown): Mistake[] {
  const ready = own.ready ?? inherited;
  if (!Array.isArray(ready) || ready.includes('ssh')) return [];
  const advice = 'which ready does not name: add ssh to it';
  const probes = Object.keys((own.probes ?? {}) as Mapping).map((name) =>
    at([...path, 'probes', name], `probes are asked over SSH, ${advice}`),
  );
  const metrics = Object.keys((own.metrics ?? {}) as Mapping)
    .filter(needsSsh)
    .map((name) => at([...path, 'metrics', name], `${name} is measured over SSH, ${advice}`));
  return [...probes, ...metrics];
}

const at = (path: Path, message: string): Mistake => ({ path, at: 'key', message });

const hasKey = <Key extends string>(value: unknown, key: Key): value is Readonly<Record<Key, unknown>> =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key);
