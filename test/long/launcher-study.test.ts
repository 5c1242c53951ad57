// The next steps of the analysis that this project began with, as a study through a fork's own launcher that nobody changed: fewer CPUs,
// kernel messages, a verbose kernel, size and compression of the initial ramdisk, TCG instead of HVF, the stock kernel. Each arm shows
// from inside its guest that it was what it says.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { writeCpio } from '../../src/kit/cpio.ts';
import type { Boot } from '../../src/model/boot.ts';
import { forkCheckout } from './fork-checkout.ts';

const cli = resolve(import.meta.dirname, '../../src/cli.ts');

const config = `version: 1
scenarios:
  fork:
    accel: hvf
    deadlines: {total: 4 min}
    guest:
      kind: launcher
      command: [scripts/run-alpine.sh]
      port: 2222
      binary: build/qemu-system-aarch64
      ssh: {key: cache}
    probes:
      cmdline: {run: cat /proc/cmdline, expect: .+}
      processors: {run: nproc, expect: .+}
      kernel: {run: uname -r, expect: .+}
`;

const study = (stock: { kernel: string; initrd: string }): string => `version: 1
name: next-steps
scenario: fork
common: {accel: tcg, gpu: none, memory: 1 GiB}
factors:
  cpus: [2, 1]
  console:
    quiet: {}
    messages: {append: -quiet loglevel=7}
    verbose: {append: -quiet loglevel=8 initcall_debug}
  compression: {gzip: {}, none: {initramfs: none}}
  size: {own: {}, larger: {initrd: larger}}
  kernel: {own: {}, stock: {kernel: ${JSON.stringify(stock.kernel)}, initrd: ${JSON.stringify(stock.initrd)}}}
sampling: {warmup: 0, blocks: 2, max-blocks: 2, time-budget: 90 min}
`;

test("a study takes the next steps through a fork's own launcher, and each arm is what it says", async () => {
  await using checkout = await forkCheckout('16k', AbortSignal.timeout(600_000));
  const ramdisk = readFileSync(join(checkout.path, 'alpine-installed/initramfs-virt'));
  const ballast = { path: 'ballast', kind: 'file', mode: 0o600, content: new Uint8Array(8 * 2 ** 20) } as const;
  await writeFile(join(checkout.path, 'larger'), Buffer.concat([ramdisk, writeCpio([ballast])]));
  await writeFile(join(checkout.path, 'bootgauge.yml'), config);
  await writeFile(join(checkout.path, 'study.yml'), study(checkout));
  const before = await checkout.content();
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'study', 'study.yml'], {
    cwd: checkout.path,
    env: { ...process.env, BOOTGAUGE_CACHE: checkout.cache, HOME: homedir() },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
  assert.deepEqual(await checkout.content(), before);

  const boots = bootsIn(checkout.path);
  const ofArm = (arm: string): readonly Boot[] => boots.filter(({ scenario }) => scenario === arm);
  const arms = [
    'default',
    'cpus=1',
    'console=messages',
    'console=verbose',
    'compression=none',
    'size=larger',
    'kernel=stock',
  ];
  for (const arm of arms) {
    assert.equal(ofArm(arm).length, 2, arm);
    for (const boot of ofArm(arm)) {
      assert.deepEqual(boot.outcome, { kind: 'ready' }, arm);
      const told = (probe: string): string => boot.probes.find((event) => event.probe === probe)?.detail ?? '';
      const words = told('cmdline').split(' ');
      assert.equal(told('processors'), arm === 'cpus=1' ? '1' : '2', arm);
      assert.equal(words.includes('quiet'), !arm.startsWith('console='), arm);
      assert.equal(words.includes('loglevel=7'), arm === 'console=messages', arm);
      assert.equal(words.includes('initcall_debug'), arm === 'console=verbose', arm);
      assert.equal(told('kernel').includes('16k'), arm !== 'kernel=stock', `${arm}: ${told('kernel')}`);
      assert.equal(detailOf(boot, 'accelerator'), 'tcg', arm);
      const [, initrd] = /-initrd (\S+)/.exec(detailOf(boot, 'qemu-started')) ?? [];
      const own = !['compression=none', 'size=larger', 'kernel=stock'].includes(arm);
      assert.equal(initrd?.endsWith('alpine-installed/initramfs-virt'), own, `${arm}: ${initrd}`);
    }
  }
  assert.match(stdout, /cpus.*1/);
  assert.match(
    stdout.replaceAll(/\s+/g, ' '),
    /what the launcher gives to QEMU was changed: .*-accel hvf is now -accel tcg/i,
  );
});

const detailOf = ({ events }: Boot, name: string): string => events.find((event) => event.name === name)?.detail ?? '';

function bootsIn(folder: string): readonly Boot[] {
  const runs = join(folder, '.bootgauge/runs');
  const [run = ''] = readdirSync(runs).filter((name) => !name.startsWith('.'));
  const names = readdirSync(join(runs, run, 'boots')).filter((name) => name.endsWith('.json'));
  return names.map((name) => JSON.parse(readFileSync(join(runs, run, 'boots', name), 'utf8')) as Boot);
}
