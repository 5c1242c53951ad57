import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { printable } from '../../src/model/plain-text.ts';
import { longestPreamble, readBanner } from '../../src/ssh/banner-text.ts';

test('a banner is read whole, with either line end, after other lines', () => {
  assert.deepEqual(readBanner('SSH-2.0-dropbear_2025.89\r\n'), { kind: 'banner', text: 'SSH-2.0-dropbear_2025.89' });
  assert.deepEqual(readBanner('hello\nSSH-2.0-x\nrest'), { kind: 'banner', text: 'SSH-2.0-x' });
  assert.equal(readBanner('SSH-2.0-x').kind, 'incomplete');
  assert.equal(readBanner('').kind, 'incomplete');
  assert.equal(readBanner('xSSH-2.0-x\n').kind, 'incomplete');
});

test("OpenSSH's penalty is told apart from noise", () => {
  assert.equal(readBanner('Not allowed at this time\r\n').kind, 'not-allowed');
  assert.equal(readBanner('x'.repeat(longestPreamble)).kind, 'not-ssh');
  assert.equal(readBanner(`SSH-2.0-${'x'.repeat(300)}`).kind, 'not-ssh');
});

test('a banner is found however the bytes are cut, and never before its end', () => {
  const preamble = fc.array(fc.stringMatching(/^[\x20-\x7e]{0,40}$/), { maxLength: 5 });
  fc.assert(
    fc.property(preamble, fc.stringMatching(/^[\x21-\x7e]{1,60}$/), fc.nat(), (lines, name, cut) => {
      const before = lines.filter((line) => !/^(SSH-|Not allowed)/.test(line)).map((line) => `${line}\r\n`);
      const whole = `${before.join('')}SSH-2.0-${name}\r\n`;
      assert.deepEqual(readBanner(whole), { kind: 'banner', text: `SSH-2.0-${name}` });
      assert.equal(readBanner(whole.slice(0, cut % whole.length)).kind, 'incomplete');
    }),
  );
});

test('whatever the bytes, what is kept is one short printable line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 6000 }), (bytes) => {
      const reading = readBanner(bytes);
      if (reading.kind !== 'incomplete') assert.match(reading.text, /^[\x20-\x7e]{0,255}$/);
      assert.match(printable(bytes), /^[\x20-\x7e]{0,255}$/);
    }),
  );
});
