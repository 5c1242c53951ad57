// A person's own command on real boots: a head whose QEMU lost Venus, where the guest falls back to lavapipe; and a guest that never idles.
import assert from 'node:assert/strict';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { runProgram, temporaryFolder } from '../../src/host/processes.ts';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Report } from '../../src/model/report.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { casePlan, vulkanCases } from '../real/vulkan-cases.ts';

const cli = resolve(import.meta.dirname, '../../src/cli.ts');

/** One run of the command line; its exit code, its report and the comment. */
async function run(folder: string, configuration: string) {
  await writeFile(join(folder, 'bootgauge.yml'), configuration);
  const { code, stdout, stderr } = await runProgram(process.execPath, [cli, 'run', '--warmup', '0'], {
    timeoutMs: 540_000,
    cwd: folder,
    environment: { BOOTGAUGE_CACHE: cacheFolder(process.env, homedir()), BOOTGAUGE_LOCK: join(folder, 'lock') },
  });
  const runs = join(folder, '.bootgauge/runs');
  const [name = ''] = await readdir(runs).catch(() => []);
  assert.notEqual(name, '', stderr);
  const read = (file: string): Promise<string> => readFile(join(runs, name, file), 'utf8');
  const report = JSON.parse(await read('report.json')) as Report;
  return { code, said: `${stdout}\n${stderr}`, report, comment: await read('report.md') };
}

/** The kit's QEMU as one file; `edit` is shell text that may change a word of its command line, `$word`. */
async function qemuFile(path: string, { emulator }: QemuLaunchPlan, edit: string): Promise<string> {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const settings = Object.entries(emulator.environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const command = [emulator.program, ...emulator.leadingArguments].map(quoted).join(' ');
  await writeFile(
    path,
    `#!/bin/sh
${settings.join('\n')}
for word; do
  shift
  ${edit}
  set -- "$@" "$word"
done
exec ${command} "$@"
`,
  );
  await chmod(path, 0o755);
  return path;
}

test('a head that falls back to lavapipe ends with 1, says so first, and is not called faster', async (context) => {
  await using folder = await temporaryFolder('bootgauge-fallback-');
  const both = vulkanCases.find(({ name }) => name === 'lavapipe beside Venus');
  assert.ok(both !== undefined);
  const plan = await casePlan(both, AbortSignal.timeout(300_000));
  const good = await qemuFile(join(folder.path, 'qemu-good'), plan, ':');
  const bad = await qemuFile(
    join(folder.path, 'qemu-bad'),
    plan,
    'case $word in virtio-gpu-gl*) word=virtio-gpu-pci ;; esac',
  );
  const { code, said, report, comment } = await run(
    folder.path,
    JSON.stringify({
      version: 1,
      scenarios: {
        fallback: {
          guest: {
            ...{ kind: 'custom', kernel: plan.kernel, initrd: plan.initrd, disk: plan.disks[0]?.path },
            ...{ append: plan.append.replace(/ ?\bquiet\b/, ''), ssh: { key: plan.ssh.privateKeyPath } },
          },
          ...{ accel: 'tcg', gpu: 'venus', sampling: { boots: 2, 'max-boots': 2 } },
          base: { qemu: { binary: good } },
          head: { qemu: { binary: bad } },
        },
      },
    }),
  );
  assert.equal(code, 1, said);
  context.diagnostic(comment.split('\n')[0] ?? '');
  assert.match(comment.split('\n')[0] ?? '', /^### Vulkan lost: llvmpipe in place of Venus/);
  assert.doesNotMatch(comment, /improvement|faster/i);
  assert.equal(report.verdict.rule, 'vulkan-lost');
  assert.ok(report.scenarios.every(({ comparisons }) => comparisons.every(({ word }) => word !== 'faster')));
  assert.ok(report.scenarios[0]?.findings.some(({ id, sides }) => id === 'vulkan-software' && sides === 'head'));
});

test('a guest whose processors never sleep shows in idle-cpu', async (context) => {
  await using folder = await temporaryFolder('bootgauge-idle-');
  const { code, said, report } = await run(
    folder.path,
    JSON.stringify({
      version: 1,
      scenarios: {
        idle: {
          ...{ accel: 'tcg', cpus: 1, sampling: { boots: 1, 'max-boots': 1 }, metrics: { 'idle-cpu': {} } },
          base: { append: '' },
          // The kernel waits in a loop instead of in WFI.
          head: { append: 'nohlt' },
        },
      },
    }),
  );
  const [base, head] = (['base', 'head'] as const).map(
    (side) => report.scenarios[0]?.summaries[side].find(({ metric }) => metric === 'idle-cpu')?.median ?? Number.NaN,
  ) as [number, number];
  assert.equal(code, 0, said);
  context.diagnostic(`${base.toFixed(0)} ms of CPU time per second; without WFI ${head.toFixed(0)} ms`);
  assert.ok(base > 0 && head > 3 * base, `${base} and ${head} ms of CPU time per second`);
});
