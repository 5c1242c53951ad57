import assert from 'node:assert/strict';
import test from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import type { Scenario } from '../../src/model/scenario.ts';

const scenarioOf = (body: string): Scenario => {
  const text = `version: 1\nscenarios:\n  x:\n${body.replaceAll(/^/gm, '    ')}\n`;
  const [scenario] = scenariosOf(parseConfig(text, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' }));
  assert.ok(scenario);
  return scenario;
};
const launched = 'guest: {kind: launcher, command: [./run.sh]}\n';

test('ready is kept with its defaults, the main one first; SSH alone is what holds anyway', () => {
  assert.equal('ready' in scenarioOf('ready: [ssh]'), false);
  const { ready, metrics } = scenarioOf(
    `${launched}ready: [{line: UP, on: stderr}, {http: {port: 80}, name: web}, {exit: 0}]`,
  );
  assert.deepEqual(ready, [
    { kind: 'line', name: 'line', pattern: 'UP', on: 'stderr' },
    { kind: 'http', name: 'web', port: 80, path: '/', status: 200, body: null },
    { kind: 'exit', name: 'exit', status: 0 },
  ]);
  assert.deepEqual(Object.keys(metrics), ['time-to-line', 'time-to-web', 'time-to-exit', 'cpu-time', 'peak-rss']);
  assert.deepEqual(Object.keys(scenarioOf('ready: [ssh, agent]').metrics).slice(0, 3), [
    'time-to-ssh',
    'time-to-agent',
    'time-to-login',
  ]);
  assert.equal(
    scenarioOf(`${launched}ready: [{line: UP}]\nmetrics: {time-to-line: {max: 5 s}}`).metrics['time-to-line']?.max,
    5000,
  );
});

const refused: readonly [name: string, body: string, said: RegExp][] = [
  ['a list of nothing', 'ready: []', /ready: needs at least one/],
  ['a word that is none', 'ready: [shh]', /ready\.?\[?0?\]?.*(ssh|agent)/],
  ['a key that is none', 'ready: [{lien: UP}]', /lien.*did you mean 'line'/],
  ['two kinds in one', 'ready: [{line: UP, exit: 0}]', /expected one of line, exit.*found line and exit/],
  ['no kind', 'ready: [{name: x}]', /found none/],
  ['on without a line', 'ready: [{exit: 0, on: stderr}]', /on says where a line appears/],
  ['two of one name', `${launched}ready: [{line: A}, {line: B}]`, /two are called 'line'/],
  ['two ends', `${launched}ready: [{exit: 0}, {exit: 1, name: other}]`, /cannot end with status 0 and with 1/],
  [
    'a metric that is there',
    `${launched}ready: [{line: A, name: login}]`,
    /'time-to-login' is a metric that Bootgauge itself measures/,
  ],
  ['a backtracking bomb with a reference', 'ready: [{line: "(a*)*\\\\1"}]', /refers back to a group/],
  ['a virtio socket without its path', 'ready: [{vsock: {port: 1}}]', /the key 'socket' is missing/],
  [
    'probes without SSH',
    `${launched}ready: [{line: A}]\nprobes: {p: {run: "true"}}`,
    /probes are asked over SSH, which ready does not name/,
  ],
  [
    'a metric of SSH without SSH',
    `${launched}ready: [{line: A}]\nmetrics: {time-to-login: {max: 1 s}}`,
    /time-to-login is measured over SSH/,
  ],
  [
    "a probe's metric",
    'ready: [ssh, {line: A, name: up}]\nprobes: {p: {run: "true", metric: time-to-up}}',
    /'time-to-up' is told by ready and by the probe p/,
  ],
  ['SSH without its port', launched, /the key 'port' is missing.*/],
  ['a port that nobody names', `${launched}ready: [{tcp: {}}]`, /the port is missing/],
  ['an agent without its socket', `${launched}ready: [agent]`, /offers its guest agent on a socket/],
  ['a forwarded port without a banner', 'ready: [{tcp: {port: 80}}]', /accepts connections before the guest does/],
  [
    'a line where QEMU prints nothing',
    'ready: [{line: A, on: stdout}]',
    /QEMU prints nothing of its guest on standard output/,
  ],
];
for (const [name, body, said] of refused)
  test(`ready is refused: ${name}`, () => assert.throws(() => scenarioOf(body), said));

test('probes that come from defaults are passed over where SSH is not waited for', () => {
  const text = `version: 1\ndefaults: {probes: {p: {run: "true", metric: time-to-p}}}\nscenarios: {x: {guest: {kind: launcher, command: [./run.sh]}, ready: [{line: A}]}}`;
  const [scenario] = scenariosOf(parseConfig(text, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' }));
  assert.deepEqual(Object.keys(scenario?.metrics ?? {}), ['time-to-line', 'cpu-time', 'peak-rss']);
});
