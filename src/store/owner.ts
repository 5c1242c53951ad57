// Who made a lock or a temporary folder, and whether that process still lives. A process id alone is not enough: ids come back.
import { readFile, readlink } from 'node:fs/promises';
import { systemOf } from '../host/systems.ts';
import { thisHost } from '../host/view.ts';

export interface Owner {
  readonly pid: number;
  /** When the process started, in the system's own words; empty where nobody tells. Tells two processes of one id apart. */
  readonly started: string;
}

/** `123-1f3a5b7c`: the beginning of a name that tells whose a file or folder is. */
export const ownerName = ({ pid, started }: Owner): string => `${pid}-${started}`;

/** Whose a file or folder of such a name is; of another name: nobody's who lives. */
export function ownerNamed(name: string): Owner {
  const [pid, started = ''] = name.split('-');
  return { pid: Number(pid) || 0x7fffffff, started };
}

export function thisOwner(): Promise<Owner> {
  own ??= startOf(process.pid).then((started) => ({ pid: process.pid, started }));
  return own;
}
let own: Promise<Owner> | undefined;

/**
 * Of a process in another container, whose numbers are its own, nobody here can tell: it counts as alive until the machine was started
 * again. {@link isElsewhere} says which those are.
 */
export async function isAlive(owner: Owner): Promise<boolean> {
  const [theirs, ours] = [worldOf(owner.started), worldOf((await thisOwner()).started)];
  if (theirs !== null && ours !== null && theirs.boot !== ours.boot) return false;
  if (theirs !== null && ours !== null && theirs.namespace !== ours.namespace) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = await startOf(owner.pid);
  return started === '' || owner.started === '' || sameStart(started, owner.started);
}

/** Whether a process counts in a process namespace that is not ours, on this machine since it was started. */
export async function isElsewhere(owner: Owner): Promise<boolean> {
  const [theirs, ours] = [worldOf(owner.started), worldOf((await thisOwner()).started)];
  return theirs !== null && ours !== null && theirs.boot === ours.boot && theirs.namespace !== ours.namespace;
}

/** Start of the machine, process namespace, start of the process. */
const startPattern = /^([0-9a-f]{8})n(\d+)s(.*)$/s;

function worldOf(started: string): { readonly boot: string; readonly namespace: string } | null {
  const [, boot, namespace] = startPattern.exec(started) ?? [];
  return boot === undefined || namespace === undefined ? null : { boot, namespace };
}

/** Earlier versions did not write the namespace. */
function sameStart(one: string, other: string): boolean {
  const plain = (text: string): string => text.replace(startPattern, '$1$3');
  return one === other || (worldOf(other) === null && plain(one) === other);
}

async function startOf(pid: number): Promise<string> {
  try {
    const host = thisHost();
    const entry = await (await systemOf(host)).process(host, pid);
    return entry === null ? '' : `${await thisWorld()}${entry.started}`;
  } catch {
    // A system that is not known.
    return '';
  }
}

/** Linux counts time from its own start on, and processes from 1 on in every namespace. */
async function thisWorld(): Promise<string> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).slice(0, 8);
  const namespace = /^pid:\[(\d+)\]$/.exec(await readlink('/proc/self/ns/pid').catch(() => ''))?.[1];
  return boot === '' || namespace === undefined ? boot : `${boot}n${namespace}s`;
}
