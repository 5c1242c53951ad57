// report.md and the pieces of a pull request comment: verdict first, changed rows only, the rest folded.
import type { Report } from '../model/report.ts';
import { comparedCount, comparedNames } from './compared.ts';
import {
  code,
  details,
  empty,
  fence,
  isEmpty,
  joined,
  list,
  type Markdown,
  md,
  prose,
  table,
} from './markdown-writer.ts';
import { firstRows } from './table.ts';
import { verdictWord } from './title.ts';
import { type FindingView, type ReportView, reportView, type ScenarioView } from './view.ts';

export interface Section {
  /** `verdict`, `changes`, `where`, ...; with several scenarios `<scenario>/<name>`. */
  readonly name: string;
  readonly text: Markdown;
  /** 0 must stay; of the others the highest goes first when there is too little room. */
  readonly priority: number;
}

/** The whole report as GitHub's markdown, one newline at the end. */
export function markdownReport(report: Report): string {
  const sections = markdownSections(reportView(report));
  return `${joined(sections.map(({ text }) => text)).text}\n`;
}

/** The report in pieces, in the order in which they are shown; any of them but priority 0 may be left out. */
export function markdownSections(view: ReportView): readonly Section[] {
  const several = view.scenarios.length > 1;
  const scenarios = view.scenarios.flatMap((scenario) =>
    scenarioSections(scenario, several)
      .filter(({ text }) => !isEmpty(text))
      .map((section) => (several ? { ...section, name: `${scenario.id}/${section.name}` } : section)),
  );
  return [{ name: 'verdict', text: md`### ${view.title}`, priority: 0 }, ...scenarios, methodSection(view)];
}

/** What was compared, and on which machine; `sides` stands in for the names of head and base. */
export function comparedText({ compared, machine }: ScenarioView, sides?: Markdown): Markdown {
  return md`${sides ?? comparedNames(compared)}, ${comparedCount(compared)}; ${machine}`;
}

function scenarioSections(scenario: ScenarioView, several: boolean): readonly Section[] {
  const section = (name: string, priority: number, text: Markdown): Section => ({ name, text, priority });
  const { id, word, where, services, conditions } = scenario;
  return [
    section('scenario', 0, several ? md`#### ${code(id)}: ${verdictWord(word)}` : empty),
    section('compared', 0, comparedText(scenario)),
    section('vulkan', 0, prose(scenario.vulkan)),
    section('changes', 0, table(scenario.changed)),
    section('recorded', 0, scenario.recorded === '' ? empty : md`**${scenario.recorded}**`),
    section('because', 1, prose(scenario.because)),
    section('where', 1, where === '' ? empty : md`Where: ${where}`),
    section('next', 1, nextText(scenario)),
    section('failures', 1, failures(scenario)),
    section('findings', 2, list('Findings', scenario.findings.map(findingText))),
    section(
      'warnings',
      3,
      list(
        'Warnings',
        scenario.warnings.map((text) => prose(text)),
      ),
    ),
    section('metrics', 4, details('All metrics', table(scenario.metrics))),
    section('phases', 5, details('Phases', table(scenario.phases))),
    section('services', 6, details('Services', table(firstRows(services, 20)))),
    section('vulkan-changes', 5, details('Vulkan: what changed', table(scenario.vulkanChanges))),
    section('boots', 8, details('Boots', table(scenario.boots))),
    section('conditions', 7, details('Conditions', table(conditions))),
  ];
}

function nextText({ next: { text, command } }: ScenarioView): Markdown {
  return command === '' ? prose(text) : md`${prose(text)}: ${code(command)}`;
}

const mostFailures = 5;

function failures({ failures: all }: ScenarioView): Markdown {
  const more = all.length - mostFailures;
  const items = all.slice(0, mostFailures).map(({ text }) => md`${text}`);
  return list('Failed boots', [...items, ...(more > 0 ? [md`and ${more} more`] : [])]);
}

function findingText({ id, severity, text, evidence }: FindingView): Markdown {
  const lines = evidence.map((line) => md`  - ${code(line)}`);
  return joined([md`**${severity}** ${code(id)}: ${prose(text)}`, ...lines], '\n');
}

function methodSection({ method: { sentences, commands } }: ReportView): Section {
  const title = commands.length === 0 ? 'Method' : 'Method, and how to reproduce';
  const body = joined([prose(sentences.join(' ')), fence('sh', commands)]);
  return { name: 'method', text: details(title, body), priority: 9 };
}
