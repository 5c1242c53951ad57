// What lies beside a scenario's baseline: files of other scenarios of the machine, some of other days, one of them damaged.
import assert from 'node:assert/strict';
import { appendFile, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { otherSpreads } from '../../src/measure/other-spreads.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { addSession, baselinePath } from '../../src/store/baseline-file.ts';
import { exampleConditions, exampleScenario } from '../examples/run.ts';
import { boots, sampleSession } from '../verdict/samples.ts';

test('the spreads of other scenarios are those of this machine, this system and this runner', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bootgauge-spreads-'));
  const fill = async (machine: string, scenario: string, osVersion: string, cv: number): Promise<void> => {
    for (const run of [1, 2, 3]) {
      const values = boots(10, 9000, cv, randomFrom(run));
      const session = sampleSession(`r${run}`, { 'time-to-ssh': values });
      const facts = { ...session.facts, osVersion, runner: '' };
      await addSession(join(folder.path, baselinePath(machine, scenario)), { ...session, facts });
    }
  };
  const today = exampleConditions.host.osVersion;
  await fill('here', 'default', today, 0.2);
  await fill('here', 'alpine', today, 0.03);
  await fill('here', 'old', '10', 0.03);
  await fill('here', 'broken', today, 0.03);
  await fill('elsewhere', 'venus', today, 0.03);
  await appendFile(join(folder.path, baselinePath('here', 'broken')), '{"schema": 1, "run": ["]\n');
  const place = { root: folder.path, path: baselinePath('here', 'default') };
  const found = await otherSpreads(place, exampleScenario, exampleConditions);
  assert.deepEqual(
    found.map(({ scenario }) => scenario),
    ['alpine'],
  );
  assert.ok(Math.abs((found[0]?.sd ?? 0) - 0.03) < 0.01);
});
