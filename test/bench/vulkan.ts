// npm run bench:vulkan -- [--only text,text] [--json] [--page FILE]: produces every known failure of Vulkan for real on the reference kit
// and looks whether it is named right; then a head that fell back to lavapipe, and one that lost a drawing (its page goes to FILE), against
// a base with Venus, through judge and report.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { analyze } from '../../src/analyze.ts';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { Conditions } from '../../src/model/conditions.ts';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Report } from '../../src/model/report.ts';
import type { RecordedRun } from '../../src/model/run.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { drawings } from '../../src/probe/drawings.ts';
import { htmlReport } from '../../src/report/html.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { bootCase, type CaseBoot, outcomeWords, type VulkanCase, vulkanCases } from '../real/vulkan-cases.ts';
import { finishBench, type Promised } from './table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    page: { type: 'string', default: '' },
  },
});
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort(new Error(name)));

const rows: (string | number)[][] = [];
const promises: Promised[] = [];
const data: unknown[] = [];
const wanted = (name: string): boolean => values.only.split(',').some((part) => name.includes(part));
for (const which of vulkanCases.filter(({ name }) => wanted(name))) await tryCase(which);
if (wanted('fallback against Venus')) await fallbackAgainstVenus();
if (wanted('ten boots')) await rightTenTimes();
if (wanted('lost texture against Venus')) await lostTexture();
finishBench(
  {
    name: 'Failures of Vulkan on the reference kit',
    columns: ['case', 'outcome', 'finding', 'detail'],
    rows,
    promises,
    notes: [],
    data,
  },
  values.json ? 'json' : 'table',
);

async function tryCase(which: VulkanCase): Promise<void> {
  const { scenario, plan, boot } = await bootCase(which, { number: 1, side: 'head', round: 1 }, interrupted.signal);
  const [scenarioReport] = analyze(runOf(scenario, plan, [boot])).scenarios;
  const errors = (scenarioReport?.findings ?? []).filter(({ severity }) => severity === 'error');
  const named = errors.map(({ id }) => id);
  const detail = boot.outcome.kind === 'failed' ? boot.outcome.detail : (boot.stderr.trim().split('\n').at(-1) ?? '');
  const row = [which.name, outcomeWords(boot), named.join(', ') || '-', detail.slice(0, 110)];
  rows.push(row);
  process.stderr.write(`${row.join(' | ')}\n`);
  data.push({
    case: which.name,
    outcome: boot.outcome,
    vulkan: boot.vulkan,
    stderr: boot.stderr,
    errors,
    probes: boot.probes,
  });
  const outcome = outcomeWords(boot) === which.outcome;
  const own = named.filter((id) => !which.also?.includes(id));
  const finding = own.join() === (which.finding ?? '');
  promises.push({
    what: `${which.name}: ${which.outcome}, ${which.finding ?? 'nothing found'}`,
    measured: `${outcomeWords(boot)}, ${named.join(', ') || 'nothing found'}`,
    met: outcome && finding,
  });
}

async function fallbackAgainstVenus(): Promise<void> {
  const report = await against('lavapipe beside Venus', 'lavapipe beside a lost Venus', 4);
  const words = report.scenarios.flatMap(({ comparisons }) => comparisons.map(({ word }) => word));
  promise('a fallback ends with exit code 1', exitText(report), exitCodeOf(report.verdict, 'pass') === 1);
  const first = firstLine(report);
  promise('the first line of the comment says so', first, /llvmpipe in place of Venus/.test(first));
  const isPlain = !words.includes('faster') && !/improvement/.test(first);
  promise('no time reads as an improvement', words.join(', '), isPlain);
}

async function rightTenTimes(): Promise<void> {
  const venus = vulkanCases.find(({ name }) => name === 'venus') as VulkanCase;
  let right = 0;
  for (let number = 1; number <= 10; number += 1) {
    const { boot } = await bootCase(venus, { number, side: 'head', round: number }, interrupted.signal);
    const drawn = boot.vulkan?.drawings?.filter(({ outcome }) => outcome === 'ok').length ?? 0;
    right += drawn === drawings.length ? 1 : 0;
    process.stderr.write(`ten boots, boot ${number}: ${outcomeWords(boot)}, ${drawn} drawings right\n`);
  }
  promise('all drawings are right in 10 of 10 boots', `${right} of 10`, right === 10);
}

async function lostTexture(): Promise<void> {
  const report = await against('venus', 'a texture that does not arrive', 2);
  promise('a lost drawing ends with exit code 1', exitText(report), exitCodeOf(report.verdict, 'pass') === 1);
  const first = firstLine(report);
  promise('the first line of the comment names it', first, /Vulkan lost: the drawing texture is wrong/.test(first));
  const page = htmlReport(report);
  const shown = page.match(/<img src="data:image\/png/g)?.length ?? 0;
  promise('the page shows it beside that of base', `${shown} pictures`, shown === 2);
  if (values.page !== '') writeFileSync(values.page, page);
}

function firstLine(report: Report): string {
  return markdownReport(report).split('\n')[0] ?? '';
}

function promise(what: string, measured: string, met: boolean): void {
  promises.push({ what, measured, met });
}

/** Interleaved pairs of two cases. */
async function against(baseName: string, headName: string, rounds: number): Promise<Report> {
  const find = (name: string): VulkanCase => vulkanCases.find((which) => which.name === name) as VulkanCase;
  const cases = { base: find(baseName), head: find(headName) };
  const boots: Boot[] = [];
  let last: CaseBoot | null = null;
  for (let round = 1; round <= rounds; round += 1) {
    for (const side of ['base', 'head'] as const) {
      last = await bootCase(cases[side], { number: boots.length + 1, side, round }, interrupted.signal);
      boots.push(last.boot);
      process.stderr.write(`${headName}, round ${round}, ${side}: ${outcomeWords(last.boot)}\n`);
    }
  }
  const { plan, scenario } = last as CaseBoot;
  const report = analyze(runOf({ ...scenario, base: scenario.head }, plan, boots));
  data.push({ case: `${headName} against ${baseName}`, markdown: markdownReport(report) });
  return report;
}

function exitText({ verdict }: Report): string {
  return `${verdict.word} (${verdict.rule}): ${verdict.because}`;
}

function runOf(scenario: Scenario, plan: QemuLaunchPlan, boots: readonly Boot[]): RecordedRun {
  const host = {
    ...{ os: 'linux' as const, osMajor: 'Linux', osVersion: '', chip: 'bench', architecture: 'x86_64' as const },
    ...{ cpus: 2, memoryMiB: 4096, runner: '' },
  };
  const { origin, version, digest } = plan.emulator;
  const head: Conditions = { host, accelerator: 'tcg', emulator: { origin, version, digest }, guest: plan.guest };
  const state = { loadAverage: 0, freeMemoryMiB: 1000, freeDiskMiB: 1000, power: '', busy: [] };
  return {
    ...{ schema: 1, id: 'bench', startedAt: '', tool: 'bench', finished: true, onUndecided: 'pass', commit: '' },
    scenarios: [
      {
        scenario,
        conditions: { head, base: scenario.base === null ? null : head },
        hostState: { before: state, after: state },
        ...{ baseline: [], baselinePath: '', warnings: [] },
        boots,
      },
    ],
  };
}
