// The one thing to do now.
import { judgesNothing } from '../model/comparison.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Report, ScenarioReport } from '../model/report.ts';
import { shellWord } from './shell-word.ts';

export interface NextStep {
  /** What it is for: a sentence, or with a command what the command does; empty when there is nothing to do. */
  readonly text: string;
  /** A command line that needs the run folder or the checkout; may be empty. */
  readonly command: string;
}

/** The arms of a study have no baseline, and are no scenarios that `run` knows. */
export const isOfStudy = ({ baseline: { path } }: ScenarioReport): boolean => path === '';

/** Both sides were booted at the same time: stored sessions are not like that. */
export const isJoint = ({ warnings }: ScenarioReport): boolean => warnings.some(({ code }) => code === 'joint-boots');

export function nextStep(report: Report, scenario: ScenarioReport): NextStep {
  const { verdict } = scenario;
  const step = (text: string, command = ''): NextStep => ({ text, command });
  const run = plainLine(report.run, 80);
  if (isOfStudy(scenario))
    return step('This is part of a study. To see what each change does', `bootgauge study --report ${run}`);
  if (!report.finished) {
    if (verdict.rule === 'soak')
      return step(
        'The soak was interrupted. To go on with it',
        // With that word it would begin anew.
        ['bootgauge', ...(report.command ?? ['soak']).filter((word) => word !== '--restart')].map(shellWord).join(' '),
      );
    return step('The run was interrupted; this is what it had recorded. To record all of it', 'bootgauge run');
  }
  const accept = `bootgauge baseline accept ${run}`;
  if (isJoint(scenario) && (verdict.word === 'slower' || verdict.word === 'faster')) return step('');
  switch (verdict.word) {
    case 'slower':
      return step('If the slowdown is intended, accept it with a reason', `${accept} --intended "why"`);
    case 'recorded':
      return judgesNothing(verdict.rule) ? step('') : step('To compare later runs with this one', accept);
    case 'faster':
      return step('To compare later runs with these faster times', accept);
    case 'undecided':
      return step(undecidedStep(plainLine(verdict.wouldDecide, 600)));
    case 'failed':
      if (scenario.boots.some(({ side, outcome }) => side === 'head' && outcome.kind === 'hung'))
        return step('To see until where it came, and what is known of why', `bootgauge blame ${run}`);
      return step(
        verdict.rule === 'vulkan-lost'
          ? 'The findings name what takes Vulkan away. The output of vulkaninfo is in the run folder.'
          : 'The serial console of every failed boot is in the run folder.',
      );
    case 'incomparable':
      return step('Record a baseline under the same conditions, or compare runs that share them.');
    case 'same':
      return step('');
  }
}

function undecidedStep(wouldDecide: string): string {
  if (wouldDecide === '') return 'More boots would decide it.';
  const sentence = `${wouldDecide[0]?.toUpperCase()}${wouldDecide.slice(1)}`;
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}
