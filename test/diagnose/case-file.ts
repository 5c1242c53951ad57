// A case: one boot in short, as text, and what a right reading of it says. Cases lie in test/fixtures/consoles/cases/<kind>/.
//
// Sections begin with `### <name> <rest>`: `about`; `markers <profile>`; `console`; `stderr`; `probes` (`<probe> <outcome> <detail>`);
// `vulkaninfo <outcome>` (its standard error); `command`; `banner` (s); `idle` (`<s> <CPU s>` per line); how a boot failed: `hung` (`<phase>
// <s>`), `exited` (code or signal), `failed` (`<probe> | <detail>`); and `expect`, one expectation per line (case-expectations.ts).
//
// A console line may begin with `@<s>|`, also inside a line. Else a line with a kernel clock arrives at that time + 0.5 s, and any other one
// 5 ms after the one before it.
import type { Boot, ConsoleRead, Outcome } from '../../src/model/boot.ts';
import { looksVerbose } from '../../src/timeline/marker-profiles.ts';

export interface Case {
  readonly about: string;
  readonly markers: string;
  readonly expectations: readonly string[];
  readonly boot: Boot;
  /** When the last thing happened that is known of the boot. */
  readonly lastNs: number;
}

interface Section {
  readonly rest: string;
  readonly body: string;
}

/** `bytes`: the file as it lies on disk; a console may hold any of them. */
export function readCase(bytes: Uint8Array): Case {
  const sections = sectionsOf(Buffer.from(bytes).toString('latin1'));
  const section = (name: string): Section => sections.get(name) ?? { rest: '', body: '' };
  const lines = (name: string): string[] => utf8(section(name).body).trim().split('\n').filter(Boolean);
  const { bytes: console, reads, lastS } = playConsole(section('console').body);
  const outcome = outcomeOf(sections);
  const hungS = outcome.kind === 'hung' ? outcome.deadlineMs / 1000 : null;
  const bannerS = sections.has('banner')
    ? Number(section('banner').body)
    : outcome.kind === 'ready'
      ? lastS + 0.1
      : null;
  const lastNs = Math.round((hungS ?? lastS) * 1e9);
  const probes = lines('probes').map((line) => {
    const [probe = '', outcome = '', ...detail] = line.split(' ');
    return { probe, outcome, detail: detail.join(' '), atNs: lastNs, startedNs: Math.max(0, lastNs - 2e7) };
  });
  if (bannerS !== null) {
    const atNs = Math.round(bannerS * 1e9);
    probes.unshift({ probe: 'ssh-banner', outcome: 'banner', detail: 'SSH-2.0-x', atNs, startedNs: atNs - 2e7 });
  }
  const boot: Boot = {
    schema: 1,
    number: 1,
    scenario: 'case',
    side: 'head',
    profile: looksVerbose(console) ? 'attribution' : 'timing',
    round: 1,
    warmup: false,
    startedAt: '2026-11-30T00:00:00.000Z',
    command: section('command').body.trim().split(/\s+/).filter(Boolean),
    console: { bytes: console, reads, droppedBytes: 0 },
    stderr: utf8(section('stderr').body),
    events: [
      { atNs: 1e6, name: 'spawned', detail: '' },
      { atNs: 1e8, name: 'guest-started', detail: '' },
    ],
    probes,
    usage: lines('idle').map((line) => {
      const [at = 0, cpu = 0] = line.split(' ').map(Number);
      return { atNs: at * 1e9, cpuNs: cpu * 1e9, rssBytes: 1 };
    }),
    outcome,
    ...(sections.has('vulkaninfo') ? vulkanFacts(section('vulkaninfo')) : {}),
  };
  const markers = section('markers').rest || 'alpine';
  return { about: section('about').rest, markers, expectations: lines('expect'), boot, lastNs };
}

function sectionsOf(text: string): Map<string, Section> {
  const parts = text.split(/^### (\w+)(.*)\n/m);
  const sections = new Map<string, Section>();
  for (let index = 1; index < parts.length; index += 3) {
    sections.set(parts[index] ?? '', { rest: (parts[index + 1] ?? '').trim(), body: parts[index + 2] ?? '' });
  }
  return sections;
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

function playConsole(text: string): { bytes: Uint8Array; reads: ConsoleRead[]; lastS: number } {
  const reads: ConsoleRead[] = [];
  let played = '';
  let now = 0.5;
  const play = (piece: string, atS: number | null): void => {
    now = atS === null ? now + 0.005 : Math.max(now, atS);
    reads.push({ offset: played.length, atNs: Math.round(now * 1e9) });
    played += piece;
  };
  for (const line of text.split(/(?<=\n)/)) {
    if (line === '') continue;
    if (/^@\d+(?:\.\d+)?\|/.test(line)) {
      const pieces = line.split(/@(\d+(?:\.\d+)?)\|/).slice(1);
      for (let index = 0; index < pieces.length; index += 2) play(pieces[index + 1] ?? '', Number(pieces[index]));
    } else {
      const clock = /^[^[\n]{0,40}?\[ *(\d+\.\d{3,9})\]/.exec(line)?.[1];
      play(line, clock === undefined ? null : Number(clock) + 0.5);
    }
  }
  return { bytes: new Uint8Array(Buffer.from(played, 'latin1')), reads, lastS: now };
}

function outcomeOf(sections: ReadonlyMap<string, Section>): Outcome {
  const hung = sections.get('hung')?.body.trim();
  if (hung !== undefined) {
    const [phase = '', seconds] = hung.split(' ');
    return { kind: 'hung', phase, deadlineMs: Number(seconds) * 1000 };
  }
  const exited = sections.get('exited')?.body.trim();
  if (exited !== undefined) {
    const isCode = /^\d/.test(exited);
    return { kind: 'exited', code: isCode ? Number(exited) : null, signal: isCode ? null : exited };
  }
  const [probe = '', detail = ''] = (sections.get('failed')?.body.trim() ?? '').split(' | ');
  return sections.has('failed') ? { kind: 'failed', probe, detail } : { kind: 'ready' };
}

function vulkanFacts({ rest, body }: Section): Pick<Boot, 'vulkan'> {
  return {
    vulkan: {
      required: 'DRIVER_ID_MESA_VENUS',
      outcome: (rest || 'failed') as NonNullable<Boot['vulkan']>['outcome'],
      detail: '',
      icd: '/usr/share/vulkan/icd.d/virtio_icd.json',
      instanceVersion: '',
      devices: [],
      stderr: utf8(body),
      dispatch: null,
      profile: null,
    },
  };
}
