// What bootgauge.yml and the command line say of an emulator that is built: layers, sides, merge bases, contradictions.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { scenariosFor } from '../../src/cli/scenario-options.ts';
import { parseConfig } from '../../src/config/config.ts';
import { type Overrides, scenariosOf } from '../../src/config/scenarios.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { Scenario } from '../../src/model/scenario.ts';

function scenario(text: string, overrides: Overrides = {}): Scenario {
  const config = parseConfig(`version: 1\n${text}`, { path: '/fork/bootgauge.yml', name: 'bootgauge.yml' });
  return scenariosOf(config, [], overrides)[0] as Scenario;
}

const builds = ({ head, base }: Scenario) => ({
  head: head.qemu.from === 'build' ? head.qemu.build : null,
  base: base?.qemu.from === 'build' ? base.qemu.build : null,
});

test('keys of a build are laid over each other, and paths are relative to the file', () => {
  const { head } = builds(
    scenario(`
qemu: {preset: fork-macos, patches: [patches/*.patch], configure: [--enable-trace-backends=log]}
scenarios:
  one: {qemu: {ref: v10.0.0, python: tools/python3}}
`),
  );
  assert.deepEqual(head, {
    source: '/fork',
    ref: 'v10.0.0',
    patches: ['/fork/patches/*.patch'],
    preset: 'fork-macos',
    configure: ['--enable-trace-backends=log'],
    python: '/fork/tools/python3',
    environment: {},
    dependencies: [],
  });
});

test('a URL stays as it is, a path becomes absolute', () => {
  const sourceOf = (source: string) => builds(scenario(`qemu: {source: '${source}'}`)).head?.source;
  assert.equal(sourceOf('https://git.example.org/qemu.git'), 'https://git.example.org/qemu.git');
  assert.equal(sourceOf('git@git.example.org:qemu.git'), 'git@git.example.org:qemu.git');
  assert.equal(sourceOf('../qemu'), '/qemu');
  assert.equal(sourceOf('archives/qemu-10.tar.xz'), '/fork/archives/qemu-10.tar.xz');
});

test('patches of one side come after those of both, and the other side is built as well', () => {
  const { head, base } = builds(
    scenario('qemu: {patches: [both.patch]}\nscenarios: {ab: {head: {patches: [wfi.patch]}}}'),
  );
  assert.deepEqual(head?.patches, ['/fork/both.patch', '/fork/wfi.patch']);
  assert.deepEqual(base?.patches, ['/fork/both.patch']);
  const plain = builds(scenario('scenarios: {ab: {head: {patches: [wfi.patch]}}}'));
  assert.equal(plain.base?.source, '/fork');
});

test('a side of its own ref, and the merge base with what head is built from', () => {
  const written = builds(scenario('scenarios: {ab: {base: {ref: main...}, head: {ref: topic}}}'));
  assert.deepEqual([written.base?.ref, written.head?.ref], ['main...topic', 'topic']);
  const asked = builds(scenario('', { base: { ref: 'main...' }, head: {} }));
  assert.deepEqual([asked.base?.ref, asked.head?.ref], ['main...HEAD', null]);
});

test('the command line asks for builds where the configuration names a file', () => {
  const { head, base } = builds(scenario('qemu: {binary: path}', { base: { ref: 'v9' }, head: { ref: 'v10' } }));
  assert.deepEqual([base?.ref, head?.ref], ['v9', 'v10']);
  assert.equal(scenario('qemu: {binary: path}', { head: { ref: 'v10' } }).base, null);
});

test('a finished QEMU and a build in one place contradict each other, and wrong words are pointed at', () => {
  assert.throws(() => scenario('qemu: {binary: kit, patches: [x.patch]}'), /keys of a build cannot stand beside it/);
  assert.throws(() => scenario('qemu: {preset: minmal}'), /did you mean 'minimal'/);
  assert.throws(() => scenario('qemu: {environment: {1x: y}}'), /qemu/);
  assert.throws(() => scenario('defaults: {patches: [x]}'), /unknown key 'patches' in defaults/);
});

test('dependencies keep their order, and a side changes those of the same name; virglrenderer is short for one', () => {
  const text = `qemu:
  source: .
  dependencies:
    - {name: mesa, source: ../mesa, meson: [-Dvulkan-drivers=swrast]}
    - {name: virglrenderer, source: 'https://git.example.org/virgl.git', ref: v1.0}
scenarios:
  ab: {head: {qemu: {dependencies: [{name: virglrenderer, ref: main}]}}, base: {qemu: {virglrenderer: {source: ../virgl}}}}`;
  const { base, head } = builds(scenario(text));
  const mesa = { name: 'mesa', source: '/mesa', ref: null, meson: ['-Dvulkan-drivers=swrast'] };
  const virgl = { name: 'virglrenderer', source: 'https://git.example.org/virgl.git', meson: ['-Dvenus=true'] };
  assert.deepEqual(head?.dependencies, [mesa, { ...virgl, ref: 'main' }]);
  assert.deepEqual(base?.dependencies, [mesa, { ...virgl, source: '/virgl', ref: null }]);
  const alone = builds(scenario('qemu: {virglrenderer: {source: ../virgl}}')).head?.dependencies;
  assert.deepEqual(alone, [{ ...virgl, source: '/virgl', ref: null }]);
  assert.throws(() => scenario('qemu: {dependencies: [{name: mesa}]}'), /dependency mesa of QEMU has no source/);
  assert.throws(() => scenario('qemu: {dependencies: [{name: ../x, source: y}]}'), /no name of a library/);
});

test('patches of the command line are looked for in the current folder, those of the file beside it', async () => {
  await using folder = await temporaryFolder('bootgauge-test-');
  const below = join(folder.path, 'below');
  await mkdir(below);
  await writeFile(join(folder.path, 'bootgauge.yml'), 'version: 1\nqemu: {patches: [both.patch]}\n');
  const options = {
    config: '../bootgauge.yml',
    lock: true,
    headPatch: ['mine.patch', '../up.patch'],
    basePatch: ['/tmp/base.patch'],
  };
  const { scenarios } = await scenariosFor([], options, { folder: below });
  const { head, base } = builds(scenarios[0] as Scenario);
  const beside = join(folder.path, 'both.patch');
  assert.deepEqual(head?.patches, [beside, join(below, 'mine.patch'), join(folder.path, 'up.patch')]);
  assert.deepEqual(base?.patches, [beside, '/tmp/base.patch']);
});
