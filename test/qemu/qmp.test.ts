import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import test from 'node:test';
import { type QmpEvent, speakQmp } from '../../src/qemu/qmp.ts';

function open() {
  const [ours, theirs] = duplexPair();
  const events: QmpEvent[] = [];
  let clock = 0;
  const qmp = speakQmp(
    ours,
    () => {
      clock += 1;
      return clock;
    },
    (event) => events.push(event),
  );
  const asked: { execute: string; id: number }[] = [];
  theirs.on('data', (bytes: Buffer) => asked.push(JSON.parse(String(bytes)) as (typeof asked)[number]));
  const say = (text: string): Promise<void> =>
    new Promise((resolve) => theirs.write(text, () => setImmediate(resolve)));
  return { qmp, events, asked, theirs, say };
}

test('greeting, events and answers are found however the bytes are cut and whatever lies between', async () => {
  const { qmp, events, asked, say } = open();
  await say('{"QM');
  await say('P": {}}\nnot json\n[1]\nnull\n\n{"event": "RESUME", "data": {"a": 1}}\n{"ev');
  assert.equal(await qmp.greeted, 2);
  const answer = qmp.execute('cont', 1000);
  await say('ent": "STOP"}\n');
  await say(`{"return": {"x": 1}, "id": ${asked[0]?.id}}\n`);
  assert.deepEqual((await answer).value, { x: 1 });
  assert.deepEqual(
    events.map(({ name, data }) => ({ name, data })),
    [
      { name: 'RESUME', data: { a: 1 } },
      { name: 'STOP', data: null },
    ],
  );
});

test('answers go to their commands in whatever order they come, and an error answer rejects', async () => {
  const { qmp, asked, say } = open();
  const first = qmp.execute('one', 1000);
  const second = assert.rejects(qmp.execute('two', 1000), /no such thing/);
  await say('\n');
  await say(`{"error": {"desc": "no such thing"}, "id": ${asked[1]?.id}}\n{"return": 1, "id": ${asked[0]?.id}}\n`);
  assert.equal((await first).value, 1);
  await second;
});

test('a command without an answer rejects at its time limit, one on an ended connection at once', async () => {
  const { qmp, theirs } = open();
  await assert.rejects(qmp.execute('cont', 20), /did not answer the QMP command cont within 20 ms/);
  const waiting = assert.rejects(qmp.execute('cont', 60_000), /closed/);
  theirs.end();
  await waiting;
  await assert.rejects(qmp.greeted, /closed/);
  await assert.rejects(qmp.execute('cont', 60_000), /closed/);
  assert.ok(qmp.closed());
});
