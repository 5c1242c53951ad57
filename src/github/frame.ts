// What GitHub knows and a report does not: commits with links, the page of the run, the artifact, what a pull request
// changed in files that decide its check. The view is changed before it is laid out; finished text is never edited.
import type { StoredGate } from '../model/gate.ts';
import { markdownSections, type Section } from '../report/markdown.ts';
import {
  code,
  empty,
  isEmpty,
  joined,
  link,
  type Markdown,
  md,
  preformatted,
  prose,
  small,
} from '../report/markdown-writer.ts';
import type { ReportView, ScenarioView } from '../report/view.ts';

export interface Frame extends StoredGate {
  /** `https://github.com/owner/repository`. */
  readonly repositoryUrl: string;
  readonly headSha: string;
  readonly runUrl: string;
  /** Empty when nothing was uploaded. */
  readonly artifactUrl: string;
  /** What a label has to say of the verdict, in a sentence; empty: nothing. */
  readonly accepted?: string;
}

/** The report's sections with the frame around them: what must be minded in the one block that warns, the rest at the end. */
export function framed(view: ReportView, frame: Frame): readonly Section[] {
  return [
    ...markdownSections(forGitHub(view, frame), [
      ...(frame.accepted ? [prose(frame.accepted)] : []),
      ...changedFiles(frame),
      ...frame.notes.map((note) => prose(note)),
    ]),
    {
      ...{ name: 'gate changes', text: changedLines(frame), priority: 7 },
      fold: { of: '', heading: 'What the pull request changes in its own check' },
    },
    { name: 'accept', text: acceptance(frame), priority: 8, fold: { of: '', heading: 'Repeat or accept' } },
    { name: 'links', text: links(frame, view.tool), priority: 0 },
  ];
}

/** What is shown of a run that came to no verdict. */
export function failureSections(
  error: { readonly message: string; readonly hint: string },
  { headSha, runUrl }: Pick<Frame, 'headSha' | 'runUrl'>,
): readonly Section[] {
  const of = headSha === '' ? empty : md` for ${shortCommit(headSha)}`;
  return [
    { name: 'verdict', text: md`### ⚠️ Nothing was measured${of}`, priority: 0 },
    { name: 'error', text: joined([prose(error.message), prose(error.hint)]), priority: 0 },
    { name: 'links', text: small(link('job log', runUrl)), priority: 1 },
  ];
}

/**
 * The run lies in an artifact: commands that name it would find nothing on the reader's machine, and the fold has those that
 * work. Commits that the last line links are not named before.
 */
function forGitHub(view: ReportView, frame: Frame): ReportView {
  const scenarios = view.scenarios.map((scenario): ScenarioView => {
    const { next, compared } = scenario;
    return {
      ...scenario,
      next: next.command.includes(view.run) || scenario.word === 'failed' ? { text: '', command: '' } : next,
      compared: namesCommits(scenario, frame) ? { ...compared, head: '' } : compared,
    };
  });
  return { ...view, scenarios, method: { ...view.method, commands: [] } };
}

const shortCommit = (sha: string): Markdown => code(sha.slice(0, 10));

function namesCommits({ compared }: ScenarioView, { headSha, baseSha }: Frame): boolean {
  const [head, base] = [headSha.slice(0, 10), baseSha.slice(0, 10)];
  if (head === '' || base === '' || compared.against !== 'base') return false;
  return ['head', head, `head ${head}`].includes(compared.head) && ['base', base].includes(compared.base);
}

/** The report's words, explained. */
const wordsUrl = 'https://github.com/bootgauge/bootgauge/blob/main/docs/words.md';

const mostPaths = 20;

/** Never left out, however long the diff: which files decide this check and are changed here. */
function changedFiles({ gateChanges }: Frame): readonly Markdown[] {
  const ran = named(gateChanges.filter((change) => change.ran === true));
  const held = named(gateChanges.filter((change) => change.ran !== true));
  return [
    isEmpty(ran)
      ? empty
      : md`This pull request changes the workflow that runs this check, and its own version ran: ${ran}. Read the change before you trust this result.`,
    isEmpty(held)
      ? empty
      : md`This pull request changes files that decide this check: ${held}. The versions of the base branch were used; these changes had no effect.`,
  ].filter((sentence) => !isEmpty(sentence));
}

function named(changes: Frame['gateChanges']): Markdown {
  const more = changes.length - mostPaths;
  const paths = changes.slice(0, mostPaths).map(({ path }) => code(path));
  return md`${joined(paths, ', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function changedLines({ gateChanges }: Frame): Markdown {
  return joined(
    gateChanges
      .filter(({ lines }) => lines.length > 0)
      .map(({ path, lines }) => joined([code(path), preformatted(lines)])),
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
    md`To accept an intended slowdown: set the label that the workflow names as \`accept-label\` and run the job again, or raise \`tolerate\` for the metric in a pull request of its own first. Where files in \`baselines/\` decide, record a new session on the main branch afterwards: \`bootgauge baseline accept <folder> --intended "why"\`, or run the workflow Baseline.`,
  ];
  return joined(
    steps.map((step) => md`- ${step}`),
    '\n',
  );
}

/** The last line: commits, where everything is, and what the words mean. */
function links(frame: Frame, version: string): Markdown {
  const { repositoryUrl, headSha, baseSha, runUrl, artifactUrl } = frame;
  const commit = (sha: string): Markdown => link(shortCommit(sha), `${repositoryUrl}/commit/${sha}`);
  const base = baseSha === '' ? empty : md` against base ${commit(baseSha)}`;
  const parts = [
    headSha === '' ? empty : md`head ${commit(headSha)}${base}`,
    artifactUrl === '' ? empty : link('report and consoles', artifactUrl),
    link('job log', runUrl),
    link('what these words mean', wordsUrl),
    md`**Bootgauge** ${version}`,
  ];
  return small(joined(parts, ' · '));
}
