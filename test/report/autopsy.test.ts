// A head that hangs where base boots: what was seen of it stands folded in the comment and on the page.
import assert from 'node:assert/strict';
import test from 'node:test';
import { analyzeInFull } from '../../src/analyze.ts';
import type { Autopsy } from '../../src/model/autopsy.ts';
import { htmlReport } from '../../src/report/html.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { exampleBoot, exampleRecordedScenario, exampleRun } from '../examples/run.ts';

const autopsy: Autopsy = {
  ...{ atNs: 1e9, tookMs: 100, control: 'silent', status: '', cpus: [], disks: [], pending: [], network: [] },
  ...{ screen: null, sysrq: { asked: '', answered: '', refused: '', text: '' } },
  processes: [
    {
      pid: 7,
      name: 'qemu-system-aarch64',
      threads: [{ name: 'qemu', state: 'T', waitsIn: 'do_signal_stop', stack: [] }],
    },
  ],
  notes: ['QEMU did not answer on QMP within 1.5 s'],
};

test('the first boot of a side that hung is told with what was seen of it, the others without', () => {
  const outcome = { kind: 'hung', phase: 'mdev', deadlineMs: 9000 } as const;
  const boots = [1, 2, 3].map((number) => exampleBoot(number, 2000, { outcome, autopsy, probes: [] }));
  const { report } = analyzeInFull(exampleRun([exampleRecordedScenario(boots)]));
  const rows = report.scenarios[0]?.boots ?? [];
  assert.deepEqual(
    rows.map((row) => row.autopsy !== undefined),
    [true, false, false],
  );
  assert.equal(report.scenarios[0]?.findings[0]?.id, 'hung-emulator-stopped');
  const comment = markdownReport(report);
  assert.match(comment, /<details><summary>Examination of boot 1 before QEMU was ended<\/summary>/);
  assert.match(comment, /qemu-system-aarch64 .{1,20}, 1 threads: T do/);
  assert.match(htmlReport(report), /Examination before QEMU was ended/);
});
