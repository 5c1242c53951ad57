// What is asked of a guest with which graphics device, and what it means when the first thing is not there.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ProbeEvent } from '../../src/model/boot.ts';
import type { Gpu } from '../../src/model/scenario.ts';
import type { CommandResult, GuestFacts } from '../../src/probe/probe.ts';
import { askedProbes, askProbes } from '../../src/probe/probes.ts';
import { exampleScenario } from '../examples/run.ts';
import { result, venus } from './vulkan-outputs.ts';

/** Every look at the clock is half a minute later, so that nothing is waited for. */
async function checked(gpu: Gpu, answer: (command: string) => Partial<CommandResult>) {
  const [commands, events]: [string[], ProbeEvent[]] = [[], []];
  let seconds = 0;
  const facts: GuestFacts = { vulkan: null };
  const { head } = exampleScenario;
  const probes = askedProbes({ ...head, machine: { ...head.machine, gpu } }, exampleScenario);
  const failed = await askProbes(probes, {
    ...{ gpu, architecture: 'arm64', signal: new AbortController().signal, facts, pause: async () => {} },
    session: {
      async run(command) {
        commands.push(command);
        return result(answer(command));
      },
    },
    nowNs: () => {
      seconds += 30;
      return seconds * 1e9;
    },
    onEvent: (event) => events.push(event),
  });
  return { graphics: { failed, vulkan: facts.vulkan }, commands, events };
}

test('nothing is asked of a guest without a GPU, and nothing about Vulkan where none is promised', async () => {
  assert.deepEqual((await checked('none', () => ({}))).commands, []);
  const { graphics, commands } = await checked('plain', () => ({}));
  assert.deepEqual(graphics, { failed: null, vulkan: null });
  assert.ok(commands.length > 0 && commands.every((command) => !command.includes('vulkaninfo')));
});

test('a Venus guest without a render node has lost Vulkan, and vulkaninfo is not asked', async () => {
  const { graphics, commands, events } = await checked('venus', () => ({ exitCode: 1 }));
  assert.equal(graphics.failed?.probe, 'drm');
  assert.deepEqual([graphics.vulkan?.outcome, graphics.vulkan?.devices], ['no-device', []]);
  assert.match(graphics.vulkan?.detail ?? '', /^no render node: exit/);
  assert.ok(commands.every((command) => !command.includes('vulkaninfo')));
  assert.ok(events.every(({ probe, outcome }) => probe === 'time-to-drm' && outcome !== 'ok'));
  const plain = await checked('plain', () => ({ exitCode: 1 }));
  assert.deepEqual([plain.graphics.failed?.probe, plain.graphics.vulkan], ['drm', null]);
});

test('a driver that shows itself is put to work, and its failure is the outcome', async () => {
  const { graphics, events } = await checked('venus', (command) => {
    if (command.includes('vulkaninfo')) return { stdout: venus };
    return command.includes('base64') ? { exitCode: 1, stdout: '5 vkCreateDevice\nfailed vkCreateDevice -3\n' } : {};
  });
  assert.deepEqual(graphics.failed, { probe: 'dispatch', detail: 'failed: vkCreateDevice -3' });
  assert.deepEqual([graphics.vulkan?.outcome, graphics.vulkan?.dispatch?.outcome], ['ok', 'failed']);
  assert.deepEqual(
    events.map(({ probe, outcome }) => [probe, outcome]),
    [
      ['time-to-drm', 'ok'],
      ['time-to-vulkan', 'ok'],
      ['vulkaninfo', 'ok'],
      ['time-to-first-dispatch', 'failed'],
    ],
  );
});
