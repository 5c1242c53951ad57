// What ends a compiler, a linker or ninja from outside is no fault of the source: a bisection must not pass over the commit for it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SourceFault } from '../../src/build/faults.ts';
import { build, failing, pathWith } from './build-bench.ts';
import { missingTools, openBench } from './little-qemu.ts';

const machineIsAtFault = (message: RegExp) => (error: unknown) => {
  assert.ok(!(error instanceof SourceFault), String(error));
  return failing(3, message)(error);
};

describe('tools that are killed', { concurrency: 2, skip: missingTools() }, () => {
  for (const [who, words] of [
    ['a linker, in the words of gcc', 'collect2: fatal error: ld terminated with signal 9 [Killed]'],
    ['a linker, in the words of clang', 'clang: error: unable to execute command: Killed'],
    ['GNU ld', '/usr/bin/ld: final link failed: memory exhausted'],
    ['a compiler', 'cc1: out of memory allocating 65536 bytes after a total of 1 bytes'],
  ] as const) {
    test(`${who}: memory ran out`, async () => {
      await using bench = await openBench();
      const cc = `case "$*" in *wfi.o*) echo "${words}" >&2; exit 1;; esac\nexec gcc "$@"`;
      const environment = await pathWith(bench, { cc });
      await assert.rejects(build(bench, {}, { environment }), machineIsAtFault(/memory ran out while head .* was/));
    });
  }

  test('ninja itself', async () => {
    await using bench = await openBench();
    const environment = await pathWith(bench, { ninja: 'case "$*" in *qemu-system*) kill -KILL $$;; esac\necho 1.11' });
    await assert.rejects(
      build(bench, {}, { environment }),
      machineIsAtFault(/the build of head .* was killed \(SIGKILL\)/),
    );
  });

  test('the emulator itself, asked for its version', async () => {
    await using bench = await openBench();
    await bench.checkout.change('main.c', 'puts("QEMU', 'kill(getpid(), 9); puts("QEMU');
    await bench.checkout.change('main.c', '#include <stdio.h>', '#include <signal.h>\n#include <stdio.h>');
    bench.checkout.commit('Killed from outside');
    await assert.rejects(build(bench), machineIsAtFault(/was built, but was killed when asked for its version/));
  });

  test("but an error beside a line of source that speaks of memory is the source's", async () => {
    await using bench = await openBench();
    await bench.checkout.change('hw/wfi.c', 'return "quick";', 'retrun ": Cannot allocate memory";');
    bench.checkout.commit('typo');
    await assert.rejects(build(bench), (error) => error instanceof SourceFault);
  });
});
