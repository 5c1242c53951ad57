import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProbeEvent } from '../../src/model/boot.ts';
import type { ProbeSpec } from '../../src/model/scenario.ts';
import { commandProbe } from '../../src/probe/command.ts';
import type { AskedGuest, CommandResult } from '../../src/probe/probe.ts';
import { askProbes } from '../../src/probe/probes.ts';

const spec: ProbeSpec = {
  name: 'web',
  run: 'curl -s localhost',
  expect: '^ok \\d+$',
  timeoutMs: 2000,
  metric: 'time-to-web',
};

const runProbes = ({
  probes,
  ...guest
}: { readonly probes: readonly ProbeSpec[] } & Pick<AskedGuest, 'session' | 'nowNs' | 'onEvent' | 'signal'>) =>
  askProbes(probes.map(commandProbe), {
    ...{ gpu: 'none', architecture: 'arm64', facts: { vulkan: null } },
    ...{ pause: (ms: number) => delay(ms), ...guest },
  });

/** A session whose answers are given; each takes 10 ms of a clock that only moves with them. */
function answering(answers: readonly Partial<CommandResult>[]) {
  let clockNs = 1e9;
  let asked = 0;
  const commands: string[] = [];
  return {
    commands,
    nowNs: () => clockNs,
    session: {
      async run(command: string): Promise<CommandResult> {
        commands.push(command);
        const startedNs = clockNs;
        clockNs += 10e6;
        const answer = answers[Math.min(asked, answers.length - 1)];
        asked += 1;
        const result = {
          exitCode: 0,
          stdout: '',
          stderr: '',
          startedNs,
          endedNs: clockNs,
          timedOut: false,
          truncated: false,
        };
        if (answer?.timedOut) clockNs += 2e9;
        return { ...result, ...answer };
      },
    },
  };
}

async function ask(probes: readonly ProbeSpec[], answers: readonly Partial<CommandResult>[]) {
  const events: ProbeEvent[] = [];
  const guest = answering(answers);
  const failed = await runProbes({
    probes,
    session: guest.session,
    nowNs: guest.nowNs,
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  return { failed, events, commands: guest.commands };
}

test('a probe is asked until it answers as expected, and its success is a timed fact under its metric', async () => {
  const { failed, events, commands } = await ask(
    [spec],
    [
      { exitCode: 7, stderr: 'connection refused\n' },
      { exitCode: 7 },
      { stdout: 'not yet\n' },
      { stdout: 'x\nok 42\n' },
    ],
  );
  assert.equal(failed, null);
  assert.equal(commands.length, 4);
  assert.deepEqual(
    events.map((event) => [event.probe, event.outcome, event.detail]),
    [
      ['time-to-web', 'exit', 'exit status 7; connection refused'],
      ['time-to-web', 'unexpected', 'not yet'],
      ['time-to-web', 'ok', 'ok 42'],
    ],
  );
  const [, before, success] = events as [ProbeEvent, ProbeEvent, ProbeEvent];
  assert.equal(success.startedNs, before.startedNs, 'it may be as late as the attempt before');
});

test('a probe without an expectation asks for exit status 0, and one without a metric is told by its name', async () => {
  const { failed, events } = await ask([{ ...spec, expect: null, metric: null }], [{ exitCode: 0 }]);
  assert.equal(failed, null);
  assert.deepEqual(
    events.map((event) => [event.probe, event.outcome]),
    [['web', 'ok']],
  );
});

test('a probe that hangs has failed, and the ones after it are not run', async () => {
  const { failed, commands } = await ask([spec, { ...spec, name: 'second' }], [{ timedOut: true, exitCode: null }]);
  assert.deepEqual([failed?.probe, commands.length], ['web', 1]);
  assert.match(failed?.detail ?? '', /^timeout/);
});

/** What a probe with ten seconds fails by, whose attempts take so many ms each, if nothing cuts them off. */
async function failingBy(attemptsMs: readonly number[]): Promise<string> {
  let clockMs = 0;
  let asked = 0;
  const failed = await runProbes({
    probes: [{ ...spec, timeoutMs: 10_000 }],
    session: {
      async run(_, { timeoutMs }) {
        const wantedMs = attemptsMs[Math.min(asked, attemptsMs.length - 1)] ?? 0;
        const [startedNs, timedOut] = [clockMs * 1e6, wantedMs > timeoutMs];
        asked += 1;
        clockMs += Math.min(wantedMs, timeoutMs);
        return {
          ...{ exitCode: timedOut ? null : 1, stdout: '', stderr: '', truncated: false },
          ...{ startedNs, endedNs: clockMs * 1e6, timedOut },
        };
      },
    },
    nowNs: () => clockMs * 1e6,
    onEvent: () => {},
    signal: new AbortController().signal,
  });
  return failed?.detail.split(':')[0] ?? '';
}

test('a probe that has answered until its time limit cut the last attempt off did not hang, however slow it is', async () => {
  assert.equal(await failingBy([300]), 'exit');
  assert.equal(await failingBy([3000]), 'exit');
  assert.equal(await failingBy([300, 300, 60_000]), 'timeout');
  assert.equal(await failingBy([60_000]), 'timeout');
});

test('what a hostile command prints becomes one short printable line', async () => {
  const stdout = `${'\x1b]0;x\x07'.repeat(50_000)}\nok 1${'\0'.repeat(1000)}`;
  const { events } = await ask([{ ...spec, timeoutMs: 1 }], [{ stdout }]);
  for (const event of events) assert.match(event.detail, /^[\x20-\x7e]{0,255}$/);
  assert.ok(events.length > 0);
});
