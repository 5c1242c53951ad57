// What GitHub knows and a report does not: commits with links, the page of the run, the artifact, what a pull request
// changed in files that decide its check. The view is changed before it is laid out; finished text is never edited.
import type { StoredGate } from '../model/gate.ts';
import { comparedText, markdownSections, type Section } from '../report/markdown.ts';
import { code, details, empty, joined, link, list, type Markdown, md, prose } from '../report/markdown-writer.ts';
import type { ReportView, ScenarioView } from '../report/view.ts';

export interface Frame extends StoredGate {
  /** `https://github.com/owner/repository`. */
  readonly repositoryUrl: string;
  readonly headSha: string;
  readonly runUrl: string;
  /** Empty when nothing was uploaded. */
  readonly artifactUrl: string;
}

/** The report's sections with the frame around them: commits behind the verdict, the rest at the end. */
export function framed(view: ReportView, frame: Frame): readonly Section[] {
  const [verdict, ...others] = markdownSections(forGitHub(view));
  const { commits, rest } = commitsSection(view, others, frame);
  return [
    ...(verdict === undefined ? [] : [verdict]),
    commits,
    ...rest.filter((section) => section.priority < foldedFrom),
    { name: 'gate changes', text: gateChanges(frame), priority: 1 },
    { name: 'notes', text: notes(frame), priority: 2 },
    ...rest.filter((section) => section.priority >= foldedFrom),
    { name: 'accept', text: acceptance(frame), priority: 8 },
    { name: 'links', text: links(frame), priority: 1 },
  ];
}

/** What is shown of a run that came to no verdict. */
export function failureSections(
  error: { readonly message: string; readonly hint: string },
  { headSha, runUrl }: Pick<Frame, 'headSha' | 'runUrl'>,
): readonly Section[] {
  const of = headSha === '' ? empty : md` of ${shortCommit(headSha)}`;
  return [
    { name: 'verdict', text: md`### No measurement${of}`, priority: 0 },
    { name: 'error', text: joined([prose(error.message), prose(error.hint)]), priority: 0 },
    { name: 'links', text: links({ runUrl, artifactUrl: '' }), priority: 1 },
  ];
}

/** Sections from this priority on are folded details. */
const foldedFrom = 4;

const acceptTitle = 'Reproduce or accept this pull request';

/** The run lies in an artifact: commands that name it would find nothing on the reader's machine. The fold has those that work. */
function forGitHub(view: ReportView): ReportView {
  const scenarios = view.scenarios.map((scenario): ScenarioView => {
    const { text, command } = scenario.next;
    if (!command.includes(view.run)) return scenario;
    return { ...scenario, next: { text: `${text}: see "${acceptTitle}" below.`, command: '' } };
  });
  return { ...view, scenarios, method: { ...view.method, commands: [] } };
}

const shortCommit = (sha: string): Markdown => code(sha.slice(0, 10));

/** The commits with links. Where the report names just these, the line about boots and machine moves here and names them once. */
function commitsSection(
  { scenarios }: ReportView,
  sections: readonly Section[],
  frame: Frame,
): { readonly commits: Section; readonly rest: readonly Section[] } {
  const text = commits(frame);
  const section = (text: Markdown): Section => ({ name: 'commits', text, priority: 0 });
  const [only] = scenarios;
  if (only === undefined || scenarios.length > 1 || !namesCommits(only, frame)) {
    return { commits: section(text), rest: sections };
  }
  return { commits: section(comparedText(only, text)), rest: sections.filter(({ name }) => name !== 'compared') };
}

function namesCommits({ compared }: ScenarioView, { headSha, baseSha }: Frame): boolean {
  const [head, base] = [headSha.slice(0, 10), baseSha.slice(0, 10)];
  if (head === '' || base === '' || compared.against !== 'base') return false;
  return ['head', head, `head ${head}`].includes(compared.head) && ['base', base].includes(compared.base);
}

function commits({ repositoryUrl, headSha, baseSha }: Frame): Markdown {
  const linked = (sha: string): Markdown => link(shortCommit(sha), `${repositoryUrl}/commit/${sha}`);
  if (headSha === '') return empty;
  return baseSha === '' ? md`head ${linked(headSha)}` : md`head ${linked(headSha)} against base ${linked(baseSha)}`;
}

const notes = (frame: Frame): Markdown =>
  joined(
    frame.notes.map((note) => md`- ${prose(note)}`),
    '\n',
  );

function gateChanges({ gateChanges: changes }: Frame): Markdown {
  const items = changes.map(({ path, lines }) => {
    if (lines.length === 0) return code(path);
    const shown = joined(
      lines.map((line) => md`${line}`),
      '<br>',
    );
    return md`${code(path)}\n  <pre>${shown}</pre>`;
  });
  return list(
    'This pull request changes files that decide this check. The versions of the base branch were used; these changes had no effect:',
    items,
  );
}

/** The run is in the artifact, not on the reader's machine; and a pull request cannot accept itself. */
function acceptance({ headSha, baseSha, artifactUrl }: Frame): Markdown {
  if (headSha === '') return empty;
  const [head, base] = [headSha.slice(0, 10), baseSha.slice(0, 10)];
  const built = code(`bootgauge run --base ${base} --head ${head}`);
  const steps = [
    ...(artifactUrl === ''
      ? []
      : [md`To judge the same boots again: unpack the artifact and run \`bootgauge analyze <folder>\`.`]),
    md`To boot it on your own machine: ${code(`git switch --detach ${head}`)}, then \`bootgauge run\`${base === '' ? empty : md`, or build both sides with ${built}`}.`,
    md`To accept an intended slowdown: merge in spite of the failed check, or raise \`tolerate\` for the metric in a pull request of its own first. Where files in \`baselines/\` decide, record a new session on the main branch afterwards: \`bootgauge baseline accept <folder> --intended "why"\`, or run the workflow Baseline.`,
  ];
  return details(
    acceptTitle,
    joined(
      steps.map((step) => md`- ${step}`),
      '\n',
    ),
  );
}

function links({ runUrl, artifactUrl }: Pick<Frame, 'runUrl' | 'artifactUrl'>): Markdown {
  const parts = [
    link('Job log', runUrl),
    ...(artifactUrl === '' ? [] : [link('report, consoles and pictures', artifactUrl)]),
  ];
  return md`<sub>${joined(parts, ' · ')}</sub>`;
}
