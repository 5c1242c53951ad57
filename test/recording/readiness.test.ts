// Boots of played launchers without SSH: each is ready as its scenario says, and the stamp is held against the player's own record.
import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { planLauncher } from '../../src/guest/launcher.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { measureMetric } from '../../src/probe/probes.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';

interface Played {
  readonly boot: Boot;
  readonly scenario: Scenario;
  /** Between which moments the player says that it became ready, in ms since the spawn. */
  readonly trueMs: readonly [from: number, to: number];
}

/**
 * Boots once with a program of Node as the launcher. What it does in `ready(...)`, it does between the two moments of the system's
 * monotonic clock that it writes down.
 */
async function play(program: string, ready: string, more = ''): Promise<Played> {
  await using folder = await temporaryFolder('bootgauge-test-');
  const truth = join(folder.path, 'truth');
  const file = join(folder.path, 'run.mjs');
  const helpers = `import { writeFileSync, writeSync } from 'node:fs';
import net from 'node:net';
import http from 'node:http';
const now = () => process.hrtime.bigint();
const keep = (from, to) => writeFileSync(${JSON.stringify(truth)}, from + ' ' + to);
const ready = async (act) => { const from = now(); await act(); keep(from, now()); };
const listens = (server, ...where) => new Promise((done) => server.listen(...where, done));
const after = (ms, then) => setTimeout(then, ms);
setInterval(() => {}, 1000);
const port = Number(process.argv[2]);`;
  await writeFile(file, `#!${process.execPath}\n${helpers}\n${program}\n`);
  await chmod(file, 0o755);
  const text = `version: 1
scenarios:
  mine:
    accel: tcg
    deadlines: {total: 20 s}
    guest: {kind: launcher, command: [./run.mjs, "{port}"]}
    ready: ${ready}
${more}`;
  const [scenario] = scenariosOf(
    parseConfig(text, { path: join(folder.path, 'bootgauge.yml'), name: 'bootgauge.yml' }),
  );
  assert.ok(scenario);
  const signal = new AbortController().signal;
  const kit = { cache: folder.path, progress: () => {}, signal };
  const plan = await planLauncher({ guest: scenario.head.guest as LauncherGuest, accel: 'tcg', emulator: null, kit });
  let zeroNs = 0;
  const boot = await bootOnce({
    ...{ plan, scenario, markers: markerProfileOf(scenario) },
    slot: { side: 'head', round: 1, warmup: false },
    number: 1,
    onPhase: () => {},
    onLaunch: ({ clockZeroNs }) => {
      zeroNs = clockZeroNs;
    },
    signal,
  });
  const written = await readFile(truth, 'utf8').catch(() => 'NaN NaN');
  const [from = Number.NaN, to = Number.NaN] = written.split(' ').map((ns) => (Number(ns) - zeroNs) / 1e6);
  return { boot, scenario, trueMs: [from, to] };
}

function assertStamped({ boot, trueMs }: Played, metric: string): void {
  assert.deepEqual(boot.outcome, { kind: 'ready' });
  const { value, resolution } = measureMetric(boot, metric);
  assert.ok(value !== null);
  const [from, to] = trueMs;
  const said = `${metric} ${value} ms, at most ${resolution} ms late; the player says ${from} to ${to} ms`;
  assert.ok(from <= value && to >= value - resolution, said);
}

test('a launcher that prints AGENT READY and has no SSH is a measured boot, and its phases end there', async () => {
  const played = await play(
    `after(300, () => ready(() => writeSync(1, 'AGENT READY\\n')));`,
    '[{line: ^AGENT READY$, on: stdout, name: agent-line}]',
  );
  assertStamped(played, 'time-to-agent-line');
  const { boot, scenario } = played;
  const timeline = readTimeline({ boot, markers: markerProfileOf(scenario) });
  const total = timeline.phases.reduce((sum, { durationNs }) => sum + durationNs, 0);
  assert.ok(timeline.complete);
  assert.equal(total, timeline.endNs);
  assert.equal(timeline.endNs / 1e6, measureMetric(boot, 'time-to-agent-line').value);
});
