// Consoles that nobody wrote on purpose: cut anywhere, binary, huge. They are read without a fault, and the phases still add up.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { rules } from '../../src/diagnose/diagnose.ts';
import type { Boot } from '../../src/model/boot.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { playedBoot } from '../timeline/played.ts';
import { readBoot } from './case-expectations.ts';
import type { Case } from './case-file.ts';
import { caseNames, caseOf } from './case-files.ts';

function readsWell(boot: Boot, markers: string): void {
  const { timeline } = readBoot({ about: '', markers, expectations: [], boot, lastNs: 9e9 });
  const sum = timeline.phases.reduce((ns, { durationNs }) => ns + durationNs, 0);
  assert.equal(sum, timeline.endNs);
}

const cut = ({ boot }: Case, length: number): Boot => {
  const { bytes, reads } = boot.console;
  const kept = reads.filter(({ offset }) => offset < length);
  return { ...boot, console: { bytes: bytes.slice(0, length), reads: kept, droppedBytes: 0 } };
};

test('every case is read wherever it is cut, in the middle of a colour or of a character too', () => {
  const cases = [...caseNames()].flatMap(([kind, names]) => names.map((name) => caseOf(kind, name)));
  // Each of them at twenty places; where they lie differs from case to case.
  for (const [index, one] of cases.entries()) {
    const { length } = one.boot.console.bytes;
    const step = Math.max(1, Math.floor(length / 20));
    for (let end = index % step; end <= length; end += step) readsWell(cut(one, end), one.markers);
  }
});

test('binary consoles are read under every profile', () => {
  const seeds = [
    '\u001b[0;',
    '[  OK  ] Started ',
    ' * Starting ',
    ' ...',
    '[    1.000000] ',
    '…',
    'Begin: x ... ',
    '\n',
    '=> ',
    ': OK',
  ];
  const bytes = fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom(...seeds).map((text) => new TextEncoder().encode(text)),
      ),
    )
    .map((parts) => new Uint8Array(Buffer.concat(parts)));
  fc.assert(
    fc.property(bytes, fc.constantFrom(...Object.keys(markerProfiles)), (console, markers) => {
      readsWell(playedBoot(console), markers);
    }),
    { numRuns: 300 },
  );
});

test('megabytes of what the readers look for are read in one go', () => {
  const text =
    '[  OK  ] Started a…b.\nA start job is running for x (\n * Starting a ...[    1.000000] systemd[1]: Starting x...\n\u001b[0;\n';
  const piece = new TextEncoder().encode(text.repeat(1000));
  const bytes = new Uint8Array(8 << 20);
  for (let offset = 0; offset < bytes.length; offset += piece.length) {
    bytes.set(piece.subarray(0, bytes.length - offset), offset);
  }
  const reads = [
    { offset: 0, atNs: 5e8 },
    { offset: 4 << 20, atNs: 6e8 },
  ];
  readsWell(playedBoot(new Uint8Array(), { console: { bytes, reads, droppedBytes: 0 } }), 'auto');
});

/** Every pattern that stands anywhere in a rule. */
function patternsIn(value: unknown): RegExp[] {
  if (value instanceof RegExp) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(patternsIn) : [];
}

/** What stands between the bars that no group holds. */
function alternatives(source: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const [token] of source.matchAll(/\\.|\[(?:\\.|[^\]])*\]|[\s\S]/g)) {
    depth += token === '(' ? 1 : token === ')' ? -1 : 0;
    if (token === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}

test('no rule begins with an open-ended repetition: on a long line every position would be tried to the end', () => {
  const openEnded = /^(?:\((?:\?:)?)*(?:\\[SwWDds]|\.|\[[^\]]*\])(?:[*+]|\{\d+,\})/;
  const patterns = rules.flatMap((rule) => patternsIn(rule).map(({ source }) => ({ id: rule.id, source })));
  assert.ok(patterns.length > 100);
  assert.deepEqual(
    patterns.filter(({ source }) => alternatives(source).some((part) => openEnded.test(part))),
    [],
  );
});

test('a console that was cut because it was too long is told with what is missing', () => {
  const console = { bytes: new Uint8Array(3 << 20), reads: [{ offset: 0, atNs: 1e9 }], droppedBytes: 97 << 20 };
  const boot = playedBoot(new Uint8Array(), { console });
  const { findings } = readBoot({ about: '', markers: 'auto', expectations: [], boot, lastNs: 9e9 });
  const flood = findings.find(({ id }) => id === 'console-flood');
  assert.deepEqual(flood?.evidence, ['3.0 MiB were kept, 97.0 MiB more came']);
});
