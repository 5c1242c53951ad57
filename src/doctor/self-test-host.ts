// The self-test's steps that need no QEMU: the machine's programs, processes that must end, files, sockets and timers.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheOf } from '../cli/kit-options.ts';
import { cloneTree, surveyTree } from '../host/clone-tree.ts';
import { hostState } from '../host/conditions.ts';
import { hostFacts } from '../host/facts.ts';
import { startProcess } from '../host/processes.ts';
import { openReaper } from '../host/reaper.ts';
import { strayMark } from '../host/strays.ts';
import { systemOf } from '../host/systems.ts';
import { usageReader } from '../host/usage.ts';
import { connectTo, shortPath } from '../qemu/unix-socket.ts';
import { fails, notApplicable, type Outcome, passes, type SelfTestStep } from './self-test-step.ts';

/** Node, as a program that does what `script` says. */
const node = (script: string, environment: Readonly<Record<string, string>> = {}) =>
  startProcess(process.execPath, ['-e', script], { stdio: 'ignore', environment });

export const hostSteps: readonly SelfTestStep[] = [
  {
    id: 'facts',
    title: 'facts of the machine',
    async run({ host }) {
      const { runner: _, ...facts } = await hostFacts(host);
      return passes(
        Object.entries(facts)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
      );
    },
  },
  {
    id: 'state',
    title: 'state of the machine',
    async run({ host, context }) {
      const { busy, ...state } = await hostState(cacheOf(context), host);
      const told = Object.entries(state).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
      return passes([...told, `${busy.length} busy programs`].join(', '));
    },
  },
  {
    id: 'checks',
    title: 'what this system needs',
    async run({ host }) {
      const checks = await (await systemOf(host)).checks(host);
      if (checks.length === 0) return notApplicable('nothing is looked at on this system only');
      return checks.map(({ title, level, found, todo }) =>
        level === 'ok' ? { ...passes(found), title } : { ...fails(found, todo), title },
      );
    },
  },
  {
    id: 'processes',
    title: 'table of processes',
    async run({ host }) {
      const system = await systemOf(host);
      const [table, own] = [await system.processes(host), await system.process(host, host.pid)];
      const row = table.find(({ pid }) => pid === host.pid);
      if (row === undefined || own === null)
        return fails('this process is not in it', 'open an issue with this report');
      const whole = row.started !== '' && own.rssBytes > 2 ** 20 && own.cpuNs > 0;
      const band = own.priority === null ? '' : `, priority ${own.priority}`;
      const found = `${table.length} rows; this process has ${Math.round(own.rssBytes / 2 ** 20)} MiB, ${own.cpuNs / 1e9} s${band}`;
      return whole ? passes(found) : fails(found, 'open an issue with this report');
    },
  },
  {
    id: 'usage',
    title: 'CPU time of a process',
    async run() {
      await using busy = await node('for (;;);');
      const reader = usageReader(busy.pid);
      await delay(1500);
      const read = await reader.read();
      const seconds = (read?.cpuNs ?? 0) / 1e9;
      const found = `${seconds.toFixed(2)} s of a process that was busy for 1.5 s`;
      return seconds > 0.05 ? passes(found) : fails(found, 'open an issue with this report');
    },
  },
  {
    id: 'reaper',
    title: 'processes that a killed command leaves',
    async run() {
      await using left = await node('setTimeout(() => {}, 60_000)');
      const reaper = openReaper();
      reaper.watchGroup(left.pid);
      await reaper.close();
      const { signal } = await Promise.race([left.exited, delay(5000, { signal: null, code: null })]);
      return signal === 'SIGKILL' ? passes('ended') : fails('still there', 'open an issue with this report');
    },
  },
  {
    id: 'strays',
    title: 'processes that leave their group',
    async run() {
      const mark = strayMark();
      // It ends by itself where it is not found.
      const child = "require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 15_000)']";
      await using parent = await node(`${child}, { detached: true, stdio: 'ignore' }).unref()`, mark.environment);
      await parent.exited;
      let killed = await mark.kill();
      // A table that was read while it started does not have it yet.
      for (let attempt = 0; attempt < 20 && killed === 0; attempt += 1) {
        await delay(100);
        killed = await mark.kill();
      }
      return killed > 0 ? passes('found and ended') : fails('not found', 'ps does not show environments here');
    },
  },
  { id: 'clone', title: 'throw-away tree of a launcher', run: ({ scratch }) => clone(scratch) },
  { id: 'socket', title: 'Unix socket with a long path', run: ({ scratch }, signal) => longSocket(scratch, signal) },
  {
    id: 'timers',
    title: 'lateness of timers',
    async run() {
      const late: number[] = [];
      for (let turn = 0; turn < 100; turn += 1) {
        const begun = performance.now();
        await delay(10);
        late.push(performance.now() - begun - 10);
      }
      late.sort((one, other) => one - other);
      const found = `median ${late[50]?.toFixed(1)} ms, most ${late.at(-1)?.toFixed(1)} ms`;
      return (late[50] ?? 0) < 20 ? passes(found) : fails(found, 'end other work on this machine');
    },
  },
];

const assetBytes = 64 * 2 ** 20;

async function clone(scratch: string): Promise<Outcome> {
  const tree = join(scratch, 'tree');
  await mkdir(tree);
  await writeFile(join(tree, 'disk.img'), randomBytes(assetBytes));
  const { clones } = await surveyTree(tree);
  await using made = await cloneTree(tree);
  const { copiedBytes, milliseconds } = made.cost;
  const found = `64 MiB in ${Math.round(milliseconds)} ms, ${Math.round(copiedBytes / 2 ** 20)} MiB of it copied`;
  if (clones) return passes(`cloned: ${found}`);
  if (process.platform !== 'darwin') return passes(`this file system has no clones: ${found}`);
  return fails(`copied, not cloned: ${found}`, 'keep the checkout on the volume of TMPDIR, formatted as APFS');
}

async function longSocket(scratch: string, signal: AbortSignal): Promise<Outcome> {
  await using resources = new AsyncDisposableStack();
  const folder = join(scratch, 'a-long-name'.repeat(10));
  await mkdir(folder);
  const whole = join(folder, 'qmp.sock');
  const server = createServer((socket) => socket.end('hello'));
  resources.defer(() => void server.close());
  const path = await shortPath(whole, resources);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  const socket = await connectTo(await shortPath(whole, resources), signal);
  if (socket === null) return fails('nobody answered', 'open an issue with this report');
  const [text] = (await socket.toArray()) as Buffer[];
  const found = `${whole.length} bytes, reached by one of ${path.length}`;
  return String(text) === 'hello' ? passes(found) : fails('another one answered', 'open an issue with this report');
}
