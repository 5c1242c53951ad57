// Machines from the field, played by files and programs: what is learnt of each is a golden file beside it.
// UPDATE_GOLDEN=1 writes the golden files anew.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { suite } from 'node:test';
import { hostState, hostWarnings } from '../../src/host/conditions.ts';
import { hostFacts, machineKey } from '../../src/host/facts.ts';
import { hypervisorEntitlement, macChecks } from '../../src/host/macos/checks.ts';
import { stateChecks } from '../../src/host/state-checks.ts';
import type { HostView } from '../../src/host/view.ts';

const folder = resolve(import.meta.dirname, '../fixtures/hosts');
const machines = readdirSync(folder).filter((name) => name !== 'shared');

function playedHost(name: string): HostView {
  const root = join(folder, name);
  const os = existsSync(join(root, 'bin')) ? 'macos' : 'linux';
  const arm = /raspberry|biglittle|arm64/.test(name) || (os === 'macos' && !/intel|rosetta/.test(name));
  return { os, root, architecture: arm ? 'arm64' : 'x86_64', environment: { PATH: join(root, 'bin') }, pid: 999_999 };
}

suite('machines from the field', { concurrency: true }, () => {
  for (const name of machines) {
    test(`the machine ${name} is known for what it is`, async () => {
      const host = playedHost(name);
      const [facts, state] = [await hostFacts(host), await hostState(folder, host)];
      // Free disk is this machine's own.
      const played = { ...state, freeDiskMiB: 50_000 };
      const mac =
        host.os === 'macos' ? [...(await macChecks(host)), await hypervisorEntitlement(host, '/opt/a b/qemu')] : [];
      const learnt = {
        facts,
        key: machineKey(facts, host.os === 'macos' ? 'hvf' : 'kvm'),
        state: played,
        warnings: hostWarnings(facts, played),
        checks: [...mac, ...stateChecks(facts, played)].map(({ id, level, found, todo }) =>
          [level, id, found, todo].filter((part) => part !== '').join(' | '),
        ),
      };
      const text = `${JSON.stringify(learnt, null, 2)}\n`.replaceAll(host.root, '<root>');
      const golden = join(host.root, 'expected.json');
      if (process.env.UPDATE_GOLDEN) writeFileSync(golden, text);
      assert.equal(text, readFileSync(golden, 'utf8'));
      assert.doesNotMatch(text, /SECRET/, 'no serial number and no identifier');
    });
  }
});

test('every kind of machine that the golden files promise is among them', () => {
  for (const part of ['m1', 'm2', 'm3', 'm4', 'intel', 'vm', 'hosted-runner', 'rosetta', 'linux']) {
    assert.ok(
      machines.some((name) => name.includes(part)),
      part,
    );
  }
});
