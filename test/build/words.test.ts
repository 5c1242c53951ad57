// What tools print when they fail -> what a person reads. The outputs are as configure, meson and ninja print them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstFailure } from '../../src/build/compiler-errors.ts';
import { configureFailure, installHint } from '../../src/build/missing.ts';

const cases: readonly (readonly [output: string, what: RegExp, hint: RegExp])[] = [
  [
    'Run-time dependency glib-2.0 found: NO (tried pkgconfig)\n\n../meson.build:791:10: ERROR: Dependency "glib-2.0" not found, tried pkgconfig\n',
    /^Dependency "glib-2.0" not found/,
    /libglib2\.0-dev.*brew install glib/,
  ],
  [
    "../meson.build:1:0: ERROR: Dependency lookup for slirp with method 'pkgconfig' failed: Pkg-config for machine host machine not found. Giving up.\n",
    /Dependency lookup for slirp/,
    /libslirp-dev/,
  ],
  [
    'WARNING: it is a generated file. This will become a hard error in Meson 2.0\n\n../meson.build:3435:25: ERROR: Command `x` failed with status 1.\n',
    /^Command `x` failed with status 1\.$/,
    /^$/,
  ],
  ['ERROR: Cannot find Ninja\n', /Cannot find Ninja/, /ninja-build/],
  ['\nERROR: "cc" either does not exist or does not work\n', /"cc" either does not exist/, /apt-get install gcc/],
  ["ERROR: Program 'bison' not found or not executable\n", /Program 'bison' not found/, /apt-get install bison/],
  ['found no usable distlib, please install it\n\nERROR: python venv creation failed\n', /distlib/, /python3-distlib/],
  [
    '../meson.build:1:1: ERROR: Automatic wrap-based subproject downloading is disabled\n',
    /subproject downloading is disabled/,
    /meson subprojects download/,
  ],
  [
    'ERROR: main directory cannot contain spaces nor colons\n',
    /^main directory cannot contain spaces nor colons$/,
    /BOOTGAUGE_CACHE/,
  ],
  [
    'Executing subproject keycodemapdb \n\nkeycodemapdb| Subproject keycodemapdb finished.\n\n../hw/foo/meson.build:3:12: ERROR: File bar.c does not exist.\n',
    /^File bar\.c does not exist\.$/,
    /^$/,
  ],
  [
    "Python's ensurepip module is not found.\n(Hint: Debian puts ensurepip in its python3-venv package.)\n\nERROR: python venv creation failed\n",
    /ensurepip module is not found/,
    /apt-get install python3 python3-venv/,
  ],
  [
    "../meson.build:1:1: ERROR: C shared or static library 'aio' not found\n",
    /library 'aio' not found/,
    /^install it: apt-get install libaio-dev$/,
  ],
  ['../meson.build:5:2: ERROR: Unknown option "venus".\n', /^Unknown option "venus"\.$/, /^$/],
  ['', /^$/, /^$/],
];

for (const [output, what, hint] of cases) {
  test(`configure's reason is found: ${output.trim().split('\n').at(-1)?.slice(0, 60) || 'nothing at all'}`, () => {
    const failure = configureFailure(output);
    assert.match(failure.what, what);
    assert.match(failure.hint, hint);
  });
}

test('a library that nobody knows is named all the same', () => {
  assert.match(configureFailure('ERROR: Dependency "libfoo" not found, tried pkgconfig').hint, /libfoo/);
  assert.equal(installHint('libfoo'), '');
});

test('the first error is shown with its function and its includes, the command line is not', () => {
  const output = `[1/9] Compiling C object a.c.o
FAILED: libqemu.a.p/hw_b.c.o
cc -Ilots -o libqemu.a.p/hw_b.c.o -c ../hw/b.c
In file included from ../hw/b.h:1,
                 from ../hw/b.c:3:
../hw/c.h: In function 'f':
../hw/c.h:7:5: error: 'x' undeclared
    7 |     x = 1;
      |     ^
[2/9] Compiling C object d.c.o
FAILED: libqemu.a.p/e.c.o
cc -c ../e.c
../e.c:1:1: error: another
ninja: build stopped: subcommand failed.
`;
  const text = firstFailure(output);
  assert.match(text, /^ {2}libqemu\.a\.p\/hw_b\.c\.o\n {4}In file included/);
  assert.match(text, /error: 'x' undeclared\n {8}7 \| {5}x = 1;\n {10}\| {5}\^$/);
  assert.doesNotMatch(text, /-Ilots|another/);
});

test('a link that fails and a ninja that cannot begin are shown as well', () => {
  const anew = firstFailure(
    '[3/9] Compiling x\n[0/1] Regenerating build files\nmeson.build:4:0: ERROR: Unknown variable "x".\n\nFAILED: build.ninja\n/usr/bin/meson --internal regenerate . .\nninja: error: rebuilding \'build.ninja\': subcommand failed\n',
  );
  assert.equal(anew, '  build.ninja\n    meson.build:4:0: ERROR: Unknown variable "x".');
  const link = firstFailure(
    "FAILED: qemu\ncc x.o\n/usr/bin/ld: x.o: undefined reference to `g_usleep'\ncollect2: error\n",
  );
  assert.match(link, /undefined reference to `g_usleep'/);
  assert.match(firstFailure("ninja: error: loading 'build.ninja': No such file\n"), /loading 'build\.ninja'/);
  assert.equal(firstFailure('all is well\n'), '');
});

test('what a compiler prints cannot speak to a terminal', () => {
  assert.doesNotMatch(
    firstFailure('FAILED: x\ncc\n\u001b[31mx.c:1:1: error: \u001b]0;title\u0007bad\u001b[0m\n'),
    /\u001b/,
  );
});
