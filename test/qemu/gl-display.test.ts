// A QEMU that cannot make a GL context here is found out before the first boot, with what to do; one that can is asked once.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { BuildFacts } from '../../src/model/build.ts';
import type { Emulator } from '../../src/model/launch-plan.ts';
import { AcceleratorFault } from '../../src/qemu/accelerator.ts';
import { requireGl } from '../../src/qemu/gl-display.ts';
import { failing } from '../build/build-bench.ts';
import { playerExecutable } from '../fixtures/qemu-player-script.ts';
import { folderOf } from '../helpers.ts';

const skip = process.platform === 'darwin' && 'a Mac opens no window for it';

/** Plays a QEMU that runs guests, and those with a GL device only while there is a file `mesa` beside it. */
async function builtOn(t: TestContext): Promise<{ readonly folder: string; readonly emulator: Emulator }> {
  const folder = await folderOf(t, 'bootgauge-gl-');
  const program = join(folder, 'qemu');
  const player = await playerExecutable(folder, {});
  const script = `#!/bin/sh
echo "$*" >>'${folder}/asked'
case "$*" in *virtio-gpu-gl*) [ -e '${folder}/mesa' ] || { echo 'egl: render node init failed' >&2; exit 1; } ;; esac
exec '${player}' "$@"
`;
  await writeFile(program, script, { mode: 0o755 });
  const version = 'QEMU emulator version 10.2.2 (bootgauge)';
  const build = { key: 'one' } as BuildFacts;
  const rest = { leadingArguments: [], environment: {}, version, digest: 'd'.repeat(64), build };
  return { folder, emulator: { origin: 'build', program, ...rest } };
}

test('gpu: venus with a QEMU that makes no GL context here ends before the first boot, and says why and what to do', {
  skip,
}, async (t) => {
  const { emulator } = await builtOn(t);
  const remembered = { read: async () => null, write: async () => {} };
  const hint = existsSync('/dev/dri/renderD128')
    ? /may open \/dev\/dri/
    : /modprobe vgem.*newer Mesa.*qemu\.binary: kit/;
  await assert.rejects(requireGl(emulator, 'x86_64', { remembered }), (error) => {
    assert.ok(error instanceof AcceleratorFault && error.content === emulator.digest, 'a bisection skips its commit');
    const why = /^gpu: venus does not work with QEMU emulator version 10\.2\.2 .* egl: render node init failed\./;
    return failing(3, why, hint)(error);
  });
  await requireGl({ ...emulator, origin: 'kit' }, 'x86_64', { remembered });
});

test('a GL context that could be made is not tried again, unless the QEMU has other libraries', { skip }, async (t) => {
  const { folder, emulator } = await builtOn(t);
  const memory = new Map<string, string>();
  const remembered = {
    read: async (key: string) => memory.get(key) ?? null,
    write: async (key: string, value: string) => void memory.set(key, value),
  };
  const ask = (key: string) => requireGl({ ...emulator, build: { key } as BuildFacts }, 'x86_64', { remembered });
  await assert.rejects(ask('one'));
  await writeFile(join(folder, 'mesa'), '');
  await ask('one');
  await writeFile(join(folder, 'qemu'), '#!/bin/sh\necho lost >&2; exit 1\n', { mode: 0o755 });
  await ask('one');
  await assert.rejects(ask('other'), /lost/);
});
