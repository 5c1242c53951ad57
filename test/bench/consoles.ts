// npm run bench:consoles -- [--against CHECKOUT] [--json]: every case kind by kind, read rightly or not; the healthy consoles, on which
// nothing may be found; and how fast 50 MB of console are read, live and afterwards. With another checkout its reader is timed beside.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Boot, ConsoleRead } from '../../src/model/boot.ts';
import { readBoot, unmet } from '../diagnose/case-expectations.ts';
import { caseNames, caseOf } from '../diagnose/case-files.ts';
import { playedBoot } from '../timeline/played.ts';
import { finishBench } from './table.ts';

const megabytes = 50;
/** As a serial port's reads come at most. */
const readBytes = 4096;
/** New readers do more; they must not be slower for it than this. */
const slowest = 1.1;

const { values } = parseArgs({
  options: { against: { type: 'string' }, json: { type: 'boolean', default: false } },
});

const kinds = [...caseNames()].map(([kind, names]) => {
  const wrong = names.filter((name) => {
    const one = caseOf(kind, name);
    return unmet(one.expectations, readBoot(one)).length > 0;
  });
  return { kind, cases: names.length, wrong };
});

const consoles = join(import.meta.dirname, '../fixtures/consoles');
const healthy = readdirSync(consoles).filter(
  (name) => name.endsWith('.console') && !/emergency|panic|failed|cut-lines|debian-13|live|netboot/.test(name),
);
const falseAlarms = healthy.filter((name) => {
  const boot = playedBoot(readFileSync(join(consoles, name)));
  return readBoot({ about: '', markers: 'auto', expectations: [], boot, lastNs: 60e9 }).findings.length > 0;
});

/** The healthy consoles again and again. */
function longConsole(): Boot['console'] {
  const piece = Buffer.concat(healthy.map((name) => readFileSync(join(consoles, name))));
  const bytes = new Uint8Array(megabytes << 20);
  for (let offset = 0; offset < bytes.length; offset += piece.length) {
    bytes.set(piece.subarray(0, bytes.length - offset), offset);
  }
  const reads: ConsoleRead[] = [];
  for (let offset = 0; offset < bytes.length; offset += readBytes) reads.push({ offset, atNs: 1e9 + offset * 1000 });
  return { bytes, reads, droppedBytes: 0 };
}

interface Speed {
  readonly live: number;
  readonly afterwards: number;
}

/** Processor seconds of the code in a checkout; the best of three, since others use the machine, too. */
async function speedOf(checkout: string): Promise<Speed> {
  const load = async <M>(file: string) => (await import(pathToFileURL(join(resolve(checkout), 'src', file)).href)) as M;
  const { createLiveMatcher } = await load<typeof import('../../src/timeline/live.ts')>('timeline/live.ts');
  const { readTimeline } =
    await load<typeof import('../../src/timeline/read-timeline.ts')>('timeline/read-timeline.ts');
  const { markerProfiles } =
    await load<typeof import('../../src/timeline/marker-profiles.ts')>('timeline/marker-profiles.ts');
  const console = longConsole();
  const boot = playedBoot(new Uint8Array(), { console });
  const live = (): void => {
    const matcher = createLiveMatcher(markerProfiles.alpine, 'timing');
    for (const { offset, atNs } of console.reads)
      matcher.feed(console.bytes.subarray(offset, offset + readBytes), atNs);
  };
  const afterwards = (): void => void readTimeline({ boot, markers: markerProfiles.alpine });
  return { live: best(live), afterwards: best(afterwards) };
}

function best(work: () => void): number {
  const once = (): number => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  return Math.min(once(), once(), once());
}

const here = await speedOf(join(import.meta.dirname, '../..'));
const there = values.against === undefined ? null : await speedOf(values.against);
const wrong = kinds.flatMap((entry) => entry.wrong.map((name) => `${entry.kind}/${name}`));
const speedText = ({ live, afterwards }: Speed): string =>
  `live ${live.toFixed(2)} s, afterwards ${afterwards.toFixed(2)} s`;

finishBench(
  {
    name: `consoles: ${kinds.reduce((sum, { cases }) => sum + cases, 0)} cases of ${kinds.length} kinds`,
    columns: ['kind', 'cases', 'right', 'wrong'],
    rows: kinds.map((entry) => [entry.kind, entry.cases, entry.cases - entry.wrong.length, entry.wrong.join(' ')]),
    promises: [
      { what: 'every case is read rightly', measured: `${wrong.length} are not`, met: wrong.length === 0 },
      {
        what: 'nothing is found on a healthy console',
        measured: falseAlarms.length === 0 ? `nothing on ${healthy.length}` : falseAlarms.join(' '),
        met: falseAlarms.length === 0,
      },
      ...(there === null
        ? []
        : [
            {
              what: `${megabytes} MB cost at most ${slowest} times what they cost there`,
              measured: `${(here.live / there.live).toFixed(2)} live, ${(here.afterwards / there.afterwards).toFixed(2)} afterwards`,
              met: here.live <= slowest * there.live && here.afterwards <= slowest * there.afterwards,
            },
          ]),
    ],
    notes: [
      `${megabytes} MB, processor time: ${speedText(here)}`,
      ...(there === null ? [] : [`the same with the code of ${values.against}: ${speedText(there)}`]),
    ],
    data: { kinds, falseAlarms, here, there },
  },
  values.json ? 'json' : 'table',
);
