// Durations, sizes and shares: what is accepted, what is refused, and that a refusal says what is accepted.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Parsed, parseDuration, parseRatio, parseSize } from '../../src/model/units.ts';

const decimal = fc
  .tuple(fc.nat(99_999), fc.nat(999))
  .map(([whole, part]) => `${whole}.${String(part).padStart(3, '0')}`);

const numberOf = (parsed: Parsed): number => {
  assert.ok('value' in parsed, JSON.stringify(parsed));
  return parsed.value;
};
const problemOf = (parsed: Parsed): string => {
  assert.ok('problem' in parsed, JSON.stringify(parsed));
  return parsed.problem;
};

test('a duration is its number times its unit, with or without space', () => {
  const units = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
  fc.assert(
    fc.property(
      decimal,
      fc.constantFrom(...Object.entries(units)),
      fc.constantFrom('', ' ', '  '),
      (digits, unit, gap) => {
        assert.equal(numberOf(parseDuration(`${digits}${gap}${unit[0]}`)), Number(digits) * unit[1]);
      },
    ),
  );
});

test('a size is told in MiB', () => {
  assert.equal(numberOf(parseSize('1 GiB')), 1024);
  assert.equal(numberOf(parseSize('1.5GiB')), 1536);
  assert.equal(numberOf(parseSize('512 MiB')), 512);
});

test('a share is the same with a percent sign and as a fraction', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
      assert.equal(numberOf(parseRatio(`${percent} %`)), percent / 100);
      assert.equal(numberOf(parseRatio(`${percent}%`)), numberOf(parseRatio(String(percent / 100))));
    }),
  );
});

test('text that is no quantity is refused with what is accepted, never guessed', () => {
  const wellFormed = /^\s*\d+(\.\d+)?\s*(ms|s|min|h|MiB|GiB|%)?\s*$/;
  fc.assert(
    fc.property(
      fc.string().filter((text) => !wellFormed.test(text)),
      (text) => {
        for (const parse of [parseDuration, parseSize, parseRatio]) assert.match(problemOf(parse(text)), /accepted/);
      },
    ),
  );
});

test('a missing, foreign or misspelt unit is named', () => {
  assert.equal(
    problemOf(parseDuration('120')),
    "'120' has no unit: accepted units are ms, s, min and h, as in 250 ms, 2.5 s or 4 min",
  );
  assert.match(problemOf(parseDuration('3 sec')), /^'sec' is not a unit of a duration: /);
  assert.match(problemOf(parseDuration('3 MiB')), /^'MiB' is not a unit of a duration: /);
  assert.match(problemOf(parseSize('1 GB')), /^'GB' is not a unit of a size: .*MiB and GiB/);
  assert.match(problemOf(parseDuration('1 constructor')), /^'constructor' is not a unit/);
  assert.match(problemOf(parseDuration('-1 s')), /is not a duration/);
  assert.equal(problemOf(parseRatio('5')), "'5' would be 500 %; for 5 % write 5 % or 0.05");
});
