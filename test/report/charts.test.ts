import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Calibration } from '../../src/model/calibration.ts';
import type { Summary } from '../../src/model/comparison.ts';
import type { History } from '../../src/model/trend.ts';
import { calibrationText, powerCurve } from '../../src/report/calibration.ts';
import { niceTicks } from '../../src/report/picture.ts';
import { historySvg } from '../../src/report/trend-svg.ts';
import { historyText } from '../../src/report/trend-text.ts';
import { assertGolden } from '../golden.ts';

const style = { columns: 80, colour: 'none', characters: 'unicode' } as const;

const summary = (median: number): Summary => ({
  metric: 'time-to-ssh',
  unit: 'ms',
  count: 10,
  failures: 0,
  median,
  interval: { low: median * 0.98, high: median * 1.02 },
  noise: 0.02,
  resolution: 20,
});

const history: History = {
  file: 'baselines/example/default.jsonl',
  metric: 'time-to-ssh',
  sessions: [5000, 9000, 9050, 9900, 9950].map((median, index) => ({
    run: `run-${index}`,
    recordedAt: `2026-01-0${index + 1}T03:04:05.000Z`,
    commit: index === 3 ? '<img src=x>|@all' : 'abcdef0123456789',
    emulator: 'QEMU 10.0.0',
    intended: index === 3 ? 'new `kernel` | faster' : '',
    summary: summary(median),
  })),
  changes: [{ session: 3, before: 9020, after: 9920 }],
  comparableFrom: 1,
};

const calibration: Calibration = {
  scenario: 'default',
  metrics: [{ name: 'time-to-ssh', noise: 0.03 }],
  rounds: 24,
  failures: 1,
  reports: 2000,
  falseAlarms: { rate: 0.004, low: 0.002, high: 0.008 },
  curve: Array.from({ length: 11 }, (_, step) => ({ effect: step / 100, found: Math.min(1, step / 6) })),
  detectable: [
    { pairs: 6, effect: null, pairsUnchanged: 5.5, pairsAtLimit: 6 },
    { pairs: 24, effect: 0.047, pairsUnchanged: 9.1, pairsAtLimit: 12.3 },
  ],
  limit: 0.05,
  recommended: { maxBoots: 24, limit: 0.05, because: '24 pairs find a slowdown of the limit with 95 % power' },
};

test('a history is one line a session, with the new level said', () => {
  assertGolden('reports/history.txt', historyText([history], style));
});

test('a level that rose is red, and green where more is better', () => {
  const colour = { ...style, colour: 'colour' } as const;
  const [red, green] = ['\u001b[31m', '\u001b[32m'];
  const rows = (text: string): string => text.split('\n').find((line) => line.includes('new level')) ?? '';
  assert.ok(rows(historyText([history], colour)).includes(red));
  const more = history.sessions.map((one) => ({ ...one, summary: { ...summary(9000), better: 'higher' as const } }));
  const risen = rows(historyText([{ ...history, sessions: more }], colour));
  assert.ok(risen.includes(green) && !risen.includes(red), JSON.stringify(risen));
});

test('a history is drawn with its levels, and foreign text stays text', () => {
  const svg = historySvg([history]);
  assert.ok(!svg.includes('<img'));
  assertGolden('reports/history.svg', svg);
});

test('a calibration says what is found with how many pairs', () => {
  assertGolden('reports/calibration.txt', calibrationText(calibration, style));
});

test('a power curve rises from nothing to all', () => {
  assertGolden('reports/power-curve.svg', powerCurve(calibration));
});

test('ticks are round, inside their range and not too many', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      (low, span) => {
        const ticks = niceTicks([low, low + span], 5);
        assert.ok(ticks.length >= 1 && ticks.length <= 7, String(ticks));
        assert.ok(ticks.every((tick) => tick >= low - span * 1e-6 && tick <= low + span * 1.001));
      },
    ),
  );
});
