// bootgauge bisect: finds the commit that made the guest slower.
import type { Command } from 'commander';
import { findSlowerCommit } from '../bisect/bisection.ts';
import { ignoredOfBase, sideAt } from '../bisect/pair.ts';
import type { CommandContext } from '../cli/context.ts';
import { lockFor } from '../cli/machine.ts';
import { addScenarioOptions, type ScenarioOptions, scenariosFor } from '../cli/scenario-options.ts';
import { usageError } from '../model/errors.ts';

interface BisectOptions extends ScenarioOptions {
  readonly scenario?: string;
  readonly dependency?: string;
  readonly metric?: string;
  readonly anew?: true;
  readonly json?: true;
}

export function defineBisect(command: Command, context: CommandContext): void {
  command
    .argument('<good>', 'a commit that is fast')
    .argument('<bad>', 'a later one that is slow')
    .description(
      'Builds commits between <good> and <bad> of the source that qemu: names (default: this checkout) and boots each in\n' +
        'turn with the good one. Nothing but the commit differs: patches, guest and machine are those of the scenario, or of\n' +
        'its head: where it has one; base: is ignored. Commits that do not build or boot are skipped. Ends with the commit,\n' +
        'what it costs compared with its parent, and the phase where the time goes. After an interruption the same command\n' +
        'goes on where it was.',
    );
  addScenarioOptions(command)
    .optionsGroup('Bisect:')
    .option('--scenario <name>', 'scenario from bootgauge.yml; needed when there are several')
    .option('--dependency <name>', 'try commits of a library under qemu.dependencies; QEMU stays as it is')
    .option('--metric <name>', 'metric to follow; default: the first one that is slower')
    .option('--anew', 'start again: forget the commits that were already judged')
    .option('--json', 'print the answer as JSON, and what is said to people on standard error')
    .action(async (good: string, bad: string, options: BisectOptions) => {
      const { config, scenario } = await scenarioFor(good, bad, options, context);
      const { dependency: of = null, metric, offline = false, anew = false } = options;
      await using _machine = await lockFor(options, context);
      const told = options.json ? { ...context, out: context.err } : context;
      const answer = await findSlowerCommit({ good, bad, config, scenario, of, metric, offline, anew }, told);
      if (options.json) context.out(`${JSON.stringify(answer, null, 2)}\n`);
      context.finish(answer.kind === 'found' ? 0 : 3);
    });
}

async function scenarioFor(good: string, bad: string, options: BisectOptions, context: CommandContext) {
  const { scenario: name, dependency: of = null } = options;
  const sides = of === null ? { base: { ref: good }, head: { ref: bad } } : {};
  const { config, scenarios } = await scenariosFor(name === undefined ? [] : [name], options, context, sides);
  const [scenario] = scenarios;
  if (scenario === undefined || scenarios.length > 1) {
    throw usageError(
      'there are several scenarios to bisect',
      `choose one with --scenario: ${scenarios.map(({ id }) => id).join(', ')}`,
    );
  }
  const ignored = ignoredOfBase(scenario, of);
  if (ignored.length > 0) {
    const text = `${scenario.id}: ignoring what only base: has (${ignored.join(', ')}); every commit is built and booted as head: says`;
    context.progress({ kind: 'note', text });
  }
  return { config, scenario: { ...scenario, base: null, head: sideAt(scenario, null, of) } };
}
