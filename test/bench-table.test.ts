import assert from 'node:assert/strict';
import test from 'node:test';
import { asText } from './bench/table.ts';

test('a benchmark table aligns numbers to the right and says which promise was not met', () => {
  const text = asText({
    name: 'example',
    columns: ['guest', 'ms'],
    rows: [
      ['dropbear', 7],
      ['openssh', 123.5],
    ],
    promises: [
      { what: 'below 200 ms', measured: '123.5 ms', met: true },
      { what: 'below 100 ms', measured: '123.5 ms', met: false },
    ],
    notes: ['busy machine'],
    data: null,
  });
  assert.deepEqual(text.split('\n'), [
    'example',
    '',
    'guest        ms',
    '--------  -----',
    'dropbear      7',
    'openssh   123.5',
    '',
    'met: below 200 ms (measured: 123.5 ms)',
    'NOT MET: below 100 ms (measured: 123.5 ms)',
    'note: busy machine',
    '',
  ]);
});
