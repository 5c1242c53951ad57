// An unfinished study to go on with: whether this machine still boots the same, and which of its blocks and endings count.
import type { Conditions } from '../model/conditions.ts';
import type { ProgressSink } from '../model/progress.ts';
import type { EndedArm, StudyPlan } from '../model/study.ts';
import { type UnfinishedStudy, unfinishedStudy } from '../store/study-folder.ts';
import { blocksOf, type StudyBlocks } from '../study/blocks.ts';

export interface ResumeRequest {
  readonly root: string;
  readonly plan: StudyPlan;
  /** early: hopeless and settled arms end; never: every arm is booted to the end. What has ended before an interruption stays so. */
  readonly endings: 'early' | 'never';
  /** Goes on with the newest unfinished study of the same digest. */
  readonly resume: 'if-there-is-one' | 'no';
  readonly progress: ProgressSink;
}

export interface EarlierSession extends UnfinishedStudy {
  readonly blocks: StudyBlocks;
  /** Arms that are not taken up again, whatever is asked for now: the blocks that they missed were booted at another time. */
  readonly ended: readonly EndedArm[];
}

/** Says what is made of it; null when there is none, or when it would not be the same study any more. */
export async function earlierSession(
  { root, plan, resume, endings, progress }: ResumeRequest,
  conditions: (arm: string) => Conditions | undefined,
): Promise<EarlierSession | null> {
  const found = resume === 'no' ? null : await unfinishedStudy(root, plan.digest, progress);
  if (found === null) return null;
  const { run, stored } = found;
  const note = (text: string): void => progress({ kind: 'note', text });
  const hasChanged = run.scenarios.some((entry) => {
    const now = conditions(entry.scenario.id);
    return now !== undefined && identityOf(entry.conditions.head) !== identityOf(now);
  });
  if (hasChanged) {
    note(`a new study is begun: machine, emulator or guest have changed since ${run.id}, which is kept`);
    return null;
  }
  const { ended: endedBefore, torn: known = [], lastWhole = 0 } = stored;
  const blocks = blocksOf({ arms: plan.arms, scenarios: run.scenarios, ended: endedBefore, torn: known, lastWhole });
  // What a machine cannot boot, or boots twice, is found out anew.
  const ended = endedBefore.filter(({ why }) => why !== 'unreachable' && why !== 'same plan');
  const boots = run.scenarios.reduce((sum, entry) => sum + entry.boots.length, 0);
  note(`continuing study ${run.id}, which has ${boots} boots`);
  const cut = blocks.torn.filter((block) => !known.includes(block));
  if (cut.length > 0)
    note(`block ${cut.join()} was cut short: its boots are kept but not compared, and another block is booted instead`);
  if (ended.length > 0) {
    const hint = endings === 'never' ? '; --restart begins a new study, which boots every arm to the end' : '';
    note(`not booted any more, ended before: ${ended.map(({ arm, why }) => `${arm} (${why})`).join(', ')}${hint}`);
  }
  return { ...found, blocks, ended };
}

/** What must be equal for boots of two sessions to be of one series. Of a build its binary counts: the same one can come from another commit. */
export function identityOf({ host, accelerator, emulator, guest }: Conditions): string {
  const runtime = Object.entries(emulator.runtime ?? {}).toSorted();
  return JSON.stringify([host.chip, host.osMajor, accelerator, emulator.digest, runtime, guest.digest]);
}
