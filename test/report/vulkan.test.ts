// The Vulkan driver in every report: both sides in words, what was lost in the first line, and nothing of it trusted.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Report } from '../../src/model/report.ts';
import type { VulkanReport, VulkanSide } from '../../src/model/vulkan.ts';
import { htmlReport } from '../../src/report/html.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { exampleReports, hostileText } from './example-reports.ts';

const venus: VulkanSide = {
  boots: 10,
  ready: 10,
  identity: {
    driverID: 'DRIVER_ID_MESA_VENUS',
    driverName: 'venus',
    deviceName: 'Virtio-GPU Venus (Apple M2 Pro)',
    apiVersion: '1.3.305',
    driverInfo: 'Mesa 25.0.7',
    offers: null,
  },
  icd: '/usr/share/vulkan/icd.d/virtio_icd.json',
  trouble: '',
};
const lavapipe: VulkanSide = {
  ...venus,
  ready: 0,
  identity: { ...venus.identity, driverID: 'DRIVER_ID_MESA_LLVMPIPE', deviceName: 'llvmpipe', driverName: 'llvmpipe' },
  trouble: 'wrong-driver: DRIVER_ID_MESA_LLVMPIPE',
};

function withVulkan(report: Report, vulkan: VulkanReport): Report {
  return { ...report, scenarios: report.scenarios.map((scenario) => ({ ...scenario, vulkan })) };
}
const all = (report: Report): string[] => [
  markdownReport(report),
  htmlReport(report, []),
  terminalReport(report, { columns: 200, colour: 'none', characters: 'unicode', files: [] }),
];

test('equal drivers are one line, in every report', () => {
  const report = withVulkan(exampleReports.same, {
    head: venus,
    base: { from: 'side', side: venus },
    lost: '',
    changes: [],
  });
  for (const text of all(report)) {
    const plain = text.replaceAll('&#95;', '_');
    if (text.startsWith('###')) assert.match(plain, /^<sub>.* · Vulkan: DRIVER_ID_MESA_VENUS on both sides<\/sub>$/m);
    assert.match(
      plain.replace(/^\| Vulkan +\| /m, 'Vulkan on both sides: '),
      /Vulkan on both sides: DRIVER_ID_MESA_VENUS, Virtio-GPU Venus \(Apple M2 Pro\), Vulkan 1\.3\.305, Mesa 25\.0\.7, ready in 10 of 10 boots, ICD virtio_icd\.json/,
    );
  }
});

test('a lost driver is in the first line of the comment, with both sides below', () => {
  const vulkan: VulkanReport = {
    head: lavapipe,
    base: { from: 'side', side: venus },
    lost: 'Vulkan lost: llvmpipe in place of Venus',
    changes: [],
  };
  const text = markdownReport(withVulkan(exampleReports.failed, vulkan));
  assert.match(text.split('\n')[0] ?? '', /^### 🔴 Vulkan lost: llvmpipe in place of Venus/);
  const line = text
    .replaceAll('&#95;', '_')
    .split('\n')
    .find((one) => one.startsWith('Vulkan: base '));
  assert.match(
    line ?? '',
    /base DRIVER_ID_MESA_VENUS.*head DRIVER_ID_MESA_LLVMPIPE.*ready in 0 of 10 boots \(wrong-driver/,
  );
});

test('what was lost and gained is a folded table, losses first', () => {
  const change = { kind: 'extension', name: 'VK_B', base: 'yes', head: 'no', lost: true } as const;
  const vulkan = {
    head: venus,
    base: { from: 'side', side: venus },
    lost: 'Vulkan lost VK_B',
    changes: [change],
  } as const;
  const [markdown = '', html = ''] = all(withVulkan(exampleReports.failed, vulkan));
  assert.match(markdown, /<details><summary>.*Vulkan: what changed.*<\/summary>[\s\S]*extension lost[\s\S]*`VK_B`/);
  assert.match(
    html,
    /<details><summary>Vulkan: what changed<\/summary>[\s\S]*<td class="bad">extension lost<[\s\S]*VK_B/,
  );
});

test('a drawing that went wrong is a row of the table in words, and a picture beside that of base on the page', () => {
  const right = { boots: 6, right: 6, outcome: 'ok', detail: '', picture: 'iVBORw0KGgoBASE==' } as const;
  const wrong = { ...right, right: 0, outcome: 'wrong', detail: '7 pixels', picture: 'iVBORw0KGgoHEAD=' } as const;
  const drawings = [
    { name: 'texture', base: right, head: wrong },
    { name: 'frames', base: right, head: { ...wrong, outcome: 'timeout', detail: 'no end', picture: '' } },
    { name: 'swap', base: null, head: { ...wrong, picture: `iVBORw0KGgo"><script>alert(1)</script>` } },
    { name: 'uniform', base: right, head: { ...wrong, picture: `iVBORw0KGgo${'A'.repeat(40_000)}` } },
  ] as const;
  const base = { from: 'side', side: venus } as const;
  const vulkan = { ...{ head: venus, base, lost: 'Vulkan lost: the drawing texture is wrong', changes: [] }, drawings };
  const [markdown = '', html = '', terminal = ''] = all(withVulkan(exampleReports.failed, vulkan));
  const row = /drawing lost +\| +`texture` +\| +`right in 6 of 6 boots` +\| +`wrong in 6 of 6 boots: 7 pixels`/;
  assert.match(markdown, row);
  assert.match(markdown, /`frames`.*`hangs in 6 of 6 boots: no end`/);
  assert.deepEqual(
    [...html.matchAll(/<img src="data:image\/png;base64,([^"]*)" alt="([^"]*)"/g)].map(([, picture, alt]) => [
      picture,
      alt,
    ]),
    [
      ['iVBORw0KGgoBASE==', 'texture, base'],
      ['iVBORw0KGgoHEAD=', 'texture, head'],
      ['iVBORw0KGgoBASE==', 'frames, base'],
      ['iVBORw0KGgoBASE==', 'uniform, base'],
    ],
  );
  assert.match(html, /img-src data:/);
  assert.doesNotMatch(html, /<script>alert/);
  for (const text of [markdown, terminal]) assert.doesNotMatch(text, /iVBOR/);
});

test('what the guest says about its driver leaves no report', () => {
  const identity = { ...venus.identity, driverID: hostileText, deviceName: hostileText, driverInfo: hostileText };
  const side: VulkanSide = { ...venus, identity, icd: hostileText, trouble: hostileText, ready: 1 };
  const [markdown = '', html = '', terminal = ''] = all(
    withVulkan(exampleReports.failed, { head: side, base: { from: 'baseline', identity }, lost: '', changes: [] }),
  );
  assert.doesNotMatch(html, /<script>alert/);
  assert.doesNotMatch(markdown, /(^|[^\\`])@octocat|<script>|\]\(https:\/\/evil/);
  assert.doesNotMatch(terminal, /[\u0000\u0007\u001b\u202e]/);
});
