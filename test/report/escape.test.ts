import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { columnsOf, cutToColumns, plainLine } from '../../src/model/plain-text.ts';
import { escapeHtml, escapeMarkdown, markdownCode } from '../../src/report/escape.ts';
import { hostileText } from './example-reports.ts';

const fragments = [
  ...[
    '|',
    '`',
    '``',
    '\n',
    '\r',
    '@octocat',
    '#12',
    'GH-3',
    'https://evil.example',
    'www.evil.example',
    '<b>',
    '</code>',
  ],
  ...['-->', '&lt;', '&', '[x](y)', '![', '**', '__', '~~', '\\', '$x$', '> ', '- ', '1. ', '+ ', '= ', '\u001b[2J'],
  ...[
    '\u001b]0;t\u0007',
    '\u009b1m',
    '\u0000',
    '\u202e',
    '\u200b',
    '\ud800',
    '\ufffe',
    'é',
    '漢',
    '😀',
    '::error::',
    '##[x]',
  ],
];
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(fc.constantFrom(...fragments), fc.string()), { maxLength: 12 }).map((parts) => parts.join('')),
);

test('a plain line has no control, no line end, no direction change and no half character', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const line = plainLine(text);
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/u);
      assert.equal(plainLine(line), line);
    }),
  );
});

test('a plain line takes the text out of terminal sequences and keeps what is visible', () => {
  assert.equal(plainLine('a\u001b[1;31mred\u001b[0m \u001b]0;title\u0007b\r\nc'), 'ared b c');
  assert.equal(plainLine('x'.repeat(400), 10), `${'x'.repeat(9)}…`);
  assert.equal(plainLine('a'.repeat(100_000_000), 20).length, 20);
});

test('a cut text never takes more columns than it may', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 0, max: 40 }), (text, columns) => {
      assert.ok(columnsOf(cutToColumns(plainLine(text), columns)) <= columns);
    }),
  );
  assert.equal(columnsOf('漢字e\u0301'), 5);
});

test('escaped HTML holds no character that could end text or an attribute, and decodes to the plain line', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = escapeHtml(text);
      assert.doesNotMatch(escaped, /[<>"']|&(?!#\d+;)/);
      assert.equal(decoded(escaped), plainLine(text));
    }),
  );
});

test('escaped markdown holds no character that begins a construct, mention, reference or link', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = escapeMarkdown(text);
      assert.doesNotMatch(escaped, /[|`<>*_~[\]\\$@\n\r]/);
      assert.doesNotMatch(escaped, /&(?!#\d+;)|#(?!\d+;)/);
      assert.doesNotMatch(escaped, /:\/\/|www\.|gh-\d/i);
      assert.doesNotMatch(escaped, /^(?:[-+=] |\d{1,9}[.)]\s)/);
      assert.doesNotMatch(decoded(escaped), /@\w|#\d/);
      assert.equal(decoded(escaped).replaceAll('\u200b', ''), plainLine(text));
    }),
  );
});

test('a name as code is either a plain span or holds nothing but letters, digits, spaces and entities', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const code = markdownCode(text);
      if (code === '') return;
      const inner = /^`([^`|<>\\@\n]+)`$/.exec(code)?.[1] ?? /^<code>([^`|<>\\@\n]*)<\/code>$/.exec(code)?.[1];
      assert.ok(inner !== undefined, code);
      assert.equal(decoded(inner).replaceAll('\u200b', ''), plainLine(text, 120));
    }),
  );
});

test('well-known names stay readable', () => {
  assert.equal(markdownCode('time-to-ssh'), '`time-to-ssh`');
  assert.equal(markdownCode('Scanning hardware for mdev'), '`Scanning hardware for mdev`');
  assert.equal(escapeMarkdown('0.42 of 3 boots, 5 % (was 4 %)'), '0.42 of 3 boots, 5 % (was 4 %)');
  assert.match(escapeMarkdown(hostileText), /&#60;script&#62;/);
});

function decoded(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
}
