import assert from 'node:assert/strict';
import test from 'node:test';
import { asTask } from '../../src/host/task.ts';
import type { ProgressEvent } from '../../src/model/progress.ts';

async function told(work: () => Promise<string>, signal = new AbortController().signal) {
  const events: ProgressEvent[] = [];
  const thrown = await asTask({ progress: (event) => void events.push(event), signal }, 'building x', work).then(
    () => null,
    (error: Error) => error.message,
  );
  const ends = events.flatMap((event) => (event.kind === 'task-ended' ? [[event.detail, event.failed]] : []));
  return { thrown, kinds: events.map(({ kind }) => kind), ends };
}

test('a task ends with what its work has to tell', async () => {
  const { kinds, ends } = await told(async () => '3 steps');
  assert.deepEqual(kinds, ['task-started', 'task-ended']);
  assert.deepEqual(ends, [['3 steps', undefined]]);
});

test('a task whose work fails or is interrupted ends as well, and says so', async () => {
  const failing = async (): Promise<string> => {
    throw new Error('no');
  };
  assert.deepEqual(await told(failing), {
    thrown: 'no',
    kinds: ['task-started', 'task-ended'],
    ends: [['failed', true]],
  });
  const over = new AbortController();
  const { ends } = await told(async () => {
    over.abort();
    return failing();
  }, over.signal);
  assert.deepEqual(ends, [['interrupted', true]]);
});
