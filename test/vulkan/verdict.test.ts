// Drivers gained and lost: what fails a run, and what the report shows of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import type { BaselineSession } from '../../src/model/baseline.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { Side } from '../../src/model/scenario.ts';
import type { DrawingFacts, VulkanDevice, VulkanFacts, VulkanIdentity, VulkanOffers } from '../../src/model/vulkan.ts';
import { judge } from '../../src/verdict/judge.ts';
import { compareOffers, readOffers } from '../../src/vulkan/profile.ts';
import { readVulkan, vulkanVerdict, vulkanWarnings } from '../../src/vulkan/vulkan-verdict.ts';
import { sampleKey, sampleScenario, sampleSeries, sampleSession } from '../verdict/samples.ts';

const device: VulkanDevice = {
  index: 0,
  apiVersion: '1.3.305',
  driverVersion: '25.0.7',
  deviceType: 'PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU',
  deviceName: 'Virtio-GPU Venus (Apple M2 Pro)',
  driverID: 'DRIVER_ID_MESA_VENUS',
  driverName: 'venus',
  driverInfo: 'Mesa 25.0.7',
  conformanceVersion: '1.3.0.0',
};
const lavapipe = {
  ...device,
  deviceName: 'llvmpipe (LLVM 19.1.7, 128 bits)',
  driverID: 'DRIVER_ID_MESA_LLVMPIPE',
  driverName: 'llvmpipe',
};
const ready: VulkanFacts = {
  required: 'DRIVER_ID_MESA_VENUS',
  outcome: 'ok',
  detail: '',
  icd: '/usr/share/vulkan/icd.d/virtio_icd.json',
  instanceVersion: '1.4.309',
  devices: [device],
  stderr: '',
  dispatch: { outcome: 'ok', detail: 'computed', output: '', stderr: '' },
  profile: null,
};
const fallback: VulkanFacts = {
  ...ready,
  outcome: 'wrong-driver',
  detail: 'DRIVER_ID_MESA_LLVMPIPE; llvmpipe',
  devices: [lavapipe],
  dispatch: null,
};

const boots = (side: Side, ...facts: readonly (VulkanFacts | null)[]): Boot[] =>
  facts.map((vulkan) => ({ side, warmup: false, ...(vulkan === null ? {} : { vulkan }) }) as unknown as Boot);
const compared = (base: readonly Boot[], head: readonly Boot[], sessions: readonly BaselineSession[] = []) =>
  readVulkan({ boots: [...base, ...head], sessions, headKey: sampleKey });
const lost = (...input: Parameters<typeof compared>): string => compared(...input)?.lost ?? 'not asked';

const profile = (extensions: readonly string[], features: Record<string, boolean>, limits: object): string =>
  JSON.stringify({
    capabilities: {
      device: {
        extensions: Object.fromEntries(extensions.map((name) => [name, 1])),
        features: { VkPhysicalDeviceFeatures: features },
        properties: { VkPhysicalDeviceProperties: { limits } },
      },
    },
  });
const full = profile(['VK_A', 'VK_B'], { geometryShader: true, wideLines: true }, { maxImageDimension2D: 16384 });
const less = profile(['VK_A', 'VK_C'], { geometryShader: true, wideLines: false }, { maxImageDimension2D: 8192 });

const session = (vulkan: Partial<VulkanIdentity>): BaselineSession => ({
  ...sampleSession('before', { 'time-to-ssh': [9000, 9010, 9020] }),
  key: sampleKey,
  vulkan: {
    driverID: device.driverID,
    driverName: device.driverName,
    deviceName: device.deviceName,
    apiVersion: device.apiVersion,
    driverInfo: device.driverInfo,
    offers: null,
    ...vulkan,
  },
});

test('a run that was asked nothing about Vulkan has no opinion on it', () => {
  assert.equal(compared(boots('base', null), boots('head', null)), null);
  assert.equal(vulkanVerdict(null), null);
});

test('the right driver on both sides is no verdict', () => {
  assert.equal(lost(boots('base', ready, ready), boots('head', ready, ready)), '');
  assert.equal(lost([], boots('head', ready)), '');
});

test('a head that fell back to a software driver in every boot has lost Vulkan, with or without a base', () => {
  const report = compared(boots('base', ready, ready), boots('head', fallback, fallback));
  assert.equal(report?.lost, 'Vulkan lost: llvmpipe in place of Venus');
  const verdict = vulkanVerdict(report);
  assert.equal(verdict?.word, 'failed');
  assert.match(
    verdict.because,
    /head: wrong-driver: DRIVER_ID_MESA_LLVMPIPE.*base: DRIVER_ID_MESA_VENUS, Virtio-GPU Venus/,
  );
  assert.equal(lost([], boots('head', fallback)), 'Vulkan lost: llvmpipe in place of Venus');
});

test('a fallback in some boots is a failed boot each, and no verdict of its own', () => {
  const report = compared(boots('base', ready, ready), boots('head', ready, fallback));
  assert.deepEqual([report?.lost, report?.head.ready, report?.head.boots], ['', 1, 2]);
  assert.match(report?.head.trouble ?? '', /^wrong-driver/);
});

test('where base has no Venus either, head has lost nothing', () => {
  assert.equal(lost(boots('base', fallback), boots('head', fallback)), '');
});

test('a driver that shows itself but computes nothing, hangs or is gone is lost', () => {
  const broken = {
    ...ready,
    dispatch: { outcome: 'failed' as const, detail: 'vkCreateComputePipelines -3', output: '', stderr: '' },
  };
  assert.equal(lost(boots('base', ready), boots('head', broken)), 'Vulkan lost: it computes nothing');
  assert.equal(lost([], boots('head', { ...fallback, outcome: 'timeout' })), 'Vulkan lost: vulkaninfo hangs');
  assert.equal(
    lost([], boots('head', { ...fallback, outcome: 'no-device', devices: [] })),
    'Vulkan lost: no Venus device',
  );
});

test('a lower version of Vulkan than base or baseline had fails, to the last figure', () => {
  const version = (apiVersion: string): VulkanFacts => ({ ...ready, devices: [{ ...device, apiVersion }] });
  assert.match(
    lost(boots('base', version('1.4.1')), boots('head', version('1.3.305'))),
    /lowered: 1\.3\.305 after 1\.4\.1/,
  );
  assert.match(
    lost(boots('base', version('1.3.305')), boots('head', version('1.3.200'))),
    /lowered: 1\.3\.200 after 1\.3\.305/,
  );
  assert.equal(lost(boots('base', version('1.3.99')), boots('head', version('1.3.305'))), '');
  assert.equal(lost(boots('base', version('1.3.0')), boots('head', version('1.10.0'))), '');
  assert.match(lost([], boots('head', ready), [session({ apiVersion: '1.4.0' })]), /lowered/);
});

test('a baseline of other conditions says nothing about the driver', () => {
  const other = { ...session({ apiVersion: '1.4.0' }), key: { ...sampleKey, chip: 'another' } };
  assert.equal(lost([], boots('head', ready), [other]), '');
});

test('lost extensions and features fail and come first, gained ones and limits are told', () => {
  const report = compared(boots('base', { ...ready, profile: full }), boots('head', { ...ready, profile: less }));
  assert.equal(report?.lost, 'Vulkan lost VK_B and 1 more feature');
  assert.deepEqual(
    report.changes.map(({ kind, name, base, head, lost: gone }) => [kind, name, base, head, gone]),
    [
      ['extension', 'VK_B', 'yes', 'no', true],
      ['feature', 'wideLines', 'yes', 'no', true],
      ['extension', 'VK_C', 'no', 'yes', false],
      ['limit', 'maxImageDimension2D', '16384', '8192', false],
    ],
  );
});

test('a profile is compared with the newest that the baseline keeps', () => {
  const kept = session({ offers: readOffers(full) });
  const newer = session({});
  assert.match(lost([], boots('head', { ...ready, profile: less }), [kept, newer]), /^Vulkan lost VK_B/);
});

test('a faster head without Venus is failed with exit code 1, and its time is no improvement', () => {
  const times = (length: number, at: number): number[] =>
    Array.from({ length }, (_, index) => at * (1 + (index % 5) * 0.002));
  const input = {
    scenario: sampleScenario({ boots: 12, maxBoots: 12 }),
    head: [sampleSeries('head', times(12, 7000))],
    base: [sampleSeries('base', times(12, 9000))],
    sessions: [],
    headKey: sampleKey,
  };
  assert.equal(judge(input).verdict.word, 'faster');
  const verdict = vulkanVerdict(compared(boots('base', ready), boots('head', fallback)));
  const judged = judge({ ...input, lost: verdict });
  assert.deepEqual([judged.verdict.rule, exitCodeOf(judged.verdict, 'pass')], ['vulkan-lost', 1]);
  assert.deepEqual(
    judged.comparisons.map(({ word }) => word),
    ['undecided'],
  );
});

test('what the guest says about itself cannot reach a headline', () => {
  const hostile = { ...lavapipe, driverName: '](https://evil.example) @octocat <b>\n## x', driverID: 'DRIVER' };
  const text = lost([], boots('head', { ...fallback, devices: [hostile] }));
  assert.match(text, /^Vulkan lost: [\w .-]+ in place of Venus$/);
});

test('a profile that is none is null, whatever it is', () => {
  for (const text of [
    '',
    '{',
    '[]',
    '{"capabilities":{"device":{"extensions":[1,2]}}}',
    '{"capabilities":null}',
    '7',
  ]) {
    assert.equal(readOffers(text), null, text);
  }
  fc.assert(fc.property(fc.json(), (text) => (readOffers(text)?.extensions.length ?? 1) > 0));
  const odd = profile(['VK_A', '<script>', '__proto__'], { 'a b': true }, { maxX: { a: 1 }, sizes: [1, 2, 3] });
  const offers = readOffers(odd) as VulkanOffers;
  assert.deepEqual(offers, { extensions: ['VK_A'], features: [], limits: { sizes: '1 2 3' } });
});

test('equal offers have no changes, and swapping sides turns losses into gains', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[A-Z]\w{0,5}$/), { maxLength: 8 });
  const offers = fc.record({
    extensions: names,
    features: names,
    limits: fc.dictionary(fc.stringMatching(/^m\w{1,4}$/), fc.nat()),
  });
  fc.assert(
    fc.property(offers, offers, (one, other) => {
      assert.deepEqual(compareOffers(one, one), []);
      const losses = (a: VulkanOffers, b: VulkanOffers) => compareOffers(a, b).filter((change) => change.lost).length;
      const gains = compareOffers(other, one).filter(({ kind, lost: gone }) => kind !== 'limit' && !gone).length;
      assert.equal(losses(one, other), gains);
    }),
  );
});

test('a Venus that could not be asked is warned of', () => {
  const silent = { side: 'head', warmup: false, outcome: { kind: 'ready' } } as unknown as Boot;
  assert.deepEqual(
    vulkanWarnings('venus', [silent]).map(({ code }) => code),
    ['vulkan-unchecked'],
  );
  assert.deepEqual(vulkanWarnings('venus', [{ ...silent, vulkan: ready }]), []);
  assert.deepEqual(vulkanWarnings('plain', [silent]), []);
});

test('warm-ups count for nothing, neither as lost nor as ready', () => {
  const warmup = boots('head', fallback).map((boot) => ({ ...boot, warmup: true }));
  assert.deepEqual(compared([], [...warmup, ...boots('head', ready, ready)])?.head.boots, 2);
  assert.equal(lost([], [...warmup, ...boots('head', ready)]), '');
  assert.equal(lost([], warmup), 'not asked');
});

test('where one side has no profile there are no changes to tell', () => {
  const withProfile = boots('base', { ...ready, profile: full });
  assert.deepEqual(compared(withProfile, boots('head', ready))?.changes, []);
  assert.deepEqual(compared(boots('base', ready), boots('head', { ...ready, profile: less }))?.changes, []);
  assert.ok((compared(withProfile, boots('head', { ...ready, profile: less }))?.changes.length ?? 0) > 0);
});

/** Vulkan that was ready, and drawings with these outcomes. */
const drew = (outcomes: Readonly<Record<string, DrawingFacts['outcome']>>): VulkanFacts => ({
  ...ready,
  drawings: Object.entries(outcomes).map(([name, outcome]) => ({
    ...{
      name,
      outcome,
      detail: outcome === 'ok' ? '' : `why ${name}`,
      picture: `${name} ${outcome}`,
      measured: {},
      stderr: '',
    },
  })),
});
const allRight = drew({ triangle: 'ok', uniform: 'ok', swap: 'ok' });

test('a drawing that was right on base and is wrong or hangs in every boot of head is lost Vulkan, and named', () => {
  const hangs = drew({ triangle: 'ok', uniform: 'timeout', swap: 'wrong' });
  const report = compared(boots('base', allRight, allRight), boots('head', hangs, hangs));
  assert.equal(report?.lost, 'Vulkan lost: the drawing uniform hangs, and 1 more drawing went wrong');
  const verdict = vulkanVerdict(report);
  assert.deepEqual([verdict?.word, verdict?.rule], ['failed', 'vulkan-lost']);
  assert.match(verdict?.because ?? '', /head: drawing uniform timeout: why uniform\. base: DRIVER_ID_MESA_VENUS/);
  assert.deepEqual(
    report.drawings?.map(({ name, base, head }) => [name, base?.right, head?.right, base?.picture, head?.picture]),
    [
      ['uniform', 2, 0, 'uniform ok', 'uniform timeout'],
      ['swap', 2, 0, 'swap ok', 'swap wrong'],
    ],
  );
  assert.equal(lost([], boots('head', drew({ triangle: 'wrong' }))), 'Vulkan lost: the drawing triangle is wrong');
});

test('right drawings are nothing to tell, and one that is wrong in some boots is a failed boot each', () => {
  const well = compared(boots('base', allRight), boots('head', allRight));
  assert.deepEqual([well?.lost, well?.drawings, well?.head.ready], ['', [], 1]);
  assert.equal('drawings' in (compared(boots('base', ready), boots('head', ready)) ?? {}), false);
  const some = compared(boots('base', allRight), boots('head', allRight, drew({ triangle: 'ok', uniform: 'failed' })));
  assert.deepEqual([some?.lost, some?.head.ready, some?.head.boots], ['', 1, 2]);
  assert.deepEqual([some?.drawings?.length, some?.drawings?.[0]?.head?.right], [1, 1]);
  const turns = boots('head', drew({ triangle: 'ok', uniform: 'wrong' }), drew({ triangle: 'wrong', uniform: 'ok' }));
  assert.equal(lost(boots('base', allRight), turns), 'Vulkan lost: no boot gets all drawings right');
});

test('a drawing that base gets wrong, too, is not lost; one that only head gets wrong is, though no boot of either side was ready', () => {
  const base = boots('base', drew({ triangle: 'ok', uniform: 'timeout', swap: 'ok' }));
  assert.equal(lost(base, boots('head', drew({ triangle: 'ok', uniform: 'wrong', swap: 'ok' }))), '');
  const report = compared(base, boots('head', drew({ triangle: 'ok', uniform: 'timeout', swap: 'failed' })));
  assert.equal(report?.lost, 'Vulkan lost: the drawing swap fails');
  const never = { ...sampleSeries('base', [null, null]), metric: 'time-to-ssh' };
  const input = {
    scenario: sampleScenario({ boots: 2, maxBoots: 2 }),
    ...{ head: [{ ...never, side: 'head' as const }], base: [never], sessions: [], headKey: sampleKey },
  };
  assert.equal(judge(input).verdict.rule, 'base-never-booted');
  const judged = judge({ ...input, lost: vulkanVerdict(report) }).verdict;
  assert.deepEqual([judged.rule, exitCodeOf(judged, 'pass')], ['vulkan-lost', 1]);
});
