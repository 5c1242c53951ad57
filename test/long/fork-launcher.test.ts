// The launcher of a fork, as its maintainers have it, in their own checkout: three boots in a row that know nothing of each other, with the
// kit's QEMU and with each that is built here.
//   BOOTGAUGE_QEMU_SOURCES, BOOTGAUGE_QEMU_PYTHON, BOOTGAUGE_QEMU_FLAGS  as for the releases of QEMU; the preset is `minimal`
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import test from 'node:test';
import { buildEmulator } from '../../src/build/build.ts';
import { parseConfig } from '../../src/config/config.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { holdPorts } from '../../src/guest/hold-ports.ts';
import { launcherWarnings } from '../../src/guest/launcher-notes.ts';
import { prepareSide } from '../../src/guest/prepare.ts';
import type { Boot } from '../../src/model/boot.ts';
import { configFileName } from '../../src/model/file-names.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import { forkCheckout } from './fork-checkout.ts';

/** hvf, cocoa and Venus are what this machine does not have; nothing else is changed. */
const config = (qemu: object): string => `version: 1
qemu: ${JSON.stringify(qemu)}
scenarios:
  fork:
    deadlines: {total: 8 min}
    guest:
      kind: launcher
      command: [scripts/run-alpine.sh]
      port: 2222
      binary: build/qemu-system-aarch64
      rewrite: {accel: tcg, gpu: none, memory: 1 GiB}
      ssh: {key: cache}
`;

const {
  BOOTGAUGE_QEMU_SOURCES: sources = '',
  BOOTGAUGE_QEMU_PYTHON: python,
  BOOTGAUGE_QEMU_FLAGS: flags = '',
} = process.env;
const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

test("a fork's own launcher boots from a maintainer's checkout, three times alike, and the checkout stays as it was", async () => {
  await bootThrice({ binary: 'kit' }, (script) => script);
});

for (const source of words(sources)) {
  test(`the same with a QEMU that is built from ${basename(source)}`, async () => {
    const qemu = { source: resolve(source), preset: 'minimal', configure: words(flags), ...(python && { python }) };
    // `minimal` has neither USB nor 9p.
    await bootThrice(qemu, (script) => script.replaceAll(/^.*(?:usb|fsdev).*\n/gm, ''));
  });
}

async function bootThrice(qemu: object, change: (script: string) => string): Promise<void> {
  const signal = AbortSignal.timeout(3_600_000);
  await using checkout = await forkCheckout('4k', signal);
  const script = join(checkout.path, 'scripts/run-alpine.sh');
  await writeFile(script, change(await readFile(script, 'utf8')));
  const before = await checkout.content();
  const [scenario] = scenariosOf(
    parseConfig(config(qemu), { path: join(checkout.path, configFileName), name: configFileName }),
  );
  assert.ok(scenario);
  const kit = { cache: checkout.cache, progress: () => {}, signal };
  const plan = await prepareSide(scenario.head, 'timing', {
    kit,
    remembered: rememberIn(join(checkout.cache, 'trials.json')),
    build: async (request) => (await buildEmulator(request, { ...kit, environment: process.env })).emulator,
  });
  await using _ports = await holdPorts([plan], { progress: () => {}, signal });
  const markers = markerProfileOf(scenario);
  const boots: Boot[] = [];
  for (const round of [1, 2, 3]) {
    const slot = { side: 'head', round, warmup: false } as const;
    boots.push(await bootOnce({ plan, scenario, markers, slot, number: round, onPhase: () => {}, signal }));
  }

  for (const boot of boots) {
    const console = Buffer.from(boot.console.bytes).toString();
    assert.deepEqual(boot.outcome, { kind: 'ready' }, `${boot.stderr}\n${console.slice(-2000)}`);
    assert.match(console, /boot 2 of this checkout/);
    assert.ok(boot.probes.some(({ probe, outcome }) => probe === 'login' && outcome === 'ok'));
    assert.ok(boot.events.some(({ name }) => name === 'guest-started'));
    assert.equal(boot.events.find(({ name }) => name === 'accelerator')?.detail, 'tcg');
  }
  const phases = boots.map((boot) => readTimeline({ boot, markers }).phases.map(({ name }) => name));
  assert.deepEqual([phases[1], phases[2]], [phases[0], phases[0]]);
  assert.deepEqual(await checkout.content(), before);
  const warnings = launcherWarnings(plan, boots);
  const said = (code: string): string => warnings.find((warning) => warning.code === code)?.text ?? '';
  assert.match(said('launcher-shared'), /names \/tmp\/fork-alpine-control\.sock by absolute paths/);
  assert.match(said('launcher-rewritten'), /-accel hvf is now -accel tcg; -cpu host is now -cpu max,pauth-impdef=on/);
  assert.match(said('launcher-tree'), /each boot ran in a clone of /);
}
