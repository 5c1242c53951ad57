// Every text that a stored file holds, replaced by attacks one after the other: what is shown of it must hold none of them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { analyze } from '../../src/analyze.ts';
import { annotationsOf } from '../../src/github/annotations.ts';
import { commentLimit, fitSections, summaryLimit } from '../../src/github/fit.ts';
import { framed } from '../../src/github/frame.ts';
import { harmlessLog, writeAnnotation } from '../../src/github/runner.ts';
import { baselineSessionSchema } from '../../src/model/baseline.ts';
import { storedBootSchema } from '../../src/model/boot.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import { type StoredGate, storedGateSchema } from '../../src/model/gate.ts';
import { type Report, reportSchema } from '../../src/model/report.ts';
import { type RecordedRun, storedRunSchema } from '../../src/model/run.ts';
import { storedStudySchema } from '../../src/model/study.ts';
import type { VulkanReport, VulkanSide } from '../../src/model/vulkan.ts';
import { blameText } from '../../src/report/blame-text.ts';
import { ganttSections } from '../../src/report/gantt.ts';
import { htmlReport } from '../../src/report/html.ts';
import { junitReport } from '../../src/report/junit.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { studyText } from '../../src/report/study-text.ts';
import { svgReport } from '../../src/report/svg.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { reportView } from '../../src/report/view.ts';
import { readRun } from '../../src/store/run-folder.ts';
import { analyzeStudy } from '../../src/study/analyze-study.ts';
import { elementsOf } from './xml.ts';

const side: VulkanSide = {
  boots: 10,
  ready: 9,
  identity: { driverID: 'a', driverName: 'b', deviceName: 'c', apiVersion: 'd', driverInfo: 'e', offers: null },
  icd: 'f',
  trouble: 'g',
};
const drawing = { boots: 2, right: 0, outcome: 'wrong' as const, detail: 'd', picture: 'iVBORw0KGgo' };
const vulkan: VulkanReport = {
  drawings: [{ name: 'n', base: { ...drawing, right: 2 }, head: drawing }],
  head: side,
  base: { from: 'side', side },
  lost: 'lost',
  changes: [{ kind: 'extension', name: 'n', base: 'b', head: 'h', lost: true }],
};

/** A report that has something to say of everything. */
export const everything = (report: Report): Report => ({
  ...report,
  command: ['run', 'x'],
  scenarios: report.scenarios.map((scenario) => ({
    ...scenario,
    vulkan,
    warnings: [{ code: 'c', text: 'w' }],
    verdict: { ...scenario.verdict, wouldDecide: 'more' },
  })),
});

/** Each tries to leave every format at once; the word in front shows where it came through. */
export const attackTexts: readonly string[] = [
  '\n::error::x\r\n::set-output name=a::b\n##[error]x',
  '@octocat #1 GH-1 https://evil.example www.evil.example mailto:a@evil.example',
  '![p](https://evil.example/p.png) [x](https://evil.example/) [y]: https://evil.example',
  '<img src=x onerror=alert(1)></code></pre></sub></summary></details><!-- bootgauge: bootgauge -->',
  '"\'><script>alert(1)</script>]]></title></style></svg>&lt;&amp;&#64;',
  '`code`` ```\n~~~\n```sh\n| a | b |\n# x\n- y\n> [!CAUTION]\n1. z',
  '\u001b[31m\u001b]8;;https://evil.example\u0007\u009b2J\u202e\u2066\u0000\u2028\ud800x',
  '<!--',
];

/** As much of it as a place for a short name shows. */
export const shortAttack = '\n::error::@octocat <!--<img src=x>![p](https://e.example)`|#1 \u001b[31m\u202e';

/** A place in a document where a text stands, or the key of a record. */
export interface Leaf {
  readonly path: readonly (string | number)[];
  readonly of: 'text' | 'key';
}

/** Where texts stand. Of the entries of a list only those that differ in shape are looked at, unless `every` one is asked for. */
export function leavesOf(document: unknown, every: boolean): readonly Leaf[] {
  const seen = new Set<string>();
  const found: Leaf[] = [];
  const add = (leaf: Leaf): void => {
    const shape = every
      ? JSON.stringify(leaf)
      : `${leaf.of} ${leaf.path.map((part) => (typeof part === 'number' ? '*' : part)).join('.')}`;
    if (!seen.has(shape)) found.push(leaf);
    seen.add(shape);
  };
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value === 'string') add({ path, of: 'text' });
    else if (Array.isArray(value)) for (const [index, entry] of value.entries()) walk(entry, [...path, index]);
    else if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array)) {
      for (const [key, entry] of Object.entries(value)) {
        if (records.has(`${path.at(-1)}`)) add({ path: [...path, key], of: 'key' });
        walk(entry, [...path, key]);
      }
    }
  };
  walk(document, []);
  return found;
}

const records = new Set(['values', 'metrics', 'phasesMs', 'runtime', 'places', 'environment']);

/** The document with one text, or one key, replaced. */
export function replaced<T>(document: T, { path, of }: Leaf, text: string): T {
  const [first, ...rest] = path;
  if (first === undefined) return text as T;
  if (Array.isArray(document)) {
    const items: readonly unknown[] = document;
    return items.map((entry, index) => (index === first ? replaced(entry, { path: rest, of }, text) : entry)) as T;
  }
  const entries = Object.entries(document as Record<string, unknown>).map(([key, entry]): [string, unknown] => {
    if (key !== first) return [key, entry];
    return of === 'key' && rest.length === 0 ? [text, entry] : [key, replaced(entry, { path: rest, of }, text)];
  });
  return Object.fromEntries(entries) as T;
}

/** A kind of stored file: its content, whether a changed one would be read, and what is shown of it. */
export interface StoredKind<T = unknown> {
  readonly name: string;
  readonly document: T;
  readonly isRead: (document: unknown) => boolean;
  readonly show: (document: T) => Shown;
}

/** Texts by the format that they must not leave. */
export type Shown = Readonly<Partial<Record<Format, readonly string[]>>>;
type Format = 'markdown' | 'page' | 'xml' | 'log' | 'terminal' | 'command';

const stored = resolve(import.meta.dirname, '../fixtures/stored');
const jsonOf = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(stored, ...path), 'utf8'));

/** Every kind of stored file, as it lies on disk. */
export async function storedKinds(reports: readonly Report[]): Promise<readonly StoredKind<never>[]> {
  const run = await readRun(join(stored, 'pull-request'));
  const studyRun = await readRun(join(stored, 'study'));
  const gate = jsonOf('pull-request', 'gate.json') as StoredGate;
  const [slower] = reports as [Report];
  const kinds = [
    ...reports.map((document, index) => ({
      ...{ name: `report ${index + 1}`, document, isRead: reads(reportSchema), show: shownOfReport },
    })),
    {
      name: 'gate.json',
      document: gate,
      isRead: reads(storedGateSchema),
      show: (changed: StoredGate) => ({ markdown: [commentOf(slower, changed)] }),
    },
    {
      name: 'run.json and boots',
      document: run,
      isRead: isRun,
      show: (changed: RecordedRun) => shownOfReport(analyze(changed)),
    },
    {
      name: 'study.json',
      document: jsonOf('study', 'study.json'),
      isRead: reads(storedStudySchema),
      show: (changed: object) =>
        inTerminal(studyText(analyzeStudy({ ...changed, run: studyRun } as Parameters<typeof analyzeStudy>[0]), style)),
    },
    {
      name: 'a baseline',
      document: jsonOf('baseline.jsonl'),
      isRead: reads(baselineSessionSchema),
      show: (session: never) => {
        const scenarios = run.scenarios.map((entry) => ({
          ...entry,
          scenario: { ...entry.scenario, base: null },
          conditions: { ...entry.conditions, base: null },
          baseline: [session],
          boots: entry.boots.filter(({ side }) => side === 'head'),
        }));
        return shownOfReport(analyze({ ...run, scenarios }));
      },
    },
  ];
  return kinds as unknown as readonly StoredKind<never>[];
}

const reads =
  (schema: { safeParse(value: unknown): { success: boolean } }) =>
  (document: unknown): boolean =>
    schema.safeParse(document).success;

function isRun(document: unknown): boolean {
  const run = document as RecordedRun;
  const facts = { ...run, scenarios: run.scenarios.map(({ boots: _, ...entry }) => entry) };
  const boots = run.scenarios.flatMap((entry) => entry.boots);
  const onDisk = boots.map((boot) => ({ ...boot, console: { bytes: 0, droppedBytes: 0, reads: [] } }));
  return reads(storedRunSchema)(facts) && onDisk.every(reads(storedBootSchema));
}

const style = { columns: 100, colour: 'none', characters: 'unicode' } as const;
const noGate: StoredGate = { baseSha: '', gateChanges: [], notes: [] };

const frameOf = (gate: StoredGate) => ({
  ...gate,
  repositoryUrl: 'https://github.com/someone/qemu',
  headSha: 'a'.repeat(40),
  runUrl: 'https://github.com/someone/qemu/actions/runs/1',
  artifactUrl: 'https://github.com/someone/qemu/actions/runs/1/artifacts/2',
});

const commentOf = (report: Report, gate: StoredGate): string =>
  fitSections(framed(reportView(report), frameOf(gate)), commentLimit, '');

function shownOfReport(report: Report): Shown {
  const sections = framed(reportView(report), frameOf(noGate));
  const terminal = [
    terminalReport(report, { ...style, files: [] }),
    blameText(report, { ...style, most: 5, perspective: 'hidden' }),
  ];
  return {
    markdown: [
      markdownReport(report),
      commentOf(report, noGate),
      fitSections([...sections, ...ganttSections(report)], summaryLimit, ''),
    ],
    page: [htmlReport(report)],
    xml: [svgReport(report), junitReport(report)],
    ...inTerminal(terminal.join('\n')),
    command: commandsOf(report),
  };
}

const inTerminal = (text: string): Shown => ({ terminal: [text], log: [harmlessLog(text)] });

/** The annotations as they reach the runner. */
function commandsOf(report: Report): readonly string[] {
  const written: string[] = [];
  const write = process.stdout.write;
  process.stdout.write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  try {
    for (const annotation of annotationsOf(report)) writeAnnotation(annotation);
  } finally {
    process.stdout.write = write;
  }
  return written;
}

const noControl = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;

const checks: Readonly<Record<Format, (text: string) => void>> = {
  markdown: (text) => {
    assert.doesNotMatch(text, noControl);
    const shown = text.replace(/^```(?:sh|mermaid)\n[^`]*\n```$/gm, '');
    assert.doesNotMatch(shown, /```|~~~/);
    for (const tag of new Set(shown.match(/<[^>]*>?/g))) {
      assert.match(tag, /^<\/?(?:details|summary|code|sub|pre)>$|^<folder>$/);
    }
    assert.doesNotMatch(shown, /@\w|!\[|\]\((?!https:\/\/github\.com\/(?:someone\/qemu|bootgauge\/bootgauge)\/)|\]:/);
    assert.doesNotMatch(shown, /(?<!\]\()https?:\/\/|www\.|#1\b|GH-1\b|\[!CAUTION/);
  },
  page: (text) => {
    assert.doesNotMatch(text, /<script>alert|<!--/);
    for (const tag of new Set(text.match(/<[a-z!/][^>]*>?/gi))) {
      assert.doesNotMatch(tag, /^<(?:img|iframe|object|embed|link|form)|\son\w+=|\ssrc=|\shref="(?!#)|javascript:/i);
    }
    assert.doesNotMatch(text, noControl);
  },
  xml: (text) => {
    assert.doesNotMatch(text, noControl);
    const tags = new Set(elementsOf(text).map(({ tag }) => tag));
    for (const tag of ['script', 'img', 'a', 'foreignObject']) assert.ok(!tags.has(tag), tag);
  },
  terminal: (text) => assert.doesNotMatch(text, noControl),
  log: (text) => assert.doesNotMatch(text, /^\s*::|##\[/m),
  command: (text) => {
    assert.match(text, /^::(?:error|warning|notice) title=[^:,\n]*::[^\n]*\r?\n$|^\r?\n$/);
    assert.doesNotMatch(text.trim(), noControl);
  },
};

/** Throws where an attack comes through. A document that its reader refuses is shown nowhere: false. */
export function tryAttack<T>(kind: StoredKind<T>, leaf: Leaf, text: string): boolean {
  const document = replaced(kind.document, leaf, text);
  if (!kind.isRead(document)) return false;
  const where = `${kind.name}, ${leaf.of} ${leaf.path.join('.')}, ${JSON.stringify(text)}`;
  try {
    const shown = kind.show(document);
    for (const [format, texts] of Object.entries(shown)) for (const one of texts) checks[format as Format](one);
  } catch (error) {
    if (error instanceof BootgaugeError) return false;
    throw new Error(`${where}: ${(error as Error).message.slice(0, 600)}`, { cause: error });
  }
  return true;
}
