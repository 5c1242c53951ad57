// Names and keys of machines: stable, safe as file names, whatever a machine says of itself.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { foldChip } from '../../src/host/chip-name.ts';
import { hostFacts, machineKey } from '../../src/host/facts.ts';
import { armCoreName } from '../../src/host/linux/arm-cores.ts';
import { linuxChip, linuxRelease } from '../../src/host/linux/facts.ts';
import { runsOnBattery } from '../../src/host/linux/power.ts';
import { processorMs } from '../../src/host/linux/state.ts';
import { hasEntitlement, macSleepMinutes } from '../../src/host/macos/checks.ts';
import { macRelease, parseSysctl } from '../../src/host/macos/facts.ts';
import { macEnergyMode, macOnBattery, macThrottling } from '../../src/host/macos/power.ts';
import { macUptimeMinutes } from '../../src/host/macos/state.ts';

test('a machine key is safe as a file name and the same for the same machine', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (chip, osMajor) => {
      const key = machineKey({ chip, osMajor }, 'tcg');
      assert.match(key, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
      assert.doesNotMatch(key, /\.\.|--/);
      assert.ok(key.length <= 130);
      assert.equal(key, machineKey({ chip, osMajor }, 'tcg'));
    }),
  );
});

test('a machine key tells chip, system and accelerator', () => {
  const key = (chip: string, osMajor: string) => machineKey({ chip, osMajor }, 'hvf');
  assert.equal(key('Apple M2 Pro', 'macOS 15'), 'apple-m2-pro-macos-15-hvf');
  assert.equal(key('AMD EPYC 7763 64-Core Processor', 'Debian GNU/Linux 12'), 'amd-epyc-7763-debian-12-hvf');
  assert.notEqual(key('Apple M2', 'macOS 15'), key('Apple M2', 'macOS 16'));
  assert.equal(key('Processor', 'Ubuntu 24.04'), 'processor-ubuntu-24.04-hvf');
});

test('the facts of the machine that runs this test are complete', async () => {
  const facts = await hostFacts();
  assert.notEqual(facts.chip, '');
  assert.match(facts.osMajor, /\w/);
  assert.ok(facts.cpus >= 1 && facts.memoryMiB > 100);
  assert.deepEqual(await hostFacts(), facts);
});

test('clock rates and trade mark signs are no part of a chip name', () => {
  assert.equal(foldChip('Intel(R) Xeon(R)  Platinum 8370C CPU @ 2.80GHz '), 'Intel Xeon Platinum 8370C');
  assert.equal(linuxChip('', ''), 'unknown processor');
  assert.equal(linuxChip('model name\t: AMD EPYC  9V74\n', 'board'), 'AMD EPYC 9V74');
});

test('arm64 cores are named by implementer and part, unknown ones by their numbers', () => {
  assert.equal(armCoreName('0x41', '0xd0c'), 'Neoverse-N1');
  assert.equal(armCoreName('0x61', '0x000'), 'Apple silicon (virtual)');
  assert.equal(armCoreName('0x99', '0xabc'), 'arm64 core 99:abc');
});

test('the order of big and small cores does not change the name', () => {
  const cores = (...parts: string[]) =>
    parts.map((part) => `CPU implementer\t: 0x41\nCPU part\t: ${part}\n`).join('\n');
  assert.equal(linuxChip(cores('0xd05', '0xd0b'), ''), linuxChip(cores('0xd0b', '0xd05'), ''));
});

test('a distribution is named with its major version, a rolling one without', () => {
  const major = (text: string) => linuxRelease(text).osMajor;
  assert.equal(major('NAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian'), 'Debian GNU/Linux 13');
  assert.equal(major("NAME='Rocky Linux'\nVERSION_ID='9.4'\nID=rocky"), 'Rocky Linux 9');
  assert.equal(
    major('NAME="openSUSE Tumbleweed"\nVERSION_ID="20261120"\nID=opensuse-tumbleweed'),
    'openSUSE Tumbleweed',
  );
  assert.equal(major(''), 'Linux');
});

test('stolen time is the eighth figure, and old kernels without it have none', () => {
  assert.equal(processorMs('cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1')?.stolen, 80);
  assert.equal(processorMs('cpu  1 2 3 4\n')?.stolen, 0);
});

test('a mouse that runs on its battery does not make a laptop', () => {
  const supply = (type: string, more: object) => ({ type, online: '', status: '', scope: '', ...more });
  const laptop = supply('Battery', { status: 'Discharging' });
  assert.equal(runsOnBattery([laptop]), true);
  assert.equal(runsOnBattery([laptop, supply('Mains', { online: '1' })]), false);
  assert.equal(runsOnBattery([supply('Battery', { status: 'Discharging', scope: 'Device' })]), false);
});

test('unknown names and complaints of sysctl are skipped', () => {
  assert.deepEqual(
    [...parseSysctl("hw.ncpu: 8\nsysctl: unknown oid 'hw.x'\nmachdep.cpu.brand_string: Apple M1: x\n")],
    [
      ['hw.ncpu', '8'],
      ['machdep.cpu.brand_string', 'Apple M1: x'],
    ],
  );
});

test('versions before 11 keep two figures, and a rapid response is shown', () => {
  assert.equal(macRelease('ProductVersion:\t10.15.7\nBuildVersion:\t19H2').osMajor, 'macOS 10.15');
  const patched = 'ProductName: macOS\nProductVersion: 13.4.1\nProductVersionExtra: (c)\nBuildVersion: 22F770820d\n';
  assert.equal(macRelease(patched).osVersion, 'macOS 13.4.1 (22F770820d (c))');
});

test('pmset is read in all its dialects', () => {
  assert.equal(macEnergyMode(' powermode            2\n'), 'high');
  assert.equal(macEnergyMode(' lowpowermode         1\n'), 'low');
  assert.equal(macEnergyMode(' lowpowermode 0'), 'automatic');
  assert.equal(macEnergyMode(' sleep 0'), 'unknown');
  assert.equal(macSleepMinutes(' displaysleep 10\n disksleep 5\n sleep                1 (sleep prevented by x)\n'), 1);
  assert.equal(macSleepMinutes(' displaysleep 10'), null);
  assert.equal(macOnBattery("Now drawing from 'UPS Power'\n"), true);
  assert.equal(macOnBattery(''), null);
  assert.equal(macThrottling('\tCPU_Scheduler_Limit \t= 100\n\tCPU_Speed_Limit \t= 48\n'), 'speed limit 48 %');
  assert.equal(macThrottling('Note: No thermal warning level has been recorded\n'), '');
  assert.equal(macThrottling('Performance Warning Level: 2'), 'performance warning level 2');
});

test('uptime is read however long the machine has been up', () => {
  const minutes = (text: string) => macUptimeMinutes(`9:41  up ${text} 2 users, load averages: 1.59 1.77 1.86`);
  assert.equal(minutes('12 days,  3:41,'), (12 * 24 + 3) * 60 + 41);
  assert.equal(minutes('1 day, 23 mins,'), 24 * 60 + 23);
  assert.equal(minutes('2 days,'), 2 * 24 * 60);
  assert.equal(minutes('41 days, 11 hrs,'), (41 * 24 + 11) * 60);
  assert.equal(minutes('5:02,'), 302);
  assert.equal(minutes('1 hr,'), 60);
  assert.equal(minutes('59 secs,'), 0);
  assert.equal(macUptimeMinutes(''), null);
});

test('an entitlement counts only with the value true and under its own name', () => {
  const key = 'com.apple.security.hypervisor';
  assert.equal(hasEntitlement(`[Dict]\n\t[Key] ${key}\n\t[Value]\n\t\t[Bool] true\n`, key), true);
  assert.equal(hasEntitlement(`<dict><key>${key}</key><true/></dict>`, key), true);
  assert.equal(hasEntitlement(`<key>${key}</key>\n<true />`, key), true);
  assert.equal(hasEntitlement(`<key>${key}</key><false/><key>other</key><true/>`, key), false);
  assert.equal(hasEntitlement(`[Key] ${key}\n[Value]\n[Bool] false\n[Key] x\n[Value]\n[Bool] true\n`, key), false);
  assert.equal(hasEntitlement(`<key>${key}.more</key><true/>`, key), false);
  assert.equal(hasEntitlement(`<key>${key}</key><string>x</string><key>y</key><true/>`, key), false);
  assert.equal(hasEntitlement('', key), false);
});
