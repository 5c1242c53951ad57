// The examples of docs/any-vm.md: each configuration is right, and each command is a boot, with a program of its name that plays its part.
import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import test from 'node:test';
import { parseConfig } from '../src/config/config.ts';
import { scenariosOf } from '../src/config/scenarios.ts';
import { planLauncher } from '../src/guest/launcher.ts';
import { runProgram, temporaryFolder } from '../src/host/processes.ts';
import { measureMetric, readyMetrics } from '../src/probe/probes.ts';
import { bootOnce } from '../src/recording/boot-once.ts';
import { markerProfileOf } from '../src/timeline/custom-markers.ts';

const page = await readFile(resolve(import.meta.dirname, '../docs/any-vm.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]+?)```/g)].map(([, text = '']) => text);

/** In Node: what each program does when it plays. It complains about words that its part does not have. */
const parts: Readonly<Record<string, { readonly words: RegExp; readonly does: string }>> = {
  'start-agent.sh': { words: /^$/, does: `console.log('AGENT READY'); setInterval(() => {}, 1000);` },
  podman: { words: /^machine start$/, does: 'leaveVm(); process.exit(0);' },
  limactl: { words: /^start --tty=false bench$/, does: 'leaveVm(); process.exit(0);' },
  container: { words: /^run --rm alpine true$/, does: 'process.exit(0);' },
  firecracker: {
    words: /^--no-api --config-file vm\.json$/,
    does: `process.stdout.write('bench login: ');
net.createServer((one) => one.on('error', () => {}).once('data', () => one.write('OK 1\\n'))).listen('v.sock');`,
  },
  crosvm: {
    words: /^run --serial .* vmlinux$/,
    does: `process.stdout.write('bench login: '); setInterval(() => {}, 1000);`,
  },
  krunvm: { words: /^start bench \/bin\/echo UP$/, does: `console.log('UP');  setInterval(() => {}, 1000);` },
};

/** A VM that outlives the command that started it, in a group of its own. */
const prologue = (words: RegExp, vmFile: string): string => `import net from 'node:net';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
if (!${words}.test(process.argv.slice(2).join(' '))) { console.error('no such words'); process.exit(64); }
const leaveVm = () => {
  const vm = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { detached: true, stdio: 'ignore' });
  vm.unref();
  writeFileSync(${JSON.stringify(vmFile)}, String(vm.pid));
};
`;

for (const example of examples) {
  const [scenario] = scenariosOf(parseConfig(example, { path: '/x/bootgauge.yml', name: 'bootgauge.yml' }));
  const guest = scenario?.head.guest;
  if (guest?.kind !== 'launcher') continue;
  const [program = ''] = guest.command.map((word) => word.replace('./', ''));
  test(`docs/any-vm.md: ${guest.command.join(' ')} is a boot`, async () => {
    await using folder = await temporaryFolder('bootgauge-test-');
    const part = parts[program];
    assert.ok(part, `nothing plays ${program}`);
    const file = join(folder.path, program);
    const vmFile = join(folder.path, 'vm.pid');
    await writeFile(join(folder.path, 'plays.mjs'), prologue(part.words, vmFile) + part.does);
    await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' "$(dirname "$0")/plays.mjs" "$@"\n`);
    await chmod(file, 0o755);
    const [own] = scenariosOf(
      parseConfig(example, { path: join(folder.path, 'bootgauge.yml'), name: 'bootgauge.yml' }),
    );
    assert.ok(own?.head.guest.kind === 'launcher');
    const before = process.env.PATH ?? '';
    process.env.PATH = [folder.path, before].join(delimiter);
    try {
      const signal = new AbortController().signal;
      const kit = { cache: folder.path, progress: () => {}, signal };
      const plan = await planLauncher({ guest: own.head.guest, accel: 'tcg', emulator: null, kit });
      const boot = await bootOnce({
        ...{ plan, scenario: own, markers: markerProfileOf(own), number: 1, onPhase: () => {}, signal },
        slot: { side: 'head', round: 1, warmup: false },
      });
      assert.deepEqual(boot.outcome, { kind: 'ready' }, boot.stderr);
      for (const metric of readyMetrics(own)) assert.ok((measureMetric(boot, metric).value ?? 0) > 0, metric);
      if (!part.does.includes('leaveVm')) return;
      const vm = Number(await readFile(vmFile, 'utf8'));
      // One that nobody has waited for yet is a zombie, and gone.
      const { stdout } = await runProgram('ps', ['-o', 'stat=', '-p', String(vm)], { timeoutMs: 5000, hint: 'ps' });
      assert.match(stdout.trim(), /^(?:Z.*)?$/, 'the VM that the command left behind is still there');
    } finally {
      process.env.PATH = before;
    }
  });
}

test('every program of the page is played', () => {
  for (const program of Object.keys(parts)) assert.ok(page.includes(program), program);
});
