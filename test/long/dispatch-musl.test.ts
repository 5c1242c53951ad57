// The dispatch program under musl on arm64, which is Alpine's C library: no Alpine can be had here, but Debian packages its loader. In a
// real guest, with a Vulkan loader that is linked as Alpine links its own and finds no driver.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { temporaryFolder } from '../../src/host/processes.ts';
import { openAptWorld } from '../../src/kit/apt-world.ts';
import { unpackPackages } from '../../src/kit/unpack.ts';
import type { DispatchFacts } from '../../src/model/vulkan.ts';
import { programs } from '../../src/probe/dispatch/programs.ts';
import { runDispatch } from '../../src/probe/dispatch.ts';
import { launch } from '../../src/qemu/launch.ts';
import { watchBanner } from '../../src/ssh/ssh-banner.ts';
import { openSession, type Session } from '../../src/ssh/ssh-session.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { casePlan, vulkanCases } from '../real/vulkan-cases.ts';

const compiler = 'aarch64-linux-gnu-gcc';
const skip = spawnSync(compiler, ['--version']).error !== undefined && `${compiler} is not installed`;

test('the dispatch program starts under the musl of arm64 and gets as far as the Vulkan loader', { skip }, async () => {
  const signal = AbortSignal.timeout(280_000);
  await using folder = await temporaryFolder('bootgauge-musl-');
  await makeMuslTree(folder.path, signal);
  const archive = execFileSync('tar', ['-cz', '-C', folder.path, 'lib'], { encoding: 'base64' });

  const venus = vulkanCases.find(({ name }) => name === 'venus');
  assert.ok(venus !== undefined);
  const plan = await casePlan(venus, signal);
  await using vm = await launch(plan, { signal });
  const common = { nowNs: vm.nowNs, onEvent: () => {}, signal };
  assert.ok((await watchBanner({ ...common, port: vm.sshPort })) !== null);
  await using session = await openSession({ ...common, access: plan.ssh, port: vm.sshPort });
  assert.equal((await session.waitForLogin())?.outcome, 'ok');

  // Before anything is put there: the same program computes under the guest's own glibc.
  assert.equal((await dispatch(session, '', signal))?.outcome, 'ok');
  const put = 'mkdir /tmp/musl && base64 -d | tar -xz -C /tmp/musl && ln -s /tmp/musl/lib/ld-musl-aarch64.so.1 /lib/';
  const placed = await session.run(put, { timeoutMs: 30_000, stdin: archive });
  assert.deepEqual([placed.exitCode, placed.stderr], [0, '']);
  const facts = await dispatch(session, 'export LD_LIBRARY_PATH=/tmp/musl/lib', signal);
  // The constructor of the library has run, so musl was set up before the program began: else it would be -1.
  assert.deepEqual([facts?.outcome, facts?.detail], ['failed', 'vkCreateInstance -9']);
});

function dispatch(session: Session, before: string, signal: AbortSignal): Promise<DispatchFacts | null> {
  return runDispatch({
    session: { run: (command, limits) => session.run(`${before}\n${command}`, limits) },
    ...{ architecture: 'arm64', requiredDriver: null, timeoutMs: 60_000, onEvent: () => {}, signal },
  });
}

/** lib/ with musl's loader and a libvulkan.so.1 that needs musl by the name that Alpine's libraries need it by. */
async function makeMuslTree(folder: string, signal: AbortSignal): Promise<void> {
  const cache = cacheFolder(process.env, homedir());
  const world = await openAptWorld('arm64', { cache, progress: () => {}, signal });
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked);
  await unpackPackages(await world.download(await world.resolve(['musl'])), unpacked, { signal });
  const lib = join(folder, 'lib');
  mkdirSync(lib);
  cpSync(join(unpacked, 'usr/lib/aarch64-linux-musl/libc.so'), join(lib, 'ld-musl-aarch64.so.1'));

  const program = gunzipSync(Buffer.from(programs.arm64, 'base64')).toString('latin1');
  const functions = new Set([...program.matchAll(/vk[A-Z]\w+/g)].map(([symbol]) => symbol));
  functions.delete('vkCreateInstance');
  const source = [
    'static int ready; __attribute__((constructor)) static void begin(void) { ready = 1; }',
    'int vkCreateInstance(void) { return ready ? -9 : -1; }',
    ...[...functions].map((symbol) => `int ${symbol}(void) { return 0; }`),
  ].join('\n');
  writeFileSync(join(folder, 'libc.c'), '');
  writeFileSync(join(folder, 'vulkan.c'), source);
  const compile = (soname: string, output: string, ...words: string[]): void => {
    const flags = ['-shared', '-fPIC', '-nostdlib', `-Wl,-soname,${soname}`, '-Wl,--no-as-needed'];
    execFileSync(compiler, [...flags, '-o', output, ...words]);
  };
  const libc = join(folder, 'libc.musl-aarch64.so.1');
  compile('libc.musl-aarch64.so.1', libc, join(folder, 'libc.c'));
  compile('libvulkan.so.1', join(lib, 'libvulkan.so.1'), join(folder, 'vulkan.c'), libc);
}
