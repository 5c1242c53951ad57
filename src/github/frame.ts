// What GitHub knows and a report does not: commits with links, the page of the run, the artifact, what a pull request
// changed in its own gate. Names from outside are escaped by the caller's escape.
import type { StoredGate } from '../model/gate.ts';
import type { Section } from './fit.ts';

export interface Frame extends StoredGate {
  /** `https://github.com/owner/repository`. */
  readonly repositoryUrl: string;
  readonly headSha: string;
  readonly runUrl: string;
  /** Empty when nothing was uploaded. */
  readonly artifactUrl: string;
}

export interface Escapes {
  readonly prose: (text: string) => string;
  readonly code: (text: string) => string;
}

/** Puts the frame around a report's sections: commits behind the verdict, the rest at the end. */
export function framed(sections: readonly Section[], frame: Frame, escapes: Escapes): readonly Section[] {
  const [verdict, ...others] = sections.map(withoutRunId).map(withoutCommands);
  const { line, rest } = commitsLine(others, frame);
  return [
    ...(verdict === undefined ? [] : [verdict]),
    { name: 'commits', text: line, priority: 0 },
    ...rest.filter((section) => section.priority < foldedFrom),
    { name: 'gate changes', text: gateChanges(frame, escapes), priority: 1 },
    { name: 'notes', text: frame.notes.map((note) => `- ${escapes.prose(note)}`).join('\n'), priority: 2 },
    ...rest.filter((section) => section.priority >= foldedFrom),
    { name: 'accept', text: acceptance(frame), priority: 8 },
    { name: 'links', text: links(frame), priority: 1 },
  ];
}

/** What is shown of a run that came to no verdict. */
export function failureSections(
  error: { readonly message: string; readonly hint: string },
  { headSha, runUrl }: Pick<Frame, 'headSha' | 'runUrl'>,
  prose: (text: string, maxLength?: number) => string,
): readonly Section[] {
  const lines = [error.message, error.hint].filter(Boolean).map((text) => prose(text, 2000));
  const of = headSha === '' ? '' : ` of \`${headSha.slice(0, 10)}\``;
  return [
    { name: 'verdict', text: `### No measurement${of}`, priority: 0 },
    { name: 'error', text: lines.join('\n\n'), priority: 0 },
    { name: 'links', text: links({ runUrl, artifactUrl: '' }), priority: 1 },
  ];
}

/** The run lies in an artifact: a command that names it would find nothing on the reader's machine. */
function withoutRunId(section: Section): Section {
  const useless = /(^|\/)next$/.test(section.name) && section.text.includes('bootgauge baseline accept');
  return useless ? { ...section, text: 'Wanted? "Reproduce or accept" below says how to go on.' } : section;
}

/** The commands of the method name the run too; "Reproduce or accept" has those that work for a reader on GitHub. */
function withoutCommands(section: Section): Section {
  if (section.name !== 'method') return section;
  const text = section.text.replace(/\n\n```sh\n[\s\S]*?\n```/, '').replace('Method, reproduce, accept', 'Method');
  return { ...section, text };
}

/** Sections from this priority on are folded details. */
const foldedFrom = 4;

function commits({ repositoryUrl, headSha, baseSha }: Frame): string {
  const link = (sha: string): string => `[\`${sha.slice(0, 10)}\`](${repositoryUrl}/commit/${sha})`;
  if (headSha === '') return '';
  return baseSha === '' ? `head ${link(headSha)}` : `head ${link(headSha)} against base ${link(baseSha)}`;
}

/** The report names the same commits before the number of boots: one line says it once. */
function commitsLine(sections: readonly Section[], frame: Frame): { line: string; rest: readonly Section[] } {
  const line = commits(frame);
  const [head, base] = [frame.headSha.slice(0, 10), frame.baseSha.slice(0, 10)];
  const compared = sections.filter(({ name }) => /(^|\/)compared$/.test(name));
  const [only] = compared;
  if (only === undefined || compared.length > 1 || base === '') return { line, rest: sections };
  const [, sides = '', more = ''] = /^((?:head )?\w+ against \w+), (.*)$/s.exec(only.text) ?? [];
  const known = ['', 'head', 'base', 'against', head, base];
  if (!sides.split(' ').every((word) => known.includes(word)) || more === '') return { line, rest: sections };
  return { line: `${line}, ${more}`, rest: sections.filter((section) => section !== only) };
}

function gateChanges({ gateChanges: changes }: Frame, escapes: Escapes): string {
  if (changes.length === 0) return '';
  const items = changes.flatMap(({ path, lines }) => [
    `- ${escapes.code(path)}`,
    ...(lines.length === 0 ? [] : [`  <pre>${lines.map((line) => escapes.prose(line)).join('<br>')}</pre>`]),
  ]);
  return `**This pull request changes its own gate. The base branch's files were used; these changes were not applied:**\n\n${items.join('\n')}`;
}

/** The run is in the artifact, not on the reader's machine; and a pull request cannot accept itself. */
function acceptance({ headSha, baseSha, artifactUrl }: Frame): string {
  if (headSha === '') return '';
  const sides = baseSha === '' ? '' : ` --base ${baseSha.slice(0, 10)} --head ${headSha.slice(0, 10)}`;
  const steps = [
    artifactUrl === '' ? '' : 'Judge the same boots again: unpack the artifact and `bootgauge analyze <folder>`.',
    `Boot again on a machine of your own: \`git switch --detach ${headSha.slice(0, 10)}\`, then \`bootgauge run\`${sides === '' ? '' : ` (builds of both sides: \`bootgauge run${sides}\`)`}.`,
    'Accept a wanted slowdown: merge with the failed check, or raise `tolerate` for the metric in a pull request of its own first. Where `baselines/` decides, record on the main branch afterwards: `bootgauge baseline accept <folder> --intended "why"`, or the workflow Baseline.',
  ].filter(Boolean);
  return `<details><summary>Reproduce or accept this pull request</summary>\n\n${steps.map((step) => `- ${step}`).join('\n')}\n\n</details>`;
}

function links({ runUrl, artifactUrl }: Pick<Frame, 'runUrl' | 'artifactUrl'>): string {
  const parts = [`[Job log](${runUrl})`];
  if (/^https?:\/\/[^\s()<>]+$/.test(artifactUrl)) parts.push(`[report, consoles and pictures](${artifactUrl})`);
  return `<sub>${parts.join(' · ')}</sub>`;
}
