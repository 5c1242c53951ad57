// Studies: designs, effects that are found again in simulated boots, early endings that change no answer, and bad input.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { planText } from '../../src/cli/study-plan.ts';
import { loadStudy, parseStudy } from '../../src/config/study-file.ts';
import { studyPresets } from '../../src/config/study-presets.ts';
import { BootgaugeError } from '../../src/model/errors.ts';
import type { EndedArm, StudyPlan } from '../../src/model/study.ts';
import { normalFrom, randomFrom } from '../../src/stats/random.ts';
import { blockOrder } from '../../src/study/blocks.ts';
import { type BootEnd, endings } from '../../src/study/decide.ts';
import { commonSetting, designArms } from '../../src/study/design.ts';
import { interactions, levelEffect, type Table } from '../../src/study/effects.ts';
import { exampleSide } from '../examples/run.ts';
import { refused as refusedAs } from '../helpers.ts';
import { planOf, setting, usual } from './plan.ts';

/** Simulated boots: a machine that drifts from block to block, log-normal noise, an effect per arm. */
function simulated(plan: StudyPlan, blocks: number, ratios: Readonly<Record<string, number>>, noise = 0.03): Table {
  const normal = normalFrom(randomFrom(42));
  const drift = Array.from({ length: blocks + 1 }, (_, block) => 1 + 0.2 * Math.sin(block));
  return new Map(
    plan.arms.map(({ id, levels }) => {
      const effect = Object.entries(levels).reduce((all, [name, level]) => all * (ratios[`${name}=${level}`] ?? 1), 1);
      const values = Array.from({ length: blocks }, (_, index) => {
        const ms = 8000 * effect * (drift[index + 1] ?? 1) * Math.exp(noise * normal());
        return [index + 1, ms] as const;
      });
      return [id, new Map(values)] as const;
    }),
  );
}

test('one at a time has the default and each other level alone, a full design every combination', () => {
  assert.deepEqual(
    planOf(usual).arms.map(({ id }) => id),
    ['default', 'cpus=2', 'cpus=1', 'console=loud'],
  );
  const full = planOf(`design: full\n${usual}`).arms;
  assert.equal(full.length, 6);
  assert.deepEqual(full.at(-1)?.levels, { cpus: '1', console: 'loud' });
  assert.equal(full.at(-1)?.setting.side.machine.append, 'loglevel=7');
});

test('effects are found again although the machine drifts, and what does nothing is called nothing', () => {
  const plan = planOf(usual);
  const table = simulated(plan, 8, { 'cpus=1': 0.82, 'cpus=2': 1.1 });
  const [cpus, console] = plan.factors as [StudyPlan['factors'][number], StudyPlan['factors'][number]];
  const one = levelEffect('time-to-ssh', table, plan.arms, cpus, '1');
  assert.ok(Math.abs((one.ratio ?? 0) - 0.82) < 0.03);
  assert.ok((one.interval?.high ?? 2) < 1);
  const loud = levelEffect('time-to-ssh', table, plan.arms, console, 'loud');
  assert.ok((loud.interval?.low ?? 2) < 1 && (loud.interval?.high ?? 0) > 1);
});

test('95 % intervals hold the truth in about 95 % of studies', () => {
  const plan = planOf('factors:\n  cpus: [4, 1]\n');
  const normal = normalFrom(randomFrom(7));
  let held = 0;
  const trials = 2000;
  for (let trial = 0; trial < trials; trial += 1) {
    const table = new Map(
      plan.arms.map(({ id }, arm) => [
        id,
        new Map([1, 2, 3, 4, 5].map((block) => [block, 8000 * (arm === 1 ? 0.9 : 1) * Math.exp(0.05 * normal())])),
      ]),
    );
    const { interval } = levelEffect('time-to-ssh', table, plan.arms, plan.factors[0] as never, '1');
    if (interval && interval.low <= 0.9 && interval.high >= 0.9) held += 1;
  }
  assert.ok(held / trials > 0.935 && held / trials < 0.965, `${held} of ${trials}`);
});

test('an interaction is flagged, and effects that simply multiply are not', () => {
  const plan = planOf(`design: full\n${usual}`);
  const plain = simulated(plan, 8, { 'cpus=1': 0.8, 'console=loud': 1.2 }, 0.01);
  assert.deepEqual(interactions(plain, plan.arms, plan.factors), []);
  const joint = new Map(
    [...plain].map(([id, values]) => [
      id,
      id === 'cpus=1,console=loud' ? new Map([...values].map(([block, ms]) => [block, (ms ?? 0) * 1.3])) : values,
    ]),
  );
  const found = interactions(joint, plan.arms, plan.factors);
  assert.deepEqual(
    found.map(({ levels }) => levels),
    [['1', 'loud']],
  );
  assert.ok(Math.abs((found[0]?.ratio ?? 0) - 1.3) < 0.05);
});

test('hopeless and settled arms end early, the default and a faster arm go on, and a dead arm ends at once', () => {
  const plan = planOf(usual);
  const table = simulated(plan, 5, { 'cpus=1': 0.9, 'cpus=2': 1.5 }, 0.02);
  const boots = (...came: boolean[]): BootEnd[] => came.map((did, block) => ({ block, came: did }));
  const came = new Map(plan.arms.map(({ id }) => [id, boots(true, true, true)]));
  const now = (block: number, outcomes: ReadonlyMap<string, readonly BootEnd[]> = came, ended: EndedArm[] = []) =>
    endings({ plan, table, outcomes, ended, block });
  assert.deepEqual(now(1), []);
  const ended = now(5);
  assert.ok(ended.some(({ arm, why }) => arm === 'cpus=2' && why === 'slower'));
  assert.ok(!ended.some(({ arm }) => arm === 'default'));
  const dead = now(1, new Map([...came, ['console=loud', boots(false, false)]]));
  assert.deepEqual(
    dead.map(({ arm, why }) => [arm, why]),
    [['console=loud', 'never came up']],
  );
});

test('ending arms early does not change the ranking of a simulated study', () => {
  const plan = planOf(usual);
  const ratios = { 'cpus=1': 0.8, 'cpus=2': 0.9, 'console=loud': 1.15 };
  const whole = simulated(plan, 8, ratios);
  const ended: EndedArm[] = [];
  const partial = new Map([...whole].map(([id]) => [id, new Map<number, number | null>()]));
  for (let block = 1; block <= 8; block += 1) {
    for (const { id } of plan.arms) {
      if (!ended.some(({ arm }) => arm === id)) partial.get(id)?.set(block, whole.get(id)?.get(block) ?? null);
    }
    ended.push(...endings({ plan, table: partial, outcomes: new Map(), ended, block }));
  }
  const order = (table: Table): string[] =>
    plan.factors
      .flatMap((factor) =>
        factor.levels.slice(1).map((level) => ({
          name: `${factor.name}=${level}`,
          ratio: levelEffect('time-to-ssh', table, plan.arms, factor, level).ratio ?? 9,
        })),
      )
      .sort((a, b) => a.ratio - b.ratio)
      .map(({ name }) => name);
  assert.ok(ended.length > 0);
  assert.deepEqual(order(partial), order(whole));
  assert.deepEqual(order(whole), ['cpus=1', 'cpus=2', 'console=loud']);
});

test('what a study has in common is ignored, and named, where a launcher decides it', () => {
  const launcher = { kind: 'launcher', binary: null } as unknown as typeof exampleSide.guest;
  const side = { ...exampleSide, guest: launcher };
  const qemu = { from: 'path', path: '/mine' } as unknown as typeof exampleSide.qemu;
  const common = { machine: { cpus: 1, memoryMiB: 512 }, append: 'x', environment: { A: '1' }, qemu };
  const { setting: found, left } = commonSetting({ ...setting, side }, common);
  assert.deepEqual(left, ['cpus', 'memory', 'append', 'qemu']);
  assert.deepEqual(found, { ...setting, side, environment: { A: '1' } });
  const taking = { ...side, guest: { kind: 'launcher', binary: 'build/qemu' } as unknown as typeof exampleSide.guest };
  const taken = commonSetting({ ...setting, side: taking }, common);
  assert.deepEqual(taken.left, []);
  assert.deepEqual(taken.setting.side.qemu, qemu);
  const { guest } = taken.setting.side;
  assert.deepEqual(guest.kind === 'launcher' && guest.rewrite, { cpus: 1, memoryMiB: 512, append: 'x' });
  const untouched = { ...taking, guest: { ...taking.guest, rewrite: 'none' } as unknown as typeof exampleSide.guest };
  assert.deepEqual(commonSetting({ ...setting, side: untouched }, common).left, ['cpus', 'memory', 'append']);
  assert.deepEqual(commonSetting({ ...setting, side: taking }, { guest: { pages: '4k' } }).left, ['pages']);
  assert.equal(commonSetting(setting, common).setting.side.machine.cpus, 1);
  assert.throws(() => commonSetting(setting, { build: { patches: ['/a.patch'] } }), /common: its QEMU is not built/);
});

test('the order of a block is a shuffle that depends on the study and the block alone', () => {
  const arms = ['a', 'b', 'c', 'd', 'e'];
  const digest = 'ab12cd34'.repeat(8);
  assert.deepEqual(blockOrder(arms, digest, 3), blockOrder(arms, digest, 3));
  assert.deepEqual(blockOrder(arms, digest, 3).sort(), arms);
  assert.ok(new Set(Array.from({ length: 20 }, (_, block) => blockOrder(arms, digest, block).join())).size > 10);
});

test('bad studies are refused with the line and the reason', () => {
  const refused = (text: string): string => {
    try {
      planOf(text);
    } catch (error) {
      assert.ok(error instanceof BootgaugeError && error.exitCode === 2);
      return error.message;
    }
    return 'accepted';
  };
  assert.match(refused('factors:\n  cpu: [1, 2]\n'), /study\.yml:4:3: there is no factor 'cpu'.*did you mean 'cpus'/);
  assert.match(refused('factors:\n  cpus: [1, 1]\n'), /study\.yml:4:13: .*1 is named twice/);
  assert.match(refused('factors:\n  x: { a: { cpus: 2 }, b: { cpus: 2 } }\n'), /the arms default and x=b are the same/);
  assert.match(
    refused('factors:\n  append: [a=b, a b]\n'),
    /the levels a=b and a b would both be called a-b; write them by name/,
  );
  assert.match(refused('factors:\n  cpus: [1]\n'), /at least two levels/);
  assert.match(refused('factors: {}\n'), /there is none/);
  assert.match(
    refused('factors:\n  x:\n    a: {}\n    b: { apend: y }\n'),
    /study\.yml:6:10: unknown key 'apend' in factors\.x\.b; did you mean 'append'/,
  );
  const levels = 'factors:\n  cpus: [1, 2]\n';
  assert.match(
    refused(`desing: full\n${levels}`),
    /unknown key 'desing' at the top of the file; did you mean 'design'/,
  );
  assert.match(refused(`${levels}sampling: { cpus: 3 }\n`), /'cpus' in sampling; it belongs in common or in factors\./);
  assert.doesNotMatch(refused(`${levels}sampling: { boots: 3 }\n`), /belongs in sampling/);
  assert.match(
    refused('factors:\n  x:\n    a: {}\n    b: { cpus: many }\n'),
    /factors\.x\.b\.cpus: expected a number, found/,
  );
  const ten = Array.from({ length: 10 }, (_, index) => index + 1).join(', ');
  const letters = 'abcdefghij'.split('').join(', ');
  const many = `design: full\nfactors:\n  cpus: [${ten}]\n  append: [${letters}]\n  x: { ${letters.replaceAll(/(\w)/g, '$1: { append: x$1 }')} }\n  y: { ${letters.replaceAll(/(\w)/g, '$1: { append: y$1 }')} }\n`;
  assert.match(refused(many), /10,000 arms/);
});

test('a study that is no file is told before it is read', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-study-file-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  writeFileSync(join(folder, 'large.yml'), '#'.repeat(1024 * 1024 + 1));
  assert.throws(() => loadStudy(folder, 'pipe'), refusedAs(/^pipe is not a regular file$/));
  assert.throws(() => loadStudy(folder, 'large.yml'), refusedAs(/^large\.yml is larger than 1 MiB/));
  assert.throws(() => loadStudy(folder, 'none.yml'), refusedAs(/^there is no file none\.yml$/));
});

test('every preset is a study that can be planned, and says what the launcher cannot reach', () => {
  for (const [name, text] of Object.entries(studyPresets)) {
    const study = parseStudy(text, { name, folder: '/' });
    assert.equal(study.name, name);
    assert.ok(designArms(setting, study.factors, study.design).arms.length >= 2);
  }
  const launcher = {
    kind: 'launcher',
    ...{ architecture: 'arm64', command: ['./run.sh'], folder: '/', environment: {}, port: 2222, qmp: null },
    ...{ console: { from: 'stdout' }, assets: [], binary: null },
    access: { user: 'root', privateKeyPath: '', hostKey: null },
  } as unknown as typeof exampleSide.guest;
  const study = parseStudy(
    'version: 1\nname: x\nfactors:\n  cpus: [4, 1]\n  wfi: { plain: {}, sleep: { environment: { HVF_WFI_SLEEP: "1" } } }\n',
    { name: 'x', folder: '/' },
  );
  const side = { ...exampleSide, guest: launcher, machine: { ...exampleSide.machine, accel: 'auto' as const } };
  const { arms } = designArms({ ...setting, side }, study.factors, study.design);
  assert.match(arms.find(({ id }) => id === 'cpus=1')?.unreachable ?? '', /the launcher decides/);
  assert.equal(arms.find(({ id }) => id === 'wfi=sleep')?.unreachable, '');
});

test('a level changes what a launcher gives to its QEMU, on top of what is changed anyway', () => {
  const text = `version: 1
name: x
factors:
  cpus: [4, 1]
  accel: [auto, tcg]
  console: { quiet: {}, loud: { append: -quiet loglevel=7 } }
  kernel: { own: {}, stock: { kernel: vmlinuz, initrd: initramfs } }
  gpu: { own: {}, none: { gpu: none } }
  more: { no: {}, yes: { qemu-arguments: [-snapshot] } }
  initramfs: [gzip, none]
  pages: [16k, 4k]
`;
  const study = parseStudy(text, { name: 'x', folder: '/there' });
  const rewrite = { append: 'a', qemuArguments: ['-usb'] };
  const launcher = { kind: 'launcher', binary: 'build/qemu', rewrite } as unknown as typeof exampleSide.guest;
  const side = { ...exampleSide, guest: launcher, machine: { ...exampleSide.machine, accel: 'hvf' as const } };
  const { arms } = designArms({ ...setting, side }, study.factors, study.design);
  const changes = Object.fromEntries(
    arms.map(({ id, setting: { side: it } }) => [id, it.guest.kind === 'launcher' && it.guest.rewrite]),
  );
  const common = { ...rewrite, cpus: 4 };
  assert.deepEqual(changes, {
    default: common,
    'cpus=1': { ...common, cpus: 1 },
    'accel=tcg': { ...common, accel: 'tcg' },
    'console=loud': { ...common, append: 'a -quiet loglevel=7' },
    'kernel=stock': { ...common, kernel: '/there/vmlinuz', initrd: '/there/initramfs' },
    'gpu=none': { ...common, gpu: 'none' },
    'more=yes': { ...common, qemuArguments: ['-usb', '-snapshot'] },
    'initramfs=none': common,
    'pages=4k': common,
  });
  const accels = arms.map((arm) => arm.setting.side.machine.accel);
  assert.deepEqual([...new Set(accels)], ['hvf', 'tcg']);
  const closed = arms.filter(({ unreachable }) => unreachable !== '');
  assert.deepEqual(
    closed.map(({ id }) => id),
    ['pages=4k'],
  );
});

test('a patch is a level where QEMU is built from source, and is not reachable where it is not', () => {
  const text = 'version: 1\nname: x\nfactors:\n  wfi: { plain: {}, patched: { patches: [wfi.patch] } }\n';
  const study = parseStudy(text, { name: 'x', folder: '/there' });
  const build = {
    ...{ source: '/qemu', ref: null, patches: ['/common.patch'], preset: 'minimal' as const, configure: [] },
    ...{ python: null, environment: {}, dependencies: [] },
  };
  const side = { ...exampleSide, qemu: { from: 'build' as const, build } };
  const patched = designArms({ ...setting, side }, study.factors, study.design).arms[1];
  assert.equal(patched?.unreachable, '');
  assert.deepEqual(patched.setting.side.qemu, {
    from: 'build',
    build: { ...build, patches: ['/common.patch', '/there/wfi.patch'] },
  });
  assert.match(designArms(setting, study.factors, study.design).arms[1]?.unreachable ?? '', /not built from source/);
});

test("a kernel and an initial ramdisk are files that take the place of the guest's own, and a launcher keeps its own", () => {
  const text =
    'version: 1\nname: x\nfactors:\n  kernel: [a/vmlinuz, /b/vmlinuz]\n  initrd: { own: {}, small: { initrd: i } }\n';
  const study = parseStudy(text, { name: 'x', folder: '/there' });
  const guests = (side: typeof exampleSide) =>
    designArms({ ...setting, side }, study.factors, study.design).arms.map((arm) => arm.setting.side.guest);
  const rest = exampleSide.guest;
  const custom = { kind: 'custom', architecture: 'arm64', initrd: null, disk: null, append: null, access: null, rest };
  const first = { ...custom, kernel: '/there/a/vmlinuz' };
  assert.deepEqual(guests(exampleSide), [first, { ...custom, kernel: '/b/vmlinuz' }, { ...first, initrd: '/there/i' }]);
  const disk = { ...custom, kernel: null, disk: '/mine.img', rest: null } as unknown as typeof rest;
  assert.deepEqual(guests({ ...exampleSide, guest: disk })[1], { ...disk, kernel: '/b/vmlinuz' });
  const launcher = { kind: 'launcher', binary: null } as unknown as typeof rest;
  const { arms } = designArms({ ...setting, side: { ...exampleSide, guest: launcher } }, study.factors, study.design);
  assert.match(arms[1]?.unreachable ?? '', /the launcher decides/);
});

test('the study in the documentation is one', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/explain.md'), 'utf8');
  const [, text] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const study = parseStudy(text ?? '', { name: 'docs/explain.md', folder: '/' });
  assert.deepEqual(
    study.factors.map(({ name }) => name),
    ['cpus', 'initramfs', 'console', 'wfi'],
  );
});

test('--plan says what this machine cannot boot, and what would be booted twice', () => {
  const study = parseStudy(studyPresets.seed ?? '', { name: 'seed', folder: '/' });
  const { factors, arms } = designArms(setting, study.factors, study.design);
  const plan = { name: 'seed', design: study.design, factors, arms, sampling: study.sampling, digest: study.digest };
  const told = (platform: NodeJS.Platform, architecture: string) => {
    const lines = planText(plan, { platform, architecture }).split('\n');
    const ended = lines.flatMap((line) =>
      line.includes('not booted') ? [line.trim().replace(/ +not booted: /, '; ')] : [],
    );
    return { boots: /at most (\d+) boots/.exec(lines[0] ?? '')?.[1], ended };
  };
  assert.deepEqual(told('darwin', 'arm64'), { boots: '10', ended: [] });
  const sleeps = (accel: string) =>
    ['off', 'us-1000'].map(
      (level) => `wfi=${level}; HVF_WFI_SLEEP is read by the HVF accelerator alone, and this arm runs ${accel}`,
    );
  assert.deepEqual(told('linux', 'arm64'), { boots: '8', ended: sleeps('kvm') });
  const same = 'accel=tcg; on this machine it boots exactly what default boots';
  assert.deepEqual(told('linux', 'x64'), { boots: '7', ended: [same, ...sleeps('tcg')] });
  const hardware = planOf('factors:\n  accel: [tcg, hvf, kvm]\n');
  assert.match(
    planText(hardware, { platform: 'linux', architecture: 'arm64' }),
    /accel=hvf +not booted: hvf cannot run arm64 guests/,
  );
  assert.match(
    planText(hardware, { platform: 'darwin', architecture: 'arm64' }),
    /accel=kvm +not booted: kvm cannot run arm64 guests/,
  );
});
