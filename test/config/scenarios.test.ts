// Layers: what is built in, defaults, the scenario, the command line, and the two sides.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { type Overrides, scenarioIds, scenariosOf } from '../../src/config/scenarios.ts';
import { configJsonSchema } from '../../src/config/schema.ts';
import type { Scenario } from '../../src/model/scenario.ts';

const path = '/repo/bootgauge.yml';
const parse = (text: string) => parseConfig(`version: 1\n${text}`, { path, name: 'bootgauge.yml' });

function only(text: string, overrides: Overrides = {}): Scenario {
  const [scenario, ...others] = scenariosOf(parse(text), [], overrides);
  assert.ok(scenario);
  assert.deepEqual(others, []);
  return scenario;
}

test('nothing configured is the reference guest with the reference QEMU and one side', () => {
  const { head, base, markers, profile, probes, metrics } = only('');
  assert.deepEqual(head, {
    guest: { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' },
    machine: { accel: 'auto', cpus: 2, memoryMiB: 1024, gpu: 'none', append: '', qemuArguments: [] },
    qemu: { from: 'kit' },
  });
  assert.equal(base, null);
  assert.deepEqual([markers, profile, probes], ['auto', 'timing', []]);
  assert.deepEqual(metrics['time-to-ssh'], { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: null });
});

test('the scenario wins over defaults, and the command line over both', () => {
  const text = 'defaults: {cpus: 3, memory: 2 GiB, append: a}\nscenarios: {x: {cpus: 4, append: b}}';
  const { machine } = only(text, { append: 'c' }).head;
  assert.deepEqual([machine.cpus, machine.memoryMiB, machine.append], [4, 2048, 'c']);
});

test('what base and head differ in survives the command line', () => {
  const text = 'scenarios: {x: {cpus: 4, base: {cpus: 1}, head: {cpus: 2, append: quiet}}}';
  const { base, head } = only(text, { cpus: 8, accel: 'tcg' });
  assert.deepEqual([base?.machine.cpus, head.machine.cpus], [1, 2]);
  assert.deepEqual([base?.machine.append, head.machine.append], ['', 'quiet']);
  assert.deepEqual([base?.machine.accel, head.machine.accel], ['tcg', 'tcg']);
});

test('one side given is enough: the other is the scenario as it stands', () => {
  const { base, head } = only('scenarios: {x: {cpus: 4, head: {qemu: {binary: build/qemu}}}}');
  assert.deepEqual(base?.qemu, { from: 'kit' });
  assert.deepEqual(head.qemu, { from: 'file', path: '/repo/build/qemu' });
  const guest = only('scenarios: {x: {base: {guest: {kind: reference, pages: 16k}}}}').base?.guest;
  assert.equal(guest?.kind === 'reference' && guest.pages, '16k');
});

test('details of a guest that a layer does not name stay as they are', () => {
  const text =
    'defaults: {guest: {kind: reference, sshd: openssh}}\nscenarios: {x: {guest: {kind: reference, pages: 16k}}}';
  assert.deepEqual(only(text).head.guest, { kind: 'reference', architecture: 'arm64', sshd: 'openssh', pages: '16k' });
  assert.equal(
    only('defaults: {guest: {kind: reference, arch: x86_64}}', { guest: 'reference' }).head.guest.architecture,
    'x86_64',
  );
});

test('a 16k kernel for x86_64 that only the command line asks for is refused as well', () => {
  const guest = { kind: 'reference', arch: 'x86_64' } as const;
  assert.throws(
    () => only('defaults: {guest: {kind: reference, pages: 16k}}', { guest }),
    /16k pages exists for arm64 only/,
  );
});

test('probes and rules of both layers are put together by name', () => {
  const text = `
defaults:
  probes: {up: {run: 'true'}, vulkan: {run: vulkaninfo, metric: time-to-cube}}
  metrics: {time-to-ssh: {max: 20 s, limit: 10 %}, time-to-cube: {gate: false}, peak-rss: {gate: true}}
scenarios:
  x:
    probes: {vulkan: {run: vulkaninfo --summary, expect: VENUS, timeout: 5 s, metric: time-to-cube}}
    metrics: {time-to-ssh: {limit: 3 %}, 'phase:mdev': {max: 2 s}}
`;
  const { probes, metrics } = only(text);
  assert.deepEqual(probes, [
    { name: 'up', run: 'true', expect: null, timeoutMs: 30_000, metric: null },
    { name: 'vulkan', run: 'vulkaninfo --summary', expect: 'VENUS', timeoutMs: 5000, metric: 'time-to-cube' },
  ]);
  assert.deepEqual(metrics['time-to-ssh'], { gate: true, tolerate: 0, limit: 0.03, floor: 50, max: 20_000 });
  assert.deepEqual(metrics['time-to-cube'], { gate: false, tolerate: 0, limit: 0.05, floor: 50, max: null });
  assert.deepEqual(metrics['phase:mdev'], { gate: true, tolerate: 0, limit: 0.05, floor: 50, max: 2000 });
  assert.deepEqual([metrics['peak-rss']?.gate, metrics['peak-rss']?.floor], [true, 16]);
});

test('a rule in defaults for a probe that one scenario lacks is no rule there', () => {
  const text = `
defaults: {metrics: {time-to-cube: {limit: 9 %}}}
scenarios: {plain: {}, venus: {probes: {vulkan: {run: x, metric: time-to-cube}}}}`;
  const [plain, venus] = scenariosOf(parse(text));
  assert.equal(plain?.metrics['time-to-cube'], undefined);
  assert.equal(venus?.metrics['time-to-cube']?.limit, 0.09);
});

test('a metric that a probe brings is judged without being asked for', () => {
  const { metrics } = only('defaults: {probes: {v: {run: x, metric: time-to-v}}}');
  assert.equal(metrics['time-to-v']?.gate, true);
});

test('least and most boots never contradict each other: the more specific one wins', () => {
  const of = (text: string, overrides: Overrides = {}) => {
    const { boots, maxBoots } = only(text, overrides).sampling;
    return [boots, maxBoots];
  };
  assert.deepEqual(of('defaults: {sampling: {boots: 5, max-boots: 10}}', { boots: 30 }), [30, 30]);
  assert.deepEqual(of('defaults: {sampling: {boots: 5, max-boots: 10}}', { maxBoots: 3 }), [3, 3]);
  assert.deepEqual(of('defaults: {sampling: {max-boots: 8}}\nscenarios: {x: {sampling: {boots: 9}}}'), [9, 9]);
  assert.throws(() => of('', { boots: 4, maxBoots: 3 }), /--max-boots 3 is less than --boots 4/);
});

test('a custom marker profile travels with the scenario', () => {
  const text = `
markers: {mine: {services: none, markers: [{name: kernel, pattern: Linux version}, {name: ready, pattern: go, kind: mark}]}}
scenarios: {x: {markers: mine}}`;
  assert.deepEqual(only(text).customMarkers, {
    services: 'none',
    markers: [
      { name: 'kernel', pattern: 'Linux version', kind: 'starts' },
      { name: 'ready', pattern: 'go', kind: 'mark' },
    ],
  });
  assert.equal('customMarkers' in only(''), false);
  assert.throws(() => only('', { markers: 'alpin' }), /no marker profile 'alpin'; did you mean 'alpine'\?/);
});

test('names choose scenarios in their order, once each; without names the usual ones run', () => {
  const config = parse('scenarios: {a: {}, b: {only-when-named: true}, c: {}}');
  const ids = (names: string[]) => scenariosOf(config, names).map(({ id }) => id);
  assert.deepEqual(ids([]), ['a', 'c']);
  assert.deepEqual(ids(['b', 'a', 'b']), ['b', 'a']);
  assert.throws(() => ids(['d']), /there is no scenario 'd' in \/repo\/bootgauge\.yml; known are a, b, c/);
  const rare = parse('scenarios: {a: {only-when-named: true}}');
  assert.throws(() => scenariosOf(rare), { message: 'every scenario is only-when-named', hint: 'name one: a' });
});

test('the configuration of this repository is read, and its bench keeps to five boots at least', () => {
  const text = readFileSync(join(import.meta.dirname, '../../bootgauge.yml'), 'utf8');
  const config = parseConfig(text, { path, name: 'bootgauge.yml' });
  const [bench, ...others] = scenariosOf(config);
  assert.equal(bench?.id, 'default');
  assert.deepEqual(others, []);
  assert.ok(bench.sampling.boots >= 5);
  assert.equal(scenariosOf(config, scenarioIds(config)).length, scenarioIds(config).length);
});

test('editors are told the defaults that hold', () => {
  const { sampling, deadlines, head } = only('');
  const schema = JSON.stringify(configJsonSchema());
  for (const told of [
    `at most; default ${sampling.maxBoots}"`,
    `at least; default ${sampling.boots}.`,
    `not counted; default ${sampling.warmup}"`,
    `once the least is there; default ${sampling.timeBudgetMs / 1000} s"`,
    `last probe; default ${deadlines.totalMs / 1000} s"`,
    `processors of the guest; default ${head.machine.cpus}"`,
    `default ${head.machine.memoryMiB} MiB"`,
  ]) {
    assert.ok(schema.includes(told), told);
  }
});

test('responsiveness is asked for by its key, or by naming one of its metrics, whose own rule holds', () => {
  assert.equal(only('').responsiveness, undefined);
  assert.deepEqual(only('scenarios: {x: {responsiveness: {}}}').responsiveness, { withinMs: 20_000 });
  assert.deepEqual(only('defaults: {responsiveness: {within: 8 s}}').responsiveness, { withinMs: 8000 });
  const { responsiveness, metrics } = only('scenarios: {x: {metrics: {fsync: {max: 20 ms, tolerate: 10 %}}}}');
  assert.deepEqual(responsiveness, { withinMs: 20_000 });
  assert.deepEqual(metrics.fsync, { gate: true, tolerate: 0.1, limit: 0.5, floor: 0.1, max: 20 });
  assert.throws(() => only('scenarios: {x: {responsiveness: {witin: 8 s}}}'), /did you mean 'within'/);
});
