// Boots of played launchers without SSH: each is ready as its scenario says, and the stamp is held against the player's own record.
import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import { planLauncher } from '../../src/guest/launcher.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { LauncherGuest } from '../../src/model/guests/launcher.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { measureMetric } from '../../src/probe/probes.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readLines } from '../../src/timeline/lines.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';

/** BOOTGAUGE_ROUNDS=20 plays each kind so often: the proof, where once is the test. */
const rounds = Number(process.env.BOOTGAUGE_ROUNDS ?? 1);

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
async function play(program: string, ready: string, totalS = 20): Promise<Played> {
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
    autopsy: false
    deadlines: {total: ${totalS} s}
    guest: {kind: launcher, command: [./run.mjs, "{port}"]}
    ready: ${ready}
`;
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

const listening = (server: string): string =>
  `const server = ${server}; after(200, () => ready(() => listens(server, port, '127.0.0.1')));`;

/** As an agent of QEMU's answers on a virtio-serial port: to what it can read, line by line, after the byte 0xFF. */
const playedAgent = `const hear = (socket) => new Promise((done) => {
  let text = '';
  socket.on('error', () => {}).on('data', (bytes) => {
    text += bytes.toString('latin1');
    const lines = text.split('\\n');
    text = lines.pop();
    for (const line of lines) {
      const { execute, arguments: given } = JSON.parse(line.replace(/^.*\\xff/s, ''));
      if (execute === 'guest-sync-delimited') socket.write(Buffer.from('\\xff{"return": ' + given.id + '}\\n', 'latin1'));
      else if (execute === 'guest-ping') socket.write('{"return": {}}\\n');
    }
    done();
  });
});`;

const kinds: readonly [name: string, ready: string, program: string][] = [
  ['line', `[{line: "^login: $"}]`, `after(150, () => ready(() => writeSync(1, 'login: ')));`],
  [
    'line',
    '[{line: READY, on: stderr}]',
    `after(150, () => ready(() => writeSync(2, '\\x1b[32mIT IS READY\\x1b[0m\\n')));`,
  ],
  ['tcp', '[{tcp: {}}]', listening('net.createServer()')],
  [
    'tcp',
    '[{tcp: {banner: "^220 .*SMTP"}}]',
    listening(`net.createServer((one) => one.on('error', () => {}).write('220 x SMTP\\r\\n'))`),
  ],
  [
    'http',
    '[{http: {path: /healthz, body: "\\"ok\\""}}]',
    `let good = false;
const server = http.createServer((asked, answer) => {
  answer.statusCode = good && asked.url === '/healthz' ? 200 : 500;
  answer.end(JSON.stringify({ state: 'ok' }));
});
await listens(server, port, '127.0.0.1');
after(200, () => ready(() => { good = true; }));`,
  ],
  [
    'http',
    '[{http: {body: "^ready: yes$"}}]',
    `// In chunks, one of which ends in the middle, on a connection that stays open.
let good = false;
const server = net.createServer((one) => one.on('error', () => {}).once('data', () => {
  one.write('HTTP/1.1 ' + (good ? 200 : 503) + ' X\\r\\ntransfer-encoding: Chunked\\r\\n\\r\\n');
  after(20, () => one.write('5\\r\\nready\\r\\n05;x=y\\r\\n: yes\\r\\n0\\r\\n\\r\\n'));
}));
await listens(server, port, '127.0.0.1');
after(200, () => ready(() => { good = true; }));`,
  ],
  [
    'http',
    '[{http: {body: "^ready: yes$"}}]',
    `// With its length, on a connection that stays open.
let good = false;
const server = net.createServer((one) => one.on('error', () => {}).once('data', () => {
  one.write('HTTP/1.1 ' + (good ? 200 : 503) + ' X\\r\\nContent-Length: 11\\r\\n\\r\\n');
  after(20, () => one.write('ready: yes\\nmore that is none of it'));
}));
await listens(server, port, '127.0.0.1');
after(200, () => ready(() => { good = true; }));`,
  ],
  [
    'vsock',
    '[{vsock: {port: 5000, socket: v.sock}}]',
    `let good = false;
const server = net.createServer((one) => one.on('error', () => {}).once('data', (bytes) => {
  if (good && String(bytes) === 'CONNECT 5000\\n') one.write('OK 1073741824\\n');
  else one.destroy();
}));
await listens(server, 'v.sock');
after(200, () => ready(() => { good = true; }));`,
  ],
  [
    'agent',
    '[{agent: {socket: a.sock}}]',
    `${playedAgent}
const held = [];
const server = net.createServer({ pauseOnConnect: true }, (one) => held.push(one));
await listens(server, 'a.sock');
after(700, () => ready(() => Promise.all(held.map((one) => { const heard = hear(one); one.resume(); return heard; }))));`,
  ],
];

for (const [name, ready, program] of kinds) {
  test(`${ready} is stamped as exactly as its resolution says`, async () => {
    for (let round = 0; round < rounds; round += 1) assertStamped(await play(program, ready), `time-to-${name}`);
  });
}

test('a command that ends with its status is ready, and so is what it leaves behind', async () => {
  const program = `after(150, () => { keep(now(), now()); process.exit(0); });`;
  for (let round = 0; round < rounds; round += 1) {
    const { boot, trueMs } = await play(program, '[{exit: 0}]');
    assert.deepEqual(boot.outcome, { kind: 'ready' });
    const { value, resolution } = measureMetric(boot, 'time-to-exit');
    // The player cannot write down when it was gone.
    assert.ok(value !== null && trueMs[0] <= value && resolution < value, `${value}, ${resolution}, ${trueMs.join()}`);
  }
  const other = await play(`after(50, () => process.exit(3));`, '[{exit: 0}]');
  assert.match(other.boot.outcome.kind === 'failed' ? other.boot.outcome.detail : '', /ended with status 3/);
});

test('of two, the first ends the phases and both are waited for; one that never comes has failed by its name', async () => {
  const program = `after(100, () => writeSync(1, 'UP\\n')); after(400, () => writeSync(1, 'READY\\n'));`;
  const both = await play(program, '[{line: READY}, {line: UP, name: up}]');
  assert.deepEqual(both.boot.outcome, { kind: 'ready' });
  assert.ok(
    (measureMetric(both.boot, 'time-to-up').value ?? Number.NaN) <
      (measureMetric(both.boot, 'time-to-line').value ?? 0),
  );
  assert.equal(
    readTimeline({ boot: both.boot, markers: markerProfileOf(both.scenario) }).endNs / 1e6,
    measureMetric(both.boot, 'time-to-line').value,
  );
  const totalS = 1;
  const { boot } = await play(program, '[{line: READY}, {http: {port: 9, path: /x}, name: web}]', totalS);
  assert.equal(boot.outcome.kind === 'failed' && boot.outcome.probe, 'time-to-web');
  assert.match(
    boot.outcome.kind === 'failed' ? boot.outcome.detail : '',
    /^timeout: status 200 from http port 9, \/x did not come within 1 s; last refused/,
  );
});

test('readiness that never comes is a hang that says what was waited for and what was seen instead', async () => {
  const totalS = 2;
  const server = `await listens(http.createServer((_, answer) => { answer.statusCode = 500; answer.end(); }), port, '127.0.0.1'); writeSync(1, 'starting\\n');`;
  const { boot, scenario } = await play(server, '[{http: {}}]', totalS);
  assert.equal(boot.outcome.kind, 'hung');
  const timeline = readTimeline({ boot, markers: markerProfileOf(scenario) });
  const [found] = diagnose({ boot, timeline, lines: readLines(boot.console) }).filter(({ id }) =>
    id.startsWith('hung'),
  );
  assert.match(found?.cause ?? '', /time-to-http.* never came\. It was answered last: status 500\./);
  assert.doesNotMatch(JSON.stringify(found), /SSH/);
});

test('a banner without end and a hostile line stop nobody from seeing what comes later', async () => {
  const endless = `net.createServer((one) => { one.on('error', () => {}); const more = () => one.destroyed || one.write('x'.repeat(4096), () => setImmediate(more)); more(); })`;
  const program = `await listens(${endless}, port, '127.0.0.1');
for (let left = 300; left > 0; left -= 1) writeSync(1, 'a'.repeat(3000));
after(400, () => ready(() => writeSync(1, '\\n' + 'a'.repeat(3000) + 'READY\\n')));`;
  const totalS = 5;
  const played = await play(program, '[{line: "(a*)*READY"}, {tcp: {banner: "(x+x+)+y"}}]', totalS);
  const outcome = played.boot.outcome;
  assert.equal(outcome.kind === 'failed' && outcome.probe, 'time-to-tcp');
  assertStamped({ ...played, boot: { ...played.boot, outcome: { kind: 'ready' } } }, 'time-to-line');
});

test('an agent that pours bytes and ends no line is read on, and answers later', async () => {
  const program = `${playedAgent}
await listens(net.createServer((one) => { one.on('error', () => {}).write('x'.repeat(4 << 20), () => { one.write('\\n'); void hear(one); }); }), 'a.sock');`;
  const { boot } = await play(program, '[{agent: {socket: a.sock}}]');
  assert.deepEqual(boot.outcome, { kind: 'ready' });
});
