// A guest that is waited for by something else than SSH, and for which that never came.
import type { Boot } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import { lastAnswer } from '../model/readiness.ts';
import type { Story } from './autopsy.ts';

/** What says only that the guest, or its SSH server, did not get there: its scenario waits for something else. */
const onlyOfSsh = new Set([
  ...['hung-before-kernel', 'hung-in-user-space', 'hung-no-network'],
  ...['hung-no-ssh', 'hung-ssh-silent', 'hung-after-ssh'],
]);

/** The story of a boot whose readiness the scenario names itself, where nothing more is known than that it hung. */
export function neverReady({ ready, probes }: Pick<Boot, 'ready' | 'probes'>, story: Story): Story {
  if (ready === undefined || !onlyOfSsh.has(story.id)) return story;
  const last = lastAnswer(probes, ready);
  const seen = last === undefined ? '' : ` It was answered last: ${plainLine(last.detail || last.outcome, 100)}.`;
  return {
    id: 'hung-never-ready',
    cause: `What makes the guest ready (${plainLine(ready, 60)}) never came.${seen}`,
    advice: 'Read the last words; check ready in bootgauge.yml against what the guest really says or serves.',
  };
}
