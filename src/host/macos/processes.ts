// The table of processes as ps shows it.
import { ask } from '../ask.ts';
import type { ProcessEntry, TableOptions } from '../system.ts';
import type { HostView } from '../view.ts';

const columns = 'pid=,ppid=,pgid=,pri=,rss=,time=,pcpu=,lstart=';

export interface MacProcess extends ProcessEntry {
  /** Share of one CPU, a fraction: an average that decays over up to a minute. */
  readonly cpus: number;
}

export async function processes(
  host: HostView,
  { command = 'name' }: TableOptions = {},
): Promise<readonly MacProcess[]> {
  const last = { none: '', name: ',comm=', arguments: ',command=', environment: ',command=' }[command];
  // System programs hide their environment; a QEMU that somebody built does not.
  const wide = { none: [], name: [], arguments: ['-ww'], environment: ['-ww', '-E'] }[command];
  const table = parsePs((await ask(host, 'ps', ['-Ao', `${columns}${last}`, ...wide])).stdout);
  return command === 'name' ? table.map((entry) => ({ ...entry, command: baseName(entry.command) })) : table;
}

export async function oneProcess(host: HostView, pid: number): Promise<MacProcess | null> {
  const { stdout } = await ask(host, 'ps', ['-o', columns, '-p', String(pid)]);
  return parsePs(stdout)[0] ?? null;
}

/** Rows of ps. What it runs is the last column, and may hold blanks. */
export function parsePs(text: string): readonly MacProcess[] {
  return text.split('\n').flatMap((line) => {
    const found = row.exec(line)?.groups;
    if (found === undefined) return [];
    const number = (name: string): number => Number((found[name] ?? '0').replace(',', '.'));
    const seconds = ((number('days') * 24 + number('hours')) * 60 + number('minutes')) * 60 + number('seconds');
    return [
      {
        pid: number('pid'),
        parent: number('parent'),
        group: number('group'),
        band: number('group'),
        started: (found.started ?? '').replaceAll(/[^A-Za-z0-9]/g, ''),
        cpuNs: Math.round(seconds * 1e9),
        rssBytes: number('kibibytes') * 1024,
        command: found.command ?? '',
        priority: number('priority'),
        ended: false,
        cpus: number('percent') / 100,
      },
    ];
  });
}

// Some releases add a letter for the scheduling policy to the priority: 31T.
const row = new RegExp(
  [
    String.raw`^\s*(?<pid>\d+)\s+(?<parent>\d+)\s+(?<group>\d+)\s+(?<priority>\d+)\w*\s+(?<kibibytes>\d+)`,
    String.raw`\s+(?:(?:(?<days>\d+)-)?(?<hours>\d+):)?(?<minutes>\d+):(?<seconds>\d+(?:[.,]\d+)?)`,
    String.raw`\s+(?<percent>\d+(?:[.,]\d+)?)\s+(?<started>\S+\s+\S+\s+\S+\s+\S+\s+\d+)(?:\s+(?<command>\S.*?))?\s*$`,
  ].join(''),
);

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
