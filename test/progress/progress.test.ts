import assert from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { columnsOf } from '../../src/model/plain-text.ts';
import type { ProgressEvent } from '../../src/model/progress.ts';
import { createProgress } from '../../src/progress/create-progress.ts';
import type { ProgressOptions } from '../../src/progress/renderer.ts';

const session: readonly ProgressEvent[] = [
  { kind: 'task-started', task: 'download packages' },
  { kind: 'task-advanced', task: 'download packages', done: 2e6, total: 4e7, unit: 'bytes' },
  { kind: 'task-advanced', task: 'download packages', done: 3e7, total: 4e7, unit: 'bytes' },
  { kind: 'task-ended', task: 'download packages', seconds: 4.12, detail: '61 packages' },
  { kind: 'note', text: 'tcg: 12 boots fit into the time budget' },
  { kind: 'boot-started', number: 1, of: 2, scenario: 'default', side: 'head', warmup: true },
  { kind: 'phase-entered', number: 1, phase: 'openrc', atNs: 1e9 },
  { kind: 'boot-ended', number: 1, outcome: { kind: 'ready' }, readyMs: 2412, by: 'time-to-ssh' },
  { kind: 'boot-started', number: 2, of: 2, scenario: 'default', side: 'head', warmup: false },
  {
    kind: 'boot-ended',
    number: 2,
    outcome: { kind: 'hung', phase: 'mdev', deadlineMs: 60_000 },
    readyMs: null,
    by: 'time-to-ssh',
  },
];

interface Play extends Partial<ProgressOptions> {
  readonly stepMs?: number;
}

/** What a display writes for events that come `stepMs` apart. */
function played(events: readonly ProgressEvent[], { stepMs = 1000, ...options }: Play): string {
  let written = '';
  let atMs = 0;
  {
    using progress = createProgress({
      write: (text) => {
        written += text;
      },
      isTerminal: false,
      columns: 80,
      colour: 'none',
      environment: {},
      now: () => atMs,
      ...options,
    });
    for (const event of events) {
      progress(event);
      atMs += stepMs;
    }
  }
  return written;
}

test('a log gets one line for what ended, and none for every step on the way', () => {
  assert.equal(
    played(session, {}),
    [
      'download packages ...',
      'download packages: 4.12 s, 61 packages',
      'tcg: 12 boots fit into the time budget',
      'default: boot 1 of 2, warm-up: SSH after 2.41 s',
      'default: boot 2 of 2, head: hung in mdev (deadline 60 s)',
      '',
    ].join('\n'),
  );
});

test('a log gets a sign of life when work takes longer than ten seconds', () => {
  const text = played(session, { stepMs: 6000 });
  assert.match(text, /^download packages: 30\.0 of 40\.0 MB$/m);
  assert.doesNotMatch(text, /2\.0 of 40\.0/);
});

test('a log is told of a task that says nothing, every half minute until it ends', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  for (const environment of [{}, { GITHUB_ACTIONS: 'true' }]) {
    let written = '';
    let atMs = 0;
    const write = (text: string): void => {
      written += text;
    };
    const pass = (seconds: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        atMs += 1000;
        t.mock.timers.tick(1000);
      }
    };
    using progress = createProgress({
      ...{ write, isTerminal: false, columns: 80, colour: 'none', environment, now: () => atMs },
    });
    const task = 'building head, build 2 of 2';
    progress({ kind: 'task-started', task });
    pass(25);
    progress({ kind: 'task-advanced', task, done: 7, total: 9, unit: 'items' });
    pass(61);
    progress({ kind: 'task-ended', task, seconds: 86, detail: '9 steps' });
    pass(40);
    assert.deepEqual(written.split('\n'), [
      `${task} ...`,
      `${task}: 7 of 9`,
      `${task}: still running after 55.0 s`,
      `${task}: still running after 85.0 s`,
      `${task}: 86.0 s, 9 steps`,
      '',
    ]);
  }
});

test('in a GitHub job the boots of a scenario are one closed group', () => {
  const text = played(session, { environment: { GITHUB_ACTIONS: 'true' }, isTerminal: true });
  const groups = text.split('\n').filter((line) => line.startsWith('::'));
  assert.deepEqual(groups, ['::group::Boots of default', '::endgroup::']);
  assert.ok(text.endsWith('::endgroup::\n'));
});

test('TERM=dumb and CI get plain lines even on a terminal', () => {
  const plain = played(session, {});
  assert.equal(played(session, { isTerminal: true, environment: { TERM: 'dumb' } }), plain);
  assert.equal(played(session, { isTerminal: true, environment: { CI: 'true' } }), plain);
});

test('a terminal shows the boot and its phase, and keeps what ended after the display is gone', () => {
  let written = '';
  const write = (text: string): void => {
    written += text;
  };
  const progress = createProgress({
    write,
    isTerminal: true,
    columns: 40,
    colour: 'none',
    environment: { LANG: 'en_US.UTF-8' },
    now: () => 0,
  });
  for (const event of session.slice(0, 7)) progress(event);
  const during = screenOf(written);
  assert.ok(
    during.some((line) => /^boot 1 of 2, warm-up +░* *0\.00 s$/.test(line)),
    during.join('\n'),
  );
  assert.ok(during.includes('  openrc'));
  for (const event of session.slice(7)) progress(event);
  progress[Symbol.dispose]();
  assert.deepEqual(screenOf(written), [
    '✓ download packages: 4.12 s, 61 packages',
    '  tcg: 12 boots fit into the time budget',
    '✓ boot 1 of 2, warm-up: SSH after 2.41 s',
    '✗ boot 2 of 2, head: hung in mdev (deadl',
    'ine 60 s)',
  ]);
});

test('a terminal without a UTF-8 locale is sent ascii only', () => {
  const [first, ...rest] = session;
  assert.ok(first);
  const events: readonly ProgressEvent[] = [first, ...rest, { kind: 'note', text: 'überall' }];
  const options = { isTerminal: true, columns: 40, environment: { LC_ALL: 'C', LANG: 'en_US.UTF-8' } };
  assert.match(played(events, options), /^[\n\u001b -~]*$/);
});

test('nothing that a display writes is coloured when colour is off', () => {
  assert.doesNotMatch(played(session, { isTerminal: true, environment: {} }), /\u001b\[[0-9;]*m/);
});

test('a closed display writes nothing more', () => {
  let written = '';
  const write = (text: string): void => {
    written += text;
  };
  const progress = createProgress({ write, isTerminal: false, columns: 80, colour: 'none', environment: {} });
  progress[Symbol.dispose]();
  progress[Symbol.dispose]();
  progress({ kind: 'note', text: 'late' });
  assert.equal(written, '');
});

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n::error::x',
        '::set-output name=a::b',
        '##[group]',
        '\u001b[2J',
        '\r',
        '\u0007',
        '\u009b5A',
        '漢字',
      ),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

const events = (text: string): readonly ProgressEvent[] => [
  { kind: 'task-started', task: text },
  { kind: 'task-advanced', task: text, done: 1, total: 2, unit: 'items' },
  { kind: 'task-ended', task: text, seconds: 1, detail: text },
  { kind: 'note', text },
  { kind: 'boot-started', number: 1, of: 1, scenario: text, side: 'head', warmup: false },
  { kind: 'phase-entered', number: 1, phase: text, atNs: 1 },
  { kind: 'boot-ended', number: 1, outcome: { kind: 'panicked', line: text }, readyMs: null, by: 'time-to-ssh' },
  {
    kind: 'boot-ended',
    number: 1,
    outcome: { kind: 'failed', probe: text, detail: text },
    readyMs: null,
    by: 'time-to-ssh',
  },
];

test('hostile text gives neither a workflow command nor a control sequence to a log', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const environment of [{}, { GITHUB_ACTIONS: 'true' }]) {
        const written = played(events(text), { environment, stepMs: 20_000 });
        for (const line of written.split('\n')) {
          assert.doesNotMatch(line, /[\p{Cc}]|##\[/u);
          if (/^\s*::/.test(line)) assert.match(line, /^::(?:endgroup::$|group::Boots of )/);
        }
      }
    }),
  );
});

test('hostile text gives a terminal no control but those of the display, and no line that is too wide', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 40, max: 100 }), (text, columns) => {
      const written = played(events(text), { isTerminal: true, columns });
      const rest = stripVTControlCharacters(written.replace(displayControls, ''));
      assert.doesNotMatch(rest, /[^\P{Cc}\n]/u);
      for (const line of rest.split('\n')) assert.ok(columnsOf(line.replace(unassigned, '')) <= columns, line);
    }),
  );
});

/** Characters without a meaning yet have no agreed width. */
const unassigned = /\p{Cn}/gu;

/** What log-update itself sends: synchronized output, cursor moves, erasing. */
const displayControls = /\u001b\[(?:\?2026[hl]|\d*[A-G]|[0-2]?[JK])/g;

/** The lines that a terminal shows after it was sent this text. */
function screenOf(text: string): readonly string[] {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  for (const [token, count, command] of text.matchAll(/\u001b\[(?:\?2026)?(\d*)([A-Za-z])|\n|[^\u001b\n]/g)) {
    const steps = Number(count || 1);
    if (token === '\n') [row, column] = [row + 1, 0];
    else if (command === 'A') row = Math.max(0, row - steps);
    else if (command === 'B') row += steps;
    else if (command === 'G') column = steps - 1;
    else if (command === 'K') lines[row] = count === '2' ? '' : (lines[row] ?? '').slice(0, column);
    else if (command === 'J') lines.splice(row);
    else if (command === undefined) {
      lines[row] = (lines[row] ?? '').padEnd(column).slice(0, column) + token + (lines[row] ?? '').slice(column + 1);
      column += 1;
    }
    while (lines.length <= row) lines.push('');
  }
  return lines.map((line) => line.trimEnd()).filter((line) => line !== '');
}

test('two boots at the same time stand below each other, and the one that ends is told by its own name', () => {
  const started = (number: number, side: 'base' | 'head'): ProgressEvent => ({
    ...{ kind: 'boot-started', number, of: 4, scenario: 'default', side, warmup: false },
  });
  const ended = (number: number, readyMs: number): ProgressEvent => ({
    ...{ kind: 'boot-ended', number, outcome: { kind: 'ready' }, readyMs, by: 'time-to-ssh' },
  });
  const both = [started(3, 'base'), started(4, 'head'), ended(4, 1111), ended(3, 2222)];
  const text = stripVTControlCharacters(played(both, { isTerminal: true }));
  assert.match(text, /boot 4 of 4[^\n]*head[^\n]*1\.1/);
  assert.match(text, /boot 3 of 4[^\n]*base[^\n]*2\.2/);
});
