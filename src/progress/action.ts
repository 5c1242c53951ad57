// The log of a GitHub job: plain lines, the boots of each scenario folded into a group.
import type { ProgressEvent } from '../model/progress.ts';
import { plainRenderer } from './plain.ts';
import type { ProgressOptions, Renderer } from './renderer.ts';
import { safe } from './wording.ts';

export function actionRenderer(options: Pick<ProgressOptions, 'write'>, now: () => number): Renderer {
  const plain = plainRenderer(options, now);
  let group = '';
  const enter = (name: string): void => {
    if (name === group) return;
    if (group !== '') options.write('::endgroup::\n');
    if (name !== '') options.write(`::group::${name.replaceAll('%', '%25')}\n`);
    group = name;
  };
  return {
    show: (event) => {
      enter(groupOf(event, group));
      plain.show(event);
    },
    close: () => {
      plain.close();
      enter('');
    },
  };
}

function groupOf(event: ProgressEvent, current: string): string {
  if (event.kind === 'boot-started') return `Boots of ${safe(event.scenario)}`;
  return event.kind === 'task-started' ? '' : current;
}
