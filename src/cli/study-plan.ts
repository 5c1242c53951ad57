// The plan of a study from the words of a command: which file or preset, which scenario, and what the options change.
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/config.ts';
import { defaultResponsiveness, defaultRuleOf } from '../config/defaults.ts';
import { scenarioIds } from '../config/scenarios.ts';
import { loadStudy, parseStudy } from '../config/study-file.ts';
import { studyPresets } from '../config/study-presets.ts';
import { endedHere } from '../guest/prepare-arms.ts';
import { usageError } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';
import type { StudyPlan } from '../model/study.ts';
import { responseMetrics } from '../probe/responsiveness.ts';
import type { Machine } from '../qemu/accelerator.ts';
import { hashValue } from '../store/digest.ts';
import { commonSetting, designArms } from '../study/design.ts';
import type { CommandContext } from './context.ts';
import { type ScenarioOptions, scenariosFor } from './scenario-options.ts';

export interface StudyPlanOptions extends ScenarioOptions {
  readonly preset?: string;
}

export const presets = Object.keys(studyPresets);

/** Throws a usage error when there is no study, or one that cannot be measured. */
export async function studyPlan(
  file: string | undefined,
  options: StudyPlanOptions,
  context: CommandContext,
): Promise<{
  readonly plan: StudyPlan;
  readonly scenario: Scenario & { readonly base: null };
  readonly config: Config;
}> {
  if ((file === undefined) === (options.preset === undefined))
    throw usageError('name either a study.yml or a --preset', `presets: ${presets.join(', ')}`);
  const study = file === undefined ? presetStudy(options.preset ?? '', context) : loadStudy(context.folder, file);
  const known = scenarioIds(loadConfig(context.folder, options.config));
  const { config, scenarios } = await scenariosFor([study.scenario ?? known[0] ?? 'default'], options, context);
  const [named] = scenarios;
  if (named === undefined) throw usageError('the study has no scenario');
  const added = Object.fromEntries(study.metrics.map((name) => [name, defaultRuleOf(name)]));
  const asksResponses = study.metrics.some((name) => responseMetrics.includes(name));
  const asked = asksResponses ? { responsiveness: defaultResponsiveness } : {};
  const scenario = { ...asked, ...named, metrics: { ...added, ...named.metrics } };
  if (scenario.profile !== 'timing') {
    throw usageError(
      `a study cannot use the profile ${scenario.profile}: its verbose console slows down every boot`,
      'use the profile timing; `bootgauge run --explain` shows where the time goes',
    );
  }
  const neutral = { side: scenario.head, environment: {}, initramfs: null };
  const { setting, left } = commonSetting(neutral, study.common);
  if (left.length > 0) {
    const text = `common: ignoring ${left.join(', ')}, which the launcher decides itself`;
    context.progress({ kind: 'note', text });
  }
  const { factors, arms } = designArms(setting, study.factors, study.design);
  const sampling = samplingOf(options, study.sampling);
  // All that is measured: an unfinished study of another scenario, or with other options, is another study.
  const { sampling: _, ...measured } = scenario;
  const digest = hashValue([study.digest, arms, measured]);
  const plan: StudyPlan = { name: study.name, design: study.design, factors, arms, sampling, digest };
  return { plan, scenario: { ...scenario, base: null }, config };
}

/** The arms of a study, for people; `host` is the machine that is to boot them, if not this one. */
export function planText({ name, design, arms, sampling }: StudyPlan, host?: Machine): string {
  const reasons = endedHere(arms, host);
  const boots = reasons.filter((reason) => reason === '').length;
  return [
    `study ${name}, ${design}: ${arms.length} arms, ${sampling.blocks} to ${sampling.maxBlocks} blocks of at most ${boots} boots`,
    ...arms.map(({ id }, index) => `  ${id}${reasons[index] === '' ? '' : `  not booted: ${reasons[index]}`}`),
    '',
  ].join('\n');
}

const presetStudy = (name: string, { folder }: CommandContext) =>
  parseStudy(studyPresets[name] ?? '', { name: `preset ${name}`, folder });

function samplingOf(options: StudyPlanOptions, written: StudyPlan['sampling']): StudyPlan['sampling'] {
  return {
    warmup: options.warmup ?? written.warmup,
    blocks: options.boots ?? written.blocks,
    maxBlocks: options.maxBoots ?? Math.max(options.boots ?? 0, written.maxBlocks),
    timeBudgetMs: options.timeBudget ?? written.timeBudgetMs,
  };
}
