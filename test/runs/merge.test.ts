// Several runs as one: partners stay partners, every boot counts once, and what does not belong together is refused.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Boot } from '../../src/model/boot.ts';
import type { RecordedRun, RecordedScenario } from '../../src/model/run.ts';
import { mergeRuns } from '../../src/runs/merge.ts';
import { exampleReports } from '../report/example-reports.ts';

const example = exampleReports.slower.scenarios[0];
assert.ok(example);
const { scenario, conditions, hostState } = example;

/** `rounds` pairs behind one warm-up of each side; a boot's `startedAt` tells where it came from. */
function run(id: string, rounds: number, changes: Partial<RecordedScenario> = {}): RecordedRun {
  const boots = Array.from({ length: 2 * (rounds + 1) }, (_, index) => {
    const round = Math.floor(index / 2);
    const side = index % 2 === 0 ? 'base' : 'head';
    const console = { bytes: new Uint8Array(), reads: [], droppedBytes: 0 };
    const startedAt = `${id} ${round}`;
    return { number: index + 1, scenario: scenario.id, side, round, warmup: round === 0, startedAt, console };
  }) as unknown as Boot[];
  const recorded = { scenario, conditions, hostState, baseline: [], baselinePath: '', warnings: [], boots, ...changes };
  const { startedAt, tool, commit } = exampleReports.slower;
  return { schema: 1, id, startedAt, tool, finished: true, onUndecided: 'pass', commit, scenarios: [recorded] };
}

test('rounds go on where the run before ended, and both boots of a pair keep one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 }), (sizes) => {
      const merged = mergeRuns(sizes.map((rounds, index) => run(`r${index}`, rounds)));
      const boots = merged.scenarios[0]?.boots ?? [];
      assert.deepEqual(
        boots.map(({ number }) => number),
        boots.map((_, index) => index + 1),
      );
      const measured = boots.filter(({ warmup }) => !warmup);
      assert.equal(measured.length, 2 * sizes.reduce((sum, size) => sum + size, 0));
      const pairs = Map.groupBy(measured, ({ round }) => round);
      for (const pair of pairs.values()) {
        assert.deepEqual(pair.map(({ side }) => side).sort(), ['base', 'head']);
        assert.equal(new Set(pair.map(({ startedAt }) => startedAt)).size, 1);
      }
      assert.ok(boots.filter(({ warmup }) => warmup).every(({ round }) => round === 0));
    }),
  );
});

test('other scenarios stand beside each other, numbered on', () => {
  const other = { ...scenario, id: 'other' };
  const merged = mergeRuns([run('a', 2), run('b', 1, { scenario: other })]);
  assert.deepEqual(
    merged.scenarios.map((entry) => entry.scenario.id),
    [scenario.id, 'other'],
  );
  assert.equal(merged.scenarios[1]?.boots[0]?.number, 7);
});

test('an interrupted part makes an interrupted whole, and the strictest word on undecided holds', () => {
  const merged = mergeRuns([run('a', 1), { ...run('b', 1), finished: false, onUndecided: 'fail' }]);
  assert.equal(merged.finished, false);
  assert.equal(merged.onUndecided, 'fail');
  assert.match(merged.scenarios[0]?.warnings[0]?.text ?? '', /merged from 2 sessions: a, b/);
});

test('what does not belong together is refused, and the difference is named', () => {
  const head = { ...conditions.head, host: { ...conditions.head.host, chip: 'Apple M4' } };
  const emulator = { ...conditions.head, emulator: { ...conditions.head.emulator, digest: 'f'.repeat(64) } };
  const looser = { ...scenario, metrics: {} };
  for (const [changes, message] of [
    [{ conditions: { ...conditions, head } }, /differ in the chip of head/],
    [{ conditions: { ...conditions, head: emulator } }, /differ in the emulator of head/],
    [{ conditions: { ...conditions, base: null } }, /differ in whether both sides were booted/],
    [{ scenario: looser }, /differ in the limits/],
  ] as const) {
    assert.throws(() => mergeRuns([run('a', 1), run('b', 1, changes)]), { exitCode: 3, message });
  }
  assert.throws(() => mergeRuns([run('a', 1), run('a', 1)]), /given twice/);
  assert.throws(() => mergeRuns([]), /no run to merge/);
});

test('the same boots under the id of another run are refused', () => {
  const withReads = (id: string): RecordedRun => {
    const one = run(id, 2);
    const [recorded] = one.scenarios as [RecordedScenario];
    const boots = recorded.boots.map((boot) => ({
      ...boot,
      startedAt: 'then',
      console: { bytes: new Uint8Array(), droppedBytes: 0, reads: [{ offset: 0, atNs: boot.number * 1001 }] },
      probes: [],
    }));
    return { ...one, scenarios: [{ ...recorded, boots }] };
  };
  assert.throws(() => mergeRuns([withReads('a'), withReads('b')]), /runs a and b hold the same boots/);
});
