// bootgauge compare: judges the head boots of one recorded run against those of another.

import type { Command } from 'commander';
import { analyze, seriesOf, vulkanIdentityOf } from '../analyze.ts';
import type { CommandContext } from '../cli/context.ts';
import { addFormatOption, printReport } from '../cli/format-option.ts';
import type { BaselineSession } from '../model/baseline.ts';
import { usageError } from '../model/errors.ts';
import type { RecordedRun, RecordedScenario } from '../model/run.ts';
import { findRun, readRun } from '../store/run-folder.ts';
import { sessionOf } from '../trend/session.ts';
import { exitCodeOf } from '../verdict/exit-code.ts';

export function defineCompare(command: Command, context: CommandContext): void {
  command
    .argument('<base>', 'folder or id of the run to compare with')
    .argument('<head>', 'folder or id of the run that is judged')
    .description(
      'Judges the head boots of the second run against the head boots of the first, scenario by scenario. The two were\n' +
        'recorded in different sessions, so the spread between sessions is part of the judgement, and only a large\n' +
        'difference can be told: for a small one boot both sides in turn (base: and head: in bootgauge.yml).',
    );
  addFormatOption(command).action(async (base: string, head: string, options: { readonly format: string }) => {
    const baseRun = await readRun(await findRun(context.folder, base));
    const headRun = await readRun(await findRun(context.folder, head));
    const report = analyze(await joined(baseRun, headRun));
    await printReport(report, { format: options.format, files: [], context });
    context.finish(exitCodeOf(report.verdict, headRun.onUndecided));
  });
}

/** Head's run with base's run as its only baseline session; scenarios that base does not have are left out. */
async function joined(base: RecordedRun, head: RecordedRun): Promise<RecordedRun> {
  if (base.id === head.id) throw usageError('a run cannot be compared with itself', 'Name two different runs.');
  const known = new Map(base.scenarios.map((entry) => [entry.scenario.id, entry]));
  const scenarios: RecordedScenario[] = [];
  for (const entry of head.scenarios) {
    const other = known.get(entry.scenario.id);
    if (other === undefined || entry.scenario.profile !== 'timing') continue;
    scenarios.push({
      ...entry,
      scenario: { ...entry.scenario, base: null },
      conditions: { ...entry.conditions, base: null },
      baseline: [await sessionFrom(base, other)],
      // The arms of a study have none, however they are compared.
      baselinePath: entry.baselinePath === '' ? '' : `run ${base.id}`,
      boots: entry.boots.filter((boot) => boot.side === 'head'),
    });
  }
  if (scenarios.length > 0) return { ...head, scenarios };
  const names = [...known.keys()].join(', ');
  throw usageError(
    `runs ${base.id} and ${head.id} have no scenario of the profile timing in common`,
    `The first one has: ${names}`,
  );
}

async function sessionFrom(run: RecordedRun, recorded: RecordedScenario): Promise<BaselineSession> {
  const { scenario, conditions } = recorded;
  const series = seriesOf(recorded).head;
  return sessionOf({
    run,
    scenario,
    conditions: conditions.head,
    series,
    vulkan: vulkanIdentityOf(recorded),
    intended: '',
  });
}
