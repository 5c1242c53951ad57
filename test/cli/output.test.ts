// No text that a command prints is a command to the runner of a workflow, whoever wrote it and however it comes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { createOutput, type OutputStream } from '../../src/cli/output.ts';

interface Written extends OutputStream {
  text: string;
}
function stream(): Written {
  const written: Written = {
    text: '',
    write: (text) => {
      written.text += text;
    },
  };
  return written;
}

/** As the runner reads: lines end with any of CR and LF, blanks in front do not count, `##[` counts anywhere. */
const commandsIn = (text: string): readonly string[] =>
  text.split(/\r\n|\r|\n/).filter((line) => line.replace(/^[\s\u0085]+/, '').startsWith('::') || line.includes('##['));

const attacks: readonly (readonly string[])[] = [
  ['::error title=pwned::x\n'],
  ['   ::error title=pwned::x\n'],
  ['\t\u00a0\u3000::stop-commands::abc\n'],
  ['\u0085::error::x\n'],
  ['\ufeff::error::x\n'],
  ['text\r::error::x\n'],
  ['text\r\n  ::error::x\r\n'],
  ['a long line that was\n    ::wrapped::here\n'],
  ['in the middle ##[error]x\n'],
  ['####[error]x\n'],
  [':', ':error::x\n'],
  ['  ', '::error::x\n'],
  ['  :', ':', 'error::x\n'],
  ['text #', '#[error]x\n'],
  ['text ##', '[error]x\n'],
  ['text #', '#', '[error]x\n'],
  ['\n:', ':error::x'],
  [':::error::x\n'],
];

for (const environment of [{}, { GITHUB_ACTIONS: 'true' }]) {
  for (const parts of attacks) {
    test(`${JSON.stringify(parts)} is no command, ${JSON.stringify(environment)}`, async () => {
      const [stdout, stderr] = [stream(), stream()];
      const output = createOutput(stdout, stderr, environment);
      for (const part of parts) output.out(part);
      for (const part of parts) output.err(part);
      assert.deepEqual(commandsIn(stdout.text), []);
      assert.deepEqual(commandsIn(stderr.text), []);
      assert.ok(/error|wrapped|stop/.test(stdout.text), 'the words stay readable');
    });
  }

  test(`progress that quotes a guest is no command, ${JSON.stringify(environment)}`, async () => {
    const stderr = stream();
    const output = createOutput(stream(), stderr, environment);
    for (const words of ['::error::x', '  ::add-mask::a', 'a ##[error]x'])
      output.progress({ kind: 'note', text: words });
    while (!stderr.text.includes('##') && !stderr.text.includes('# #['))
      await new Promise((done) => setTimeout(done, 5));
    output.close();
    assert.deepEqual(commandsIn(stderr.text), []);
  });
}

test('JSON stays JSON of the same meaning, a value or one a line', () => {
  const values = [{ text: 'a ##[error]x\n::error::y', '##[group]': ['\\##[', '\\\\##['] }, ['####[', '::']];
  for (const text of [
    `${JSON.stringify(values, null, 2)}\n`,
    `${values.map((value) => JSON.stringify(value)).join('\n')}\n`,
  ]) {
    const stdout = stream();
    createOutput(stdout, stream(), {}).out(text);
    assert.deepEqual(commandsIn(stdout.text), []);
    const parse = (json: string): unknown[] =>
      json.startsWith('[\n')
        ? [JSON.parse(json)]
        : json
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(parse(stdout.text), parse(text));
  }
});

test('text without commands is left alone', () => {
  const stdout = stream();
  const text = 'std::string a::b\n  x :: y\n# [link]\n{"a": [1]}\n';
  createOutput(stdout, stream(), {}).out(text);
  assert.equal(stdout.text, text);
});
