// report.md and the pieces of a pull request comment: what happened in a sentence, one line of figures, what changed, what
// to mind, and one fold for each scenario.

import type { Report } from '../model/report.ts';
import { formatCount } from '../model/units.ts';
import { comparedCount, comparedNames } from './compared.ts';
import {
  alert,
  code,
  details,
  empty,
  fence,
  isEmpty,
  joined,
  list,
  type Markdown,
  md,
  preformatted,
  prose,
  small,
  table,
} from './markdown-writer.ts';
import { firstRows } from './table.ts';
import { type FailureView, type FindingView, type ReportView, reportView, type ScenarioView } from './view.ts';

export interface Section {
  /** `verdict`, `changes`, `boots`, ...; with several scenarios `<scenario>/<name>`. */
  readonly name: string;
  readonly text: Markdown;
  /** 0 must stay; of the others the highest goes first when there is too little room. */
  readonly priority: number;
  /** It lies in a fold together with its neighbours of the same one. */
  readonly fold?: Fold;
}

export interface Fold {
  /** Whose fold it is: a scenario's id, or empty. */
  readonly of: string;
  /** Stands above the text, and in the title of the fold. */
  readonly heading: string;
}

/** The whole report as GitHub's markdown, one newline at the end. */
export function markdownReport(report: Report): string {
  return `${assembled(markdownSections(reportView(report))).text}\n`;
}

/** Sections put together, neighbours of one fold in that fold. */
export function assembled(sections: readonly Section[]): Markdown {
  const blocks: Section[][] = [];
  for (const section of sections.filter(({ text }) => !isEmpty(text))) {
    const last = blocks.at(-1);
    if (last !== undefined && section.fold !== undefined && last[0]?.fold?.of === section.fold.of) last.push(section);
    else blocks.push([section]);
  }
  return joined(blocks.map(block));
}

function block(sections: readonly Section[]): Markdown {
  const [first] = sections;
  if (first?.fold === undefined) return first?.text ?? empty;
  const bodies = sections.map(({ fold, text }) => md`#### ${fold?.heading ?? ''}\n\n${text}`);
  return details(foldTitle(sections.flatMap(({ fold }) => fold ?? [])), joined(bodies));
}

/** `default: Where the time goes · All metrics · 24 boots`. */
function foldTitle(folds: readonly Fold[]): string {
  const of = folds[0]?.of ?? '';
  return `${of === '' ? '' : `${of}: `}${folds.map(({ heading }) => heading).join(' · ')}`;
}

/**
 * The report in pieces, in the order in which they are shown; any of them but priority 0 may be left out. `alerts` stand
 * before the report's own warnings in the one block that warns.
 */
export function markdownSections(view: ReportView, alerts: readonly Markdown[] = []): readonly Section[] {
  const several = view.scenarios.length > 1;
  const warning: Section = { name: 'warnings', text: alert([...alerts, ...warnings(view)]), priority: 0 };
  const scenarios = view.scenarios.map((scenario, index) => {
    const named = (section: Section): Section => ({ ...section, name: `${scenario.id}/${section.name}` });
    const shown = [...visible(scenario, { several, index }), ...folded(scenario, several ? scenario.id : '')];
    return several ? shown.map(named) : shown;
  });
  const own = several ? [warning, ...scenarios.flat()] : withWarning(scenarios.flat(), warning);
  const title: Section = {
    name: 'verdict',
    text: md`### ${markOf(view.scenarios[0], view.word)} ${view.title}`,
    priority: 0,
  };
  return [title, ...own, methodSection(view)].filter(({ text }) => !isEmpty(text));
}

/** Behind what is visible and before the fold. */
function withWarning(sections: readonly Section[], warning: Section): readonly Section[] {
  const end = sections.findIndex(({ fold }) => fold !== undefined);
  return end < 0 ? [...sections, warning] : [...sections.slice(0, end), warning, ...sections.slice(end)];
}

interface Place {
  readonly several: boolean;
  readonly index: number;
}

/** Of this many scenarios, the worst, everything that is visible stays however many there are. */
const mostKept = 10;
/** Words that a title and its figures explain; the reason stands in the fold. */
const plainWords = ['failed', 'slower', 'faster'];

function visible(scenario: ScenarioView, { several, index }: Place): readonly Section[] {
  const { word, because, next } = scenario;
  const section = (name: string, priority: number, text: Markdown): Section => ({
    ...{ name, text, priority: index < mostKept ? priority : 3 + priority / 10 },
  });
  const news = scenario.findings.filter(({ isNews }) => isNews).map(findingText);
  return [
    section('scenario', 0, several ? scenarioHeading(scenario, index) : empty),
    section('compared', 0, leadLine(scenario)),
    section('vulkan', 0, scenario.vulkanBrief === '' ? prose(scenario.vulkan) : empty),
    section('changes', 0, changes(scenario)),
    section('because', 1, plainWords.includes(word) || word === 'same' ? empty : prose(because)),
    section('next', 1, next.command === '' ? prose(next.text) : md`${prose(next.text)}: ${code(next.command)}`),
    section('failures', 1, failures(scenario)),
    section('findings', 2, list('Known causes', news)),
    section('moved', 2, moved(scenario)),
  ];
}

function folded(scenario: ScenarioView, of: string): readonly Section[] {
  const { findings, metrics, boots, word, because } = scenario;
  const section = (name: string, priority: number, heading: string, text: Markdown): Section => ({
    ...{ name, text, priority, fold: { of, heading } },
  });
  const others = findings.filter(({ isNews }) => !isNews).map((finding) => md`- ${findingText(finding)}`);
  const reason = plainWords.includes(word) ? prose(because) : empty;
  return [
    section('phases', 5, 'Where the time goes', table(scenario.phases)),
    section('services', 6, 'Services', table(firstRows(scenario.services, 20))),
    section('metrics', 4, 'All metrics', joined([reason, table(metrics)])),
    section('notes', 3, 'Findings', joined(others, '\n')),
    section('vulkan-changes', 5, 'Vulkan: what changed', table(scenario.vulkanChanges)),
    section('boots', 8, formatCount(boots.rows.length, 'boot'), table(boots)),
    section('conditions', 7, 'Machine', table(scenario.conditions)),
  ];
}

/** The first scenario's sentence is the title of the report. */
function scenarioHeading(scenario: ScenarioView, index: number): Markdown {
  const title = index === 0 ? empty : md`: ${scenario.title}`;
  return md`#### ${markOf(scenario, scenario.word)} ${code(scenario.id)}${title}`;
}

/** Where, limit, boots, machine, Vulkan. Where nothing changed it is small print, with what is ruled out. */
function leadLine(scenario: ScenarioView): Markdown {
  const { word, compared, where, limit, machine, vulkanBrief, because } = scenario;
  const isQuiet = word === 'same' || word === 'recorded';
  const names = compared.head === '' ? '' : comparedNames(compared);
  const parts = [
    where === '' ? empty : md`**${where}**`,
    word === 'same' ? prose(because.replace(/\.$/, '')) : empty,
    isQuiet || limit === '' ? empty : md`limit ${limit}`,
    ...[names, compared.base === '' ? compared.count : comparedCount(compared), machine, vulkanBrief].map(
      (text) => md`${text}`,
    ),
  ];
  const line = joined(parts, ' · ');
  return isQuiet ? small(line) : line;
}

function changes({ changed, unchanged, open, word }: ScenarioView): Markdown {
  const isTold = changed.rows.length > 0;
  return joined([
    isTold ? table(changed) : empty,
    isTold && word !== 'same' ? named('Unchanged', unchanged) : empty,
    open.length === 0 ? empty : named(`Undecided without a gate (${open.length})`, open),
  ]);
}

const mostNamed = 12;

function named(what: string, names: readonly string[]): Markdown {
  if (names.length === 0) return empty;
  const shown = names.slice(0, mostNamed).map((name) => code(name));
  const more = names.length > mostNamed ? md` and ${names.length - mostNamed} more` : empty;
  return md`${what}: ${joined(shown, ', ')}${more}`;
}

const mostMoved = 12;

function moved({ moved: all }: ScenarioView): Markdown {
  if (all.rows.length === 0) return empty;
  const more = all.rows.length - mostMoved;
  return joined([
    md`**${all.title}**`,
    table(firstRows(all, mostMoved)),
    more > 0 ? md`and ${more} more, which the report's page lists` : empty,
  ]);
}

const mostFailures = 5;

/** Of the first that says anything its last lines, and of the first that was examined what was seen. */
function failures({ failures: all }: ScenarioView): Markdown {
  const more = all.length - mostFailures;
  const first = (has: (one: FailureView) => boolean): FailureView | undefined =>
    all.find((one) => one.side === 'head' && has(one)) ?? all.find(has);
  const examined = first(({ autopsy }) => autopsy.length > 0);
  const speaking = first(({ console }) => console.length > 0);
  return joined([
    list('Failed boots', [
      ...all.slice(0, mostFailures).map(({ text }) => md`${text}`),
      ...(more > 0 ? [md`and ${more} other kinds of failure`] : []),
    ]),
    speaking === undefined ? empty : lastLines(speaking),
    examined === undefined
      ? empty
      : details(`Examination of boot ${examined.boot} before QEMU was ended`, preformatted(examined.autopsy)),
  ]);
}

function lastLines({ boot, console }: FailureView): Markdown {
  const what = console.length === 1 ? 'the last line' : `the last ${console.length} lines`;
  return details(`Console of boot ${boot}, ${what}`, preformatted(console));
}

const mostWarnings = 8;

/** Each text once, with the scenarios that it is about where it is not about all. */
function warnings({ scenarios }: ReportView): readonly Markdown[] {
  const all = scenarios.flatMap(({ id, warnings: texts }) => texts.map((text) => ({ id, text })));
  const items = [...Map.groupBy(all, ({ text }) => text)].map(([text, about]) => {
    const ids = about.slice(0, 3).map(({ id }) => code(id));
    const more = about.length > ids.length ? md` and ${about.length - ids.length} more` : empty;
    return about.length === scenarios.length ? prose(text) : md`${joined(ids, ', ')}${more}: ${prose(text)}`;
  });
  const left = items.length - mostWarnings;
  return left > 0 ? [...items.slice(0, mostWarnings), md`${left} more in the report`] : items;
}

function findingText({ id, severity, text, evidence }: FindingView): Markdown {
  const lines = evidence.map((line) => md`  - ${code(line)}`);
  return joined([md`**${severity}** ${code(id)}: ${prose(text)}`, ...lines], '\n');
}

function methodSection({ method: { sentences, commands } }: ReportView): Section {
  const heading = commands.length === 0 ? 'Method' : 'Method, and how to repeat it';
  const text = joined([prose(sentences.join(' ')), fence('sh', commands)]);
  return { name: 'method', text, priority: 9, fold: { of: '', heading } };
}

/** For the eye only: the title says it in words. */
function markOf(scenario: ScenarioView | undefined, word: ReportView['word']): Markdown {
  if (scenario?.source.verdict.rule === 'nothing-to-compare') return marks.undecided;
  return marks[word];
}

const marks: Readonly<Record<ReportView['word'], Markdown>> = {
  failed: md`🔴`,
  slower: md`🔴`,
  incomparable: md`⚠️`,
  undecided: md`⚠️`,
  faster: md`🟢`,
  same: md`✅`,
  recorded: md`⚪`,
};
