import assert from 'node:assert/strict';
import test from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';

const scenarioOf = (body: string) => {
  const text = `version: 1\nscenarios:\n  x:\n${body.replaceAll(/^/gm, '    ')}\n`;
  return scenariosOf(parseConfig(text, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' }))[0];
};
const probe = (more: string): string => `probes: {fps: {run: bench, number: '(\\d+) fps'${more}}}`;

test('the number of a probe is a metric, with limits in its own unit', () => {
  const scenario = scenarioOf(
    `${probe(', unit: fps, better: higher')}\nmetrics: {fps: {floor: 2, min: 60, limit: 10 %}}`,
  );
  assert.deepEqual(scenario?.probes[0]?.number, { pattern: '(\\d+) fps', unit: 'fps', better: 'higher' });
  assert.equal(scenario.probes[0].metric, 'fps');
  assert.deepEqual(scenario.metrics.fps, { gate: true, tolerate: 0, limit: 0.1, floor: 2, max: null, min: 60 });
  assert.equal(scenarioOf(probe(''))?.metrics.fps?.floor, 0);
});

const refused: readonly [body: string, said: RegExp][] = [
  [`${probe('')}\nmetrics: {fps: {max: 5 s}}`, /expected a plain number, found '5 s'/],
  [`${probe(', unit: MB/s')}\nmetrics: {fps: {floor: 5 s}}`, /expected a plain number in MB\/s/],
  [`${probe(', better: higher')}\nmetrics: {fps: {max: 5}}`, /more of this number is better: use min/],
  [`${probe('')}\nmetrics: {fps: {min: 5}}`, /less of this number is better: use max/],
  [`${probe(', better: higher')}\nmetrics: {fps: {limit: 100 %}}`, /limit of fps must be less than 100 %.*by 100 %/],
  [`${probe(', better: higher')}\nmetrics: {fps: {limit: 110 %}}`, /it cannot fall by 110 %/],
  [`${probe(', better: higher')}\nmetrics: {fps: {limit: 1}}`, /limit of fps must be less than 100 %/],
  ['metrics: {"phase:openrc": {max: 5}}', /'5' has no unit: write 5 ms or 5 s/],
  ['metrics: {"phase:openrc": {min: 5}}', /min belongs to a number/],
  ['probes: {a: {run: x, unit: fps}}', /unit belongs to number/],
  ['probes: {a: {run: x, number: "(a*)*\\\\1"}}', /refers back to a group/],
  ['probes: {time-to-ssh: {run: x, number: "1"}}', /'time-to-ssh' is a metric that Bootgauge itself measures/],
];
for (const [body, said] of refused)
  test(`refused: ${body.replaceAll('\n', '; ')}`, () => assert.throws(() => scenarioOf(body), said));

test('a limit of 100 % is refused once, where it is written or where the number is; of what grows for the worse it is none', () => {
  const mistakes = (text: string): string[] => {
    try {
      scenariosOf(parseConfig(`version: 1\n${text}`, { path: '/repo/bootgauge.yml', name: 'bootgauge.yml' }));
    } catch (error) {
      return (error as Error).message.match(/[^\n]*must be less than 100 %/g) ?? [(error as Error).message];
    }
    return [];
  };
  const higher = probe(', better: higher');
  const limit = 'metrics: {fps: {limit: 150 %}}';
  assert.equal(mistakes(`defaults: {${higher}, ${limit}}\nscenarios: {x: {}, y: {}}`).length, 1);
  assert.match(mistakes(`defaults: {${limit}}\nscenarios:\n  x: {${higher}}`).join('; '), /^[^;]*:4:[^;]*$/);
  // A scenario of which the same number is another one, and what it says itself, hold.
  assert.deepEqual(mistakes(`defaults: {${higher}}\nscenarios:\n  x: {${probe(', better: lower')}, ${limit}}`), []);
  assert.deepEqual(mistakes(`defaults: {${limit}}\nscenarios:\n  x: {${higher}, metrics: {fps: {limit: 5 %}}}`), []);
  assert.deepEqual(mistakes(`defaults: {${probe('')}, ${limit}}`), []);
});
